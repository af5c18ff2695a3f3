//! What a token costs: `cargo run --release -p mcp-support --features auth,testing --example token_cost`.

use std::{hint::black_box, time::Instant};

use futures::{FutureExt, StreamExt};
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
    flood().await
}

/// What 10 000 bad tokens in a second do to good ones, and to the issuer. The issuer is asked for its keys over HTTP.
async fn flood() -> anyhow::Result<()> {
    const BAD: usize = 10_000;
    let (issuer, stranger) = (TestIssuer::start().await?, SigningKey::es256("stranger")?);
    let url = "https://mcp.example.com/mcp";
    let trusted = TrustedIssuer::discovered(issuer.issuer());
    let server = ResourceServer::new(ResourceServerSettings::new(url.parse()?, vec![trusted]))?;
    let admit = async |token: &str| -> anyhow::Result<bool> {
        let request = http::Request::post("/mcp").header("authorization", format!("Bearer {token}"));
        let mut parts = request.body(())?.into_parts().0;
        Ok(server.admit(&mut parts).await.is_ok())
    };
    let good = |from: u32| -> anyhow::Result<Vec<String>> {
        (from..from + ROUNDS).map(|number| issuer.mint(url).claim("n", number).sign()).collect()
    };
    // A key that nobody knows, and a signature that does not fit: the two that cost the most.
    let bad: Vec<String> = (0..BAD)
        .map(|number| {
            let mint = issuer.mint(url).claim("n", number);
            if number % 2 == 0 { mint.sign_with(&stranger) } else { mint.header("kid", "unknown").sign() }
        })
        .collect::<Result<_, _>>()?;
    let mut means = Vec::new();
    for (tokens, bad) in [(good(0)?, &[][..]), (good(ROUNDS)?, &bad[..])] {
        let began = Instant::now();
        // Unknown keys wait for the next time that keys may be fetched, as those of many clients at once do.
        let flooding = futures::stream::iter(bad).for_each_concurrent(1000, async |token| {
            assert!(!admit(token).await.unwrap_or(false), "a bad token was let in");
        });
        let working = async {
            let mut spent = std::time::Duration::ZERO;
            for token in &tokens {
                let one = Instant::now();
                assert!(admit(token).await.unwrap_or(false), "a good token was refused");
                spent += one.elapsed();
                tokio::task::yield_now().await;
            }
            (spent.as_nanos() as f64 / tokens.len() as f64, began.elapsed())
        };
        let ((), (mean, took)) = futures::join!(flooding, working);
        means.push(mean);
        if !bad.is_empty() {
            eprintln!(
                "flood: {BAD} bad tokens at once, {} fetches of the keys in {:.1} s; a good token takes {:.2} times what it \
                 takes alone ({ROUNDS} of them in {:.2} s)",
                issuer.fetches(),
                began.elapsed().as_secs_f64(),
                means[1] / means[0],
                took.as_secs_f64(),
            );
        }
    }
    Ok(())
}
