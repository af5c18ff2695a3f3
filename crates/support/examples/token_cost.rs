//! What a token costs: `cargo run --release -p mcp-support --features auth,testing --example token_cost`.

use std::{hint::black_box, time::Instant};

use futures::FutureExt;
use mcp_support::{
    auth::{KeySource, ResourceServer, ResourceServerSettings, TrustedIssuer},
    serve::Access,
    testing::auth::{SigningKey, TestIssuer},
};

const ROUNDS: u32 = 2000;

fn nanoseconds(mut work: impl FnMut(usize)) -> f64 {
    let began = Instant::now();
    for round in 0..ROUNDS as usize {
        work(round);
    }
    began.elapsed().as_nanos() as f64 / f64::from(ROUNDS)
}

#[tokio::main]
async fn main() -> anyhow::Result<()> {
    for key in [SigningKey::es256("key")?, SigningKey::rs256("key")?] {
        let issuer = TestIssuer::start().await?;
        issuer.rotate_to(key.clone());
        issuer.withdraw_old_keys();
        let url = "https://mcp.example.com/mcp";
        let trusted = TrustedIssuer { issuer: issuer.issuer().into(), keys: KeySource::Given(issuer.jwks()) };
        let server = ResourceServer::new(ResourceServerSettings::new(url.parse()?, vec![trusted]))?;
        let tokens: Vec<String> =
            (0..ROUNDS).map(|number| issuer.mint(url).claim("n", number).sign()).collect::<Result<_, _>>()?;

        let jwk: jsonwebtoken::jwk::Jwk = serde_json::from_value(key.jwk())?;
        let decoding = jsonwebtoken::DecodingKey::from_jwk(&jwk)?;
        let mut validation = jsonwebtoken::Validation::new(key.algorithm().parse()?);
        validation.set_audience(&[url]);
        validation.set_issuer(&[issuer.issuer()]);
        let bare = nanoseconds(|round| {
            let decoded = jsonwebtoken::decode::<serde_json::Value>(&tokens[round], &decoding, &validation);
            black_box(decoded.expect("a good token"));
        });
        let admit = |token: &str| {
            let request = http::Request::post("/mcp").header("authorization", format!("Bearer {token}"));
            let mut parts = request.body(()).expect("a request").into_parts().0;
            // Nothing is waited for: the keys are given.
            server.admit(&mut parts).now_or_never().expect("ready").is_ok()
        };
        let first = nanoseconds(|round| assert!(admit(&tokens[round])));
        let again = nanoseconds(|_| assert!(admit(&tokens[ROUNDS as usize - 1])));
        eprintln!(
            "{}: jsonwebtoken alone {bare:.0} ns, a new token {first:.0} ns, a repeated token {again:.0} ns",
            key.algorithm()
        );
    }
    Ok(())
}
