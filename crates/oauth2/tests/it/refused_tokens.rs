//! Token requests and tokens that must not work, each named by the rule that it breaks.

use mcp_support::client::Revision;
use mcp_support::testing::{HttpServer, RawHttp, request};
use mcp_support::web::challenge;
use serde_json::json;

use crate::fixture::{CONFIDENTIAL, PUBLIC, REDIRECT, Running, SECRET};

#[tokio::test]
async fn a_code_is_bound_to_its_verifier_redirect_client_and_resource() -> anyhow::Result<()> {
    let running = Running::start().await?;
    for (name, value, error) in [
        ("code_verifier", "wrong-verifier-wrong-verifier-wrong-verifier", "invalid_grant"),
        ("code_verifier", "", "invalid_grant"),
        ("redirect_uri", "http://127.0.0.1:1/callback", "invalid_grant"),
        ("redirect_uri", "", "invalid_grant"),
        ("resource", "https://other.example/mcp", "invalid_target"),
        ("resource", "", "invalid_target"),
        ("code", "nonsense", "invalid_grant"),
        ("code", "", "invalid_request"),
        ("client_id", "nobody", "invalid_client"),
        ("client_id", "", "invalid_client"),
        ("grant_type", "password", "unsupported_grant_type"),
        ("grant_type", "", "invalid_request"),
    ] {
        let code = running.code("ada").await?;
        let answer = running.exchange(&code, &[(name, value)]).await?;
        assert_eq!(answer.body["error"], error, "{name}={value}: {answer:?}");
        assert_eq!(answer.status.as_u16(), if error == "invalid_client" { 401 } else { 400 }, "{name}={value}");
    }
    let resource = running.server.url.clone();
    let form = [
        ("grant_type", "authorization_code"),
        ("code", &running.code("ada").await?),
        ("redirect_uri", REDIRECT),
        ("code_verifier", crate::fixture::VERIFIER),
        ("resource", &resource),
    ];
    let other = running.post("/oauth2/token", Some((CONFIDENTIAL, SECRET)), &form).await?;
    assert_eq!(other.body["error"], "invalid_grant", "another client's code");
    Ok(())
}

#[tokio::test]
async fn a_replayed_code_revokes_what_it_gave() -> anyhow::Result<()> {
    let running = Running::start().await?;
    let code = running.code("ada").await?;
    let first = running.exchange(&code, &[]).await?;
    assert_eq!(first.status, 200);
    assert_eq!(running.exchange(&code, &[]).await?.body["error"], "invalid_grant");
    let token = first.text("access_token");
    let seen = running.post("/oauth2/introspect", Some((CONFIDENTIAL, SECRET)), &[("token", &token)]).await?;
    assert_eq!(seen.body, json!({"active": false}));
    Ok(())
}

#[tokio::test]
async fn refresh_reuse_ends_the_family() -> anyhow::Result<()> {
    let running = Running::start().await?;
    let first = running.exchange(&running.code("ada").await?, &[]).await?.text("refresh_token");
    let refresh = async |token: &str, more: &[(&str, &str)]| {
        let mut form = vec![("grant_type", "refresh_token"), ("client_id", PUBLIC), ("refresh_token", token)];
        form.extend_from_slice(more);
        running.token(&form).await
    };
    assert_eq!(refresh(&first, &[("scope", "mcp.access mcp.admin")]).await?.body["error"], "invalid_scope");
    assert_eq!(refresh(&first, &[("resource", "https://x.example/")]).await?.body["error"], "invalid_target");
    let form = [("grant_type", "refresh_token"), ("refresh_token", first.as_str())];
    let other = running.post("/oauth2/token", Some((CONFIDENTIAL, SECRET)), &form).await?;
    assert_eq!(other.body["error"], "invalid_grant", "another client's token");
    // Two at once: one wins, the other is a reuse.
    let (one, two) = tokio::join!(refresh(&first, &[]), refresh(&first, &[]));
    let answers = [one?, two?];
    let good: Vec<_> = answers.iter().filter(|answer| answer.status == 200).collect();
    assert_eq!(good.len(), 1, "{answers:?}");
    let next = good[0].text("refresh_token");
    assert_eq!(refresh(&next, &[]).await?.body["error"], "invalid_grant", "the family is over");
    Ok(())
}

#[tokio::test]
async fn secrets_are_checked_and_sent_in_the_header_only() -> anyhow::Result<()> {
    let running = Running::start().await?;
    let form = [("grant_type", "client_credentials"), ("scope", "mcp.access")];
    for (id, secret) in [(CONFIDENTIAL, "wrong"), (CONFIDENTIAL, ""), ("nobody", SECRET), (PUBLIC, "x"), ("", "")] {
        let answer = running.post("/oauth2/token", Some((id, secret)), &form).await?;
        assert_eq!((answer.status.as_u16(), &answer.body["error"]), (401, &json!("invalid_client")), "{id}:{secret}");
    }
    let in_body = [form[0], form[1], ("client_id", CONFIDENTIAL), ("client_secret", SECRET)];
    assert_eq!(running.token(&in_body).await?.body["error"], "invalid_client");
    let public = [form[0], form[1], ("client_id", PUBLIC)];
    assert_eq!(running.token(&public).await?.body["error"], "unauthorized_client");
    let twice = [form[0], form[0]];
    let answer = running.post("/oauth2/token", Some((CONFIDENTIAL, SECRET)), &twice).await?;
    assert_eq!(answer.body["error"], "invalid_request", "a parameter twice");
    let json = running.http.post(running.at("/oauth2/token")).json(&json!({"grant_type": "x"})).send().await?;
    assert_eq!(json.status(), 400);
    Ok(())
}

#[tokio::test]
async fn a_token_for_another_server_or_of_no_issuer_is_refused() -> anyhow::Result<()> {
    let running = Running::start().await?;
    let token = running.machine("mcp.access").await?.text("access_token");
    assert_eq!(challenge(&running.server.url, Some(&token)).await?, None);
    let other = Running::start_with(&["--issuer", running.server.origin()]).await?;
    let said = challenge(&other.server.url, Some(&token)).await?.expect("a challenge");
    assert!(said.contains("invalid_token") && said.contains("audience"), "{said}");
    assert_eq!(other.http.get(other.at("/oauth2/jwks")).send().await?.status(), 404, "it runs no issuer");
    let stranger = Running::start().await?;
    assert!(challenge(&stranger.server.url, Some(&token)).await?.is_some_and(|said| said.contains("invalid_token")));
    let mut bent = token.clone();
    bent.replace_range(bent.len() - 4.., "AAAA");
    assert!(challenge(&running.server.url, Some(&bent)).await?.is_some_and(|said| said.contains("invalid_token")));
    let in_query = format!("{}?access_token={token}", running.server.url);
    let raw = RawHttp::stateless(&in_query)?;
    assert_ne!(raw.post(&request(Revision::Modern, 1, "tools/list", json!({})), Default::default()).await?.status, 200);
    Ok(())
}

#[tokio::test]
async fn a_missing_scope_is_a_403_that_names_all_scopes() -> anyhow::Result<()> {
    let running = Running::start().await?;
    let token = running.machine("mcp.access").await?.text("access_token");
    for revision in Revision::ALL {
        let raw = RawHttp::stateless(&running.server.url)?;
        let call = request(
            revision,
            1,
            "tools/call",
            json!({"name": "create_note", "arguments": {"title": "x", "text": "y"}}),
        );
        let mut headers = [("authorization".parse()?, format!("Bearer {token}").parse()?)].into_iter().collect();
        if revision == Revision::Modern {
            headers = more(
                headers,
                &[("mcp-protocol-version", "2026-07-28"), ("mcp-method", "tools/call"), ("mcp-name", "create_note")],
            )?;
        }
        let reply = raw.post(&call, headers).await?;
        assert_eq!(reply.status, 403, "{revision}: {}", reply.text);
        let said = reply.headers["www-authenticate"].to_str()?;
        assert!(said.contains("insufficient_scope") && said.contains("scope=\"mcp.access mcp.write\""), "{said}");
    }
    Ok(())
}

fn more(
    mut headers: reqwest::header::HeaderMap,
    added: &[(&'static str, &'static str)],
) -> anyhow::Result<reqwest::header::HeaderMap> {
    for (name, value) in added {
        headers.insert(*name, value.parse()?);
    }
    Ok(headers)
}

#[tokio::test]
async fn guessing_a_secret_is_limited() -> anyhow::Result<()> {
    let running = Running::start().await?;
    let form = [("grant_type", "client_credentials"), ("scope", "mcp.access")];
    for _ in 0..30 {
        assert_eq!(running.post("/oauth2/token", Some((CONFIDENTIAL, "guess")), &form).await?.status, 401);
    }
    assert_eq!(running.post("/oauth2/token", Some((CONFIDENTIAL, "guess")), &form).await?.status, 429);
    let public =
        running.token(&[("grant_type", "refresh_token"), ("client_id", PUBLIC), ("refresh_token", "x")]).await?;
    assert_eq!(public.body["error"], "invalid_grant", "other clients are not held up");
    Ok(())
}

#[tokio::test]
async fn blank_and_well_known_secrets_are_refused_at_the_start() -> anyhow::Result<()> {
    for (name, value) in [
        ("OAUTH_CLIENT_SECRET", ""),
        ("OAUTH_CLIENT_SECRET", "   "),
        ("OAUTH_CLIENT_SECRET", "secret"),
        ("OAUTH_CLIENT_SECRET", "change-me"),
        ("OAUTH_DEMO_PASSWORD", "password1234"),
        ("OAUTH_DEMO_PASSWORD", "short"),
        ("OAUTH_CLIENT_ID", "ada"),
        ("OAUTH_REDIRECT_URIS", "http://evil.example/callback"),
    ] {
        let environment = [(name.to_owned(), value.to_owned())];
        let started = HttpServer::start_with(env!("CARGO_BIN_EXE_mcp-oauth2").as_ref(), &[], &environment).await;
        let error = started.err().unwrap_or_else(|| panic!("started with {name}={value:?}")).to_string();
        assert!(error.contains("error: ") && error.lines().count() <= 3, "{error}");
    }
    Ok(())
}
