//! What does not get through, and what is said when the server behind does not answer.

use mcp_support::web::challenge;
use mcp_support::{
    client::Revision,
    testing::{RawHttp, auth::TestIssuer, initialize, request},
};
use reqwest::header::HeaderMap;
use serde_json::json;

use super::{
    Front, OTHER, RESOURCE, bearer, header, stack,
    upstream::{Behaviour, Upstream},
};
use crate::fixture::start;

#[tokio::test]
async fn a_bad_token_never_reaches_the_server() -> anyhow::Result<()> {
    let upstream = Upstream::start(Behaviour::Answers).await?;
    let front = Front::before(upstream.behind()).await?;
    let raw = RawHttp::stateless(&front.gateway.url)?;
    let good = front.good_token().await?;
    let stranger = TestIssuer::start().await?;
    let mut bent = good.clone();
    bent.replace_range(bent.len() - 4.., "AAAA");
    let unread = front.token("mcp.read", RESOURCE, HeaderMap::new()).await?;
    for revision in Revision::ALL {
        for (what, headers, status, error) in [
            ("none", HeaderMap::new(), 401, None),
            ("nonsense", bearer("nonsense")?, 401, Some("invalid_token")),
            ("a bent signature", bearer(&bent)?, 401, Some("invalid_token")),
            ("another issuer", bearer(&stranger.mint(RESOURCE).sign()?)?, 401, Some("invalid_token")),
            ("no scope that every request needs", bearer(&unread)?, 403, Some("insufficient_scope")),
            ("another scheme", header("authorization", "Basic eDp5")?, 401, None),
        ] {
            let call = request(revision, 1, "tools/list", json!({}));
            let reply = raw.post(&call, headers).await?;
            let said = reply.headers["www-authenticate"].to_str()?;
            assert_eq!(reply.status, status, "{revision} {what}: {said}");
            assert_eq!(
                said.split("error=\"").nth(1).and_then(|rest| rest.split('"').next()),
                error,
                "{revision} {what}"
            );
        }
    }
    for method in [reqwest::Method::GET, reqwest::Method::DELETE] {
        assert_eq!(front.http.request(method, &front.gateway.url).send().await?.status(), 401);
    }
    let in_query = format!("{}?access_token={good}", front.gateway.url);
    assert_eq!(front.http.post(in_query).body("{}").send().await?.status(), 400);
    assert!(upstream.seen().is_empty(), "{:?}", upstream.seen());
    Ok(())
}

#[tokio::test]
async fn a_token_that_is_good_for_the_gateway_may_still_be_refused_by_the_server() -> anyhow::Result<()> {
    let upstream = Upstream::start(Behaviour::Answers).await?;
    let front = Front::before(upstream.behind()).await?;
    let other = bearer(&front.token("mcp.access", OTHER, HeaderMap::new()).await?)?;
    let reply = RawHttp::stateless(&front.gateway.url)?.post(&initialize(), other).await?;
    assert_eq!(reply.status, 418, "the gateway lets it through: {}", reply.text);

    let (server, front) = stack().await?;
    let other = front.token("mcp.access", OTHER, HeaderMap::new()).await?;
    let said = challenge(&front.gateway.url, Some(&other)).await?.expect("a challenge");
    assert!(said.contains("invalid_token") && said.contains("for another audience"), "{said}");
    // And whoever goes around the gateway finds the same check.
    assert_eq!(challenge(&server.url, Some(&other)).await?, Some(said));
    assert!(challenge(&server.url, None).await?.is_some());
    assert_eq!(challenge(&front.gateway.url, Some(&front.good_token().await?)).await?, None);
    Ok(())
}

#[tokio::test]
async fn a_server_that_is_gone_is_a_502_and_the_gateway_goes_on() -> anyhow::Result<()> {
    let (server, front) = stack().await?;
    let token = front.good_token().await?;
    let raw = RawHttp::stateless(&front.gateway.url)?;
    assert_eq!(raw.post(&initialize(), bearer(&token)?).await?.status, 200);
    drop(server);
    for _ in 0..2 {
        let reply = raw.post(&initialize(), bearer(&token)?).await?;
        assert_eq!((reply.status.as_u16(), reply.headers["retry-after"].to_str()?), (502, "1"), "{}", reply.text);
        assert_eq!(reply.text, "the server behind this gateway cannot be reached\n", "and nothing of where it is");
    }
    let health = front.http.get(format!("{}/healthz", front.gateway.origin())).send().await?;
    assert_eq!(health.status(), 200);
    Ok(())
}

#[tokio::test]
async fn a_server_that_is_silent_is_a_504_and_one_that_breaks_off_ends_the_answer() -> anyhow::Result<()> {
    let silent = Upstream::start(Behaviour::Silent).await?;
    let front = Front::with_flags(silent.behind(), &["--patience-seconds", "1"]).await?;
    let token = front.good_token().await?;
    let reply = RawHttp::stateless(&front.gateway.url)?.post(&initialize(), bearer(&token)?).await?;
    assert_eq!(reply.status, 504, "{}", reply.text);
    assert_eq!(silent.seen().len(), 1);

    let broken = Upstream::start(Behaviour::BreaksOff).await?;
    let front = Front::before(broken.behind()).await?;
    let token = front.good_token().await?;
    let reply = RawHttp::stateless(&front.gateway.url)?.post(&initialize(), bearer(&token)?).await;
    assert!(reply.is_err(), "half an answer must not look whole: {reply:?}");
    Ok(())
}

#[tokio::test]
async fn it_is_no_open_proxy_and_keeps_to_its_limits() -> anyhow::Result<()> {
    let upstream = Upstream::start(Behaviour::Answers).await?;
    let front = Front::before(upstream.behind()).await?;
    let token = front.good_token().await?;
    let origin = front.gateway.origin();
    for path in
        ["/", "/other", "/mcp/", "/mcp/../healthz2", "//evil.example/mcp", "/oauth2/token", "/http://evil.example/"]
    {
        let reply = front.http.post(format!("{origin}{path}")).headers(bearer(&token)?).send().await?;
        assert!([404, 405].contains(&reply.status().as_u16()), "{path}: {}", reply.status());
    }
    for (name, value, status) in [
        ("host", "evil.example", 403),
        ("origin", "https://evil.example", 403),
        ("via", "1.1 other, 1.1 mcp-oauth2-gateway", 508),
    ] {
        let mut headers = bearer(&token)?;
        headers.extend(header(name, value)?);
        let reply = front.http.post(&front.gateway.url).headers(headers).body("{}").send().await?;
        assert_eq!(reply.status(), status, "{name}");
    }
    let large = front.http.post(&front.gateway.url).headers(bearer(&token)?).body(vec![b' '; 5 << 20]).send().await?;
    assert_eq!(large.status(), 413);
    assert!(upstream.seen().is_empty(), "{:?}", upstream.seen());
    // Its public name is fine, and a query goes nowhere.
    let mut headers = bearer(&token)?;
    headers.extend(header("host", "api.example.com")?);
    let asked = front.http.post(format!("{}?to=http://evil.example", front.gateway.url)).headers(headers).body("{}");
    assert_eq!(asked.send().await?.status(), 418);
    assert_eq!(upstream.seen()[0].target, "/mcp");
    Ok(())
}

#[tokio::test]
async fn settings_that_would_send_tokens_anywhere_are_refused() -> anyhow::Result<()> {
    for (name, value) in [
        ("--upstream", "http://mcp.example.com/mcp"),
        ("--upstream", "https://user:password@mcp.example.com/mcp"),
        ("--upstream", "nonsense"),
        ("--openid-config", "http://login.example.com/.well-known/openid-configuration"),
        ("--issuer", "nonsense"),
        ("--patience-seconds", "0"),
    ] {
        let error =
            start("gateway", &[name, value]).await.err().unwrap_or_else(|| panic!("started with {name} {value}"));
        let error = error.to_string();
        assert!(error.contains("error: ") && !error.contains("password@"), "{name} {value}: {error}");
    }
    Ok(())
}
