//! What works: each grant, and what its tokens say.

use mcp_entra_id::tenant::known;
use serde_json::json;

use super::fixture::{BEGIN, REDIRECT, Running, claims, parameter};

#[tokio::test]
async fn discovery_is_like_the_real_one() -> anyhow::Result<()> {
    let running = Running::start().await?;
    let v2 = running.get(&format!("/{}/v2.0/.well-known/openid-configuration", known::TENANT_ID), None).await?;
    assert_eq!(v2.text("issuer"), running.at(&format!("/{}/v2.0", known::TENANT_ID)));
    assert_eq!(v2.text("jwks_uri"), running.at(&format!("/{}/discovery/v2.0/keys", known::TENANT_ID)));
    for absent in
        ["code_challenge_methods_supported", "registration_endpoint", "authorization_response_iss_parameter_supported"]
    {
        assert!(v2.body.get(absent).is_none(), "{absent}");
    }
    let v1 = running.get(&format!("/{}/.well-known/openid-configuration", known::TENANT_ID), None).await?;
    assert_eq!(v1.text("issuer"), running.at(&format!("/{}/", known::TENANT_ID)));
    let common = running.get("/common/v2.0/.well-known/openid-configuration", None).await?;
    assert_eq!(common.text("issuer"), running.at("/{tenantid}/v2.0"));
    let keys = running.get("/common/discovery/v2.0/keys", None).await?;
    assert_eq!(keys.body["keys"].as_array().map(Vec::len), Some(2));
    Ok(())
}

#[tokio::test]
async fn a_host_signs_somebody_in() -> anyhow::Result<()> {
    let running = Running::start().await?;
    let mut browser = running.browser()?;
    let back = browser.approve(&running.authorize(&[("nonce", "n-1")]), known::ADA, running.password()).await?;
    assert!(back.starts_with(REDIRECT) && parameter(&back, "state").as_deref() == Some("xyz"), "{back}");
    assert_eq!(parameter(&back, "iss"), None, "as with the real one");
    let code = parameter(&back, "code").expect("a code");
    let answer = running.exchange(&code, &[("client_info", "1")]).await?;
    let api = format!("api://{}/{}", known::SERVER_APP, known::SCOPE_READ);
    assert_eq!(answer.body["scope"], format!("openid {api}"));

    let token = answer.claims();
    let issuer = running.at(&format!("/{}/v2.0", known::TENANT_ID));
    for (name, value) in [
        ("aud", json!(known::SERVER_APP)),
        ("iss", json!(issuer)),
        ("azp", json!(known::HOST_APP)),
        ("azpacr", json!("0")),
        ("scp", json!(known::SCOPE_READ)),
        ("tid", json!(known::TENANT_ID)),
        ("preferred_username", json!(known::ADA)),
        ("name", json!("Ada Brook")),
        ("groups", json!([known::GROUP_ENGINEERING])),
        ("ver", json!("2.0")),
        ("exp", json!(BEGIN + 3600)),
    ] {
        assert_eq!(token[name], value, "{name}");
    }
    assert!(token.get("roles").is_none(), "{token}");
    let id = claims(&answer.text("id_token"));
    assert_eq!((&id["aud"], &id["nonce"], &id["oid"]), (&json!(known::HOST_APP), &json!("n-1"), &token["oid"]));
    assert_ne!(id["sub"], token["sub"], "pairwise");

    // The browser is known, and consent was given: the second time nobody is asked anything.
    let again = browser.open(&running.authorize(&[])).await?;
    assert!(matches!(again, mcp_support::web::Arrived::Left(_)), "{again:?}");
    Ok(())
}

#[tokio::test]
async fn a_refresh_token_is_good_more_than_once_and_for_other_resources() -> anyhow::Result<()> {
    let running = Running::start().await?;
    let first = running.signed_in(known::ADA).await?;
    let old = first.text("refresh_token");
    let form = |token| [("grant_type", "refresh_token"), ("client_id", known::HOST_APP), ("refresh_token", token)];
    let second = running.token(&form(&old)).await?;
    assert_eq!(second.claims()["scp"], known::SCOPE_READ);
    assert_ne!(second.text("refresh_token"), old);
    assert_eq!(running.token(&form(&old)).await?.status, 200, "the old one stays good");
    let graph = [&form(&old)[..], &[("scope", "User.Read")]].concat();
    assert_eq!(running.token(&graph).await?.code(), 65_001, "but only with consent");
    let elsewhere = [&form(&old)[..], &[("resource", super::fixture::SERVER_URL)]].concat();
    assert_eq!(running.token(&elsewhere).await?.code(), 9_010_010, "the scopes begin with the other App ID URI");
    Ok(())
}

#[tokio::test]
async fn endpoints_of_version_1_name_a_resource() -> anyhow::Result<()> {
    let running = Running::start().await?;
    let v1 = running.at(&format!("/{}/oauth2", known::TENANT_ID));
    let api = format!("api://{}", known::SERVER_APP);
    let url = running.authorize(&[("scope", ""), ("resource", &api)]).replace("/oauth2/v2.0/", "/oauth2/");
    let back = running.browser()?.approve(&url, known::ADA, running.password()).await?;
    let code = parameter(&back, "code").expect("a code");
    let form = [
        ("grant_type", "authorization_code"),
        ("client_id", known::HOST_APP),
        ("code", &code),
        ("redirect_uri", REDIRECT),
        ("code_verifier", super::fixture::VERIFIER),
    ];
    let answer = super::fixture::answer(running.http.post(format!("{v1}/token")).form(&form)).await?;
    let scopes = format!("{} {}", known::SCOPE_EXECUTE, known::SCOPE_READ);
    assert_eq!(answer.claims()["scp"], scopes, "all that the client has registered: {answer:?}");
    let nothing = [("grant_type", "client_credentials"), ("client_id", known::SERVER_APP)];
    let secret = secrecy::ExposeSecret::expose_secret(running.tenant.server_secret());
    let nothing = running.http.post(format!("{v1}/token")).form(&nothing).basic_auth(known::SERVER_APP, Some(secret));
    let refused = super::fixture::answer(nothing).await?;
    assert!(refused.code() == 900_144 && refused.text("error_description").contains("'resource'"), "{refused:?}");
    Ok(())
}

#[tokio::test]
async fn it_says_that_it_is_a_cloud() -> anyhow::Result<()> {
    let running = Running::start().await?;
    let asked =
        |endpoint: &str| format!("/common/discovery/instance?api-version=1.1&authorization_endpoint={endpoint}");
    let own = running.get(&asked(&running.at("/organizations/oauth2/v2.0/authorize")), None).await?;
    let document = running.at("/organizations/v2.0/.well-known/openid-configuration");
    assert_eq!(own.text("tenant_discovery_endpoint"), document);
    let other = running.get(&asked("https://login.elsewhere.example/common/oauth2/v2.0/authorize"), None).await?;
    assert_eq!((other.code(), other.text("error").as_str()), (50_049, "invalid_instance"));
    Ok(())
}

#[tokio::test]
async fn a_daemon_has_roles_and_no_scopes() -> anyhow::Result<()> {
    let running = Running::start().await?;
    let answer = running.daemon(&[]).await?;
    let token = answer.claims();
    assert_eq!(token["roles"], json!([known::ROLE_DAEMON]));
    assert_eq!((&token["idtyp"], &token["azpacr"]), (&json!("app"), &json!("1")));
    assert_eq!(token["sub"], token["oid"]);
    assert!(token.get("scp").is_none() && token.get("name").is_none() && answer.body.get("refresh_token").is_none());
    Ok(())
}

#[tokio::test]
async fn on_behalf_of_leads_to_graph() -> anyhow::Result<()> {
    let running = Running::start().await?;
    let host = running.signed_in(known::ADA).await?;
    let graph = running.on_behalf_of(&host.text("access_token"), &[]).await?;
    let token = graph.claims();
    assert_eq!((&token["aud"], &token["ver"]), (&json!(known::GRAPH_URI), &json!("1.0")));
    assert_eq!((&token["appid"], &token["upn"]), (&json!(known::SERVER_APP), &json!(known::ADA)));
    assert_eq!(token["scp"], "Mail.Read User.Read User.Read.All");
    let me = running.get("/graph/v1.0/me", Some(&graph.text("access_token"))).await?;
    assert_eq!((me.status.as_u16(), me.text("displayName")), (200, "Ada Brook".to_owned()));
    let passed_on = running.get("/graph/v1.0/me", Some(&host.text("access_token"))).await?;
    assert_eq!(passed_on.status, 401, "the token for the server is none for Graph");
    Ok(())
}
