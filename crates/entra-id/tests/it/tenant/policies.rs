//! Consent, conditional access, and continuous access evaluation.

use mcp_entra_id::tenant::{Control, known};
use mcp_support::web::Arrived;
use serde_json::{Value, json};

use super::fixture::{GRAPH_DEFAULT, REDIRECT, Running, parameter};

#[tokio::test]
async fn a_second_factor_by_way_of_the_claims() -> anyhow::Result<()> {
    let running = Running::start().await?;
    for (user, code) in [(known::MIA, 50_076), (known::NOOR, 50_079)] {
        let host = running.signed_in(user).await?;
        let refused = running.on_behalf_of(&host.text("access_token"), &[]).await?;
        assert_eq!((refused.code(), refused.text("error").as_str()), (code, "interaction_required"), "{refused:?}");
        assert_eq!(refused.text("suberror"), "basic_action");
        let claims = refused.text("claims");
        assert!(serde_json::from_str::<Value>(&claims)?["access_token"]["capolids"]["essential"] == true, "{claims}");

        let code = running.code(user, &[("claims", &claims)]).await?;
        let stepped_up = running.exchange(&code, &[]).await?.text("access_token");
        let graph = running.on_behalf_of(&stepped_up, &[]).await?;
        assert_eq!(graph.claims()["amr"], json!(["pwd", "mfa"]), "{graph:?}");
        let before = running.on_behalf_of(&host.text("access_token"), &[]).await?;
        assert_eq!(before.text("error"), "interaction_required", "an old token stays what it is");
    }
    Ok(())
}

#[tokio::test]
async fn an_authentication_context_is_in_the_token() -> anyhow::Result<()> {
    let running = Running::start().await?;
    let claims = json!({"access_token": {"acrs": {"essential": true, "value": "c1"}}}).to_string();
    let code = running.code(known::ADA, &[("claims", &claims)]).await?;
    assert_eq!(running.exchange(&code, &[]).await?.claims()["acrs"], json!(["c1"]));
    let silent = [("prompt", "none"), ("claims", &*claims)];
    let mut browser = running.browser()?;
    browser.approve(&running.authorize(&[]), known::ADA, running.password()).await?;
    let Arrived::Left(back) = browser.open(&running.authorize(&silent)).await? else { panic!("a page") };
    assert_eq!(parameter(&back, "error").as_deref(), Some("interaction_required"));
    Ok(())
}

#[tokio::test]
async fn consent_is_asked_for_once_and_can_be_taken_back() -> anyhow::Result<()> {
    let running = Running::start_with(|settings| settings.admin_consent = Vec::new()).await?;
    let host = running.signed_in(known::ADA).await?.text("access_token");
    let refused = running.on_behalf_of(&host, &[]).await?;
    assert_eq!((refused.code(), refused.text("suberror").as_str()), (65_001, "consent_required"));

    // The host is known to the API: who allows it everything has allowed the API what it needs of Graph.
    let everything = format!("api://{}/.default", known::SERVER_APP);
    let again = [("scope", &*everything), ("prompt", "consent")];
    let code = running.code(known::ADA, &again).await?;
    let token = running.exchange(&code, &[]).await?.text("access_token");
    let graph = running.on_behalf_of(&token, &[]).await?;
    assert_eq!(graph.claims()["scp"], "Mail.Read User.Read", "what only an administrator can give is not among it");

    let revoke = Control::RevokeConsent { app: known::SERVER_APP.to_owned(), user: Some(known::ADA.to_owned()) };
    running.tenant.control(revoke).await?;
    assert_eq!(running.on_behalf_of(&token, &[]).await?.code(), 65_001);
    let grant = Control::GrantConsent { app: known::SERVER_APP.to_owned(), scopes: vec!["User.Read".to_owned()] };
    running.tenant.control(grant).await?;
    assert_eq!(running.on_behalf_of(&token, &[]).await?.claims()["scp"], "User.Read");
    Ok(())
}

#[tokio::test]
async fn some_permissions_only_an_administrator_gives() -> anyhow::Result<()> {
    let running = Running::start().await?;
    let all = [("client_id", known::LOCAL_APP), ("scope", "User.Read.All")];
    let arrived = running.browser()?;
    let mut browser = arrived;
    let first = browser.open(&running.authorize(&all)).await?;
    let Arrived::Page(page) = browser.walk(first, known::ADA, running.password()).await? else { panic!("left") };
    assert!(page.html.contains("AADSTS90094"), "{}", page.html);
    running.code(known::GRACE, &all).await?;
    Ok(())
}

#[tokio::test]
async fn who_clicks_twice_has_decided_once() -> anyhow::Result<()> {
    let running = Running::start().await?;
    let mut browser = running.browser()?;
    let page = browser.to_consent(&running.authorize(&[]), known::ADA, running.password()).await?;
    let Arrived::Left(first) = browser.submit(&page, &[("decision", "allow")]).await? else { panic!("a page") };
    let Arrived::Left(second) = browser.submit(&page, &[("decision", "allow")]).await? else { panic!("a page") };
    assert_eq!(first, second);
    let code = parameter(&first, "code").expect("a code");
    assert_eq!(running.exchange(&code, &[]).await?.status, 200);
    Ok(())
}

#[tokio::test]
async fn who_says_no_is_not_asked_again() -> anyhow::Result<()> {
    let running = Running::start().await?;
    let mut browser = running.browser()?;
    let page = browser.to_consent(&running.authorize(&[]), known::ADA, running.password()).await?;
    let Arrived::Left(back) = browser.submit(&page, &[("decision", "deny")]).await? else { panic!("a page") };
    assert!(back.starts_with(REDIRECT));
    assert_eq!(parameter(&back, "error").as_deref(), Some("access_denied"));
    assert!(parameter(&back, "error_description").expect("a description").starts_with("AADSTS65004: "));
    let Arrived::Page(over) = browser.submit(&page, &[("decision", "allow")]).await? else { panic!("left") };
    assert_eq!(over.status, 410);
    Ok(())
}

#[tokio::test]
async fn what_was_revoked_is_challenged() -> anyhow::Result<()> {
    let running = Running::start().await?;
    let host = running.signed_in(known::ADA).await?;
    let host_token = host.text("access_token");
    let plain = running.on_behalf_of(&host_token, &[]).await?.text("access_token");
    let capable = json!({"access_token": {"xms_cc": {"values": ["cp1"]}}}).to_string();
    let graph = running.on_behalf_of(&host_token, &[("claims", &capable)]).await?.text("access_token");
    running.clock.advance(10);
    running.tenant.control(Control::RevokeSessions { user: known::ADA.to_owned() }).await?;
    let refresh = host.text("refresh_token");
    let form = [("grant_type", "refresh_token"), ("client_id", known::HOST_APP), ("refresh_token", &refresh)];
    assert_eq!(running.token(&form).await?.code(), 50_173);
    assert_eq!(running.on_behalf_of(&host.text("access_token"), &[("scope", GRAPH_DEFAULT)]).await?.code(), 50_173);

    assert_eq!(running.get("/graph/v1.0/me", Some(&plain)).await?.status, 200, "who cannot answer is not challenged");
    let refused = running.http.get(running.at("/graph/v1.0/me")).bearer_auth(&graph).send().await?;
    assert_eq!(refused.status(), 401);
    let challenge = refused.headers()["www-authenticate"].to_str()?.to_owned();
    let (_, claims) = challenge.split_once("error=\"insufficient_claims\", claims=\"").expect("a claims challenge");
    use base64::{Engine, prelude::BASE64_STANDARD};
    let claims = String::from_utf8(BASE64_STANDARD.decode(claims.trim_end_matches('"'))?)?;
    let code = running.code(known::ADA, &[("claims", &claims)]).await?;
    let token = running.exchange(&code, &[]).await?.text("access_token");
    let graph = running.on_behalf_of(&token, &[]).await?.text("access_token");
    assert_eq!(running.get("/graph/v1.0/me", Some(&graph)).await?.status, 200, "signed in again");
    Ok(())
}
