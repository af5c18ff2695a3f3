//! What is refused, with the code that people search for.

use mcp_entra_id::tenant::known;
use mcp_support::web::Arrived;
use secrecy::ExposeSecret;
use serde_json::json;

use super::fixture::{CHALLENGE, REDIRECT, Running, SERVER_URL, VERIFIER, answer, parameter};

#[tokio::test]
async fn the_form_is_that_of_entra() -> anyhow::Result<()> {
    let running = Running::start().await?;
    let id = "0f7c7d5e-6a3b-4f5e-9d8c-1b2a3c4d5e6f";
    let refused = running.daemon(&[("scope", ""), ("client-request-id", id)]).await?;
    assert_eq!(refused.status, 400);
    let trace = refused.text("trace_id");
    let description = format!(
        "AADSTS900144: The request body must contain the following parameter: 'scope'. Trace ID: {trace} \
         Correlation ID: {id} Timestamp: 2026-05-28 20:26:40Z"
    );
    let body = json!({
        "error": "invalid_request",
        "error_description": description,
        "error_codes": [900_144],
        "timestamp": "2026-05-28 20:26:40Z",
        "trace_id": trace,
        "correlation_id": id,
        "error_uri": running.at("/error?code=900144"),
    });
    assert_eq!(refused.body, body);
    Ok(())
}

/// Token requests of a daemon: parameters that are changed, the code, the error and the status.
#[tokio::test]
async fn an_app_in_its_own_name() -> anyhow::Result<()> {
    let running = Running::start().await?;
    let api = format!("api://{}", known::SERVER_APP);
    let (read, default, other) =
        (format!("{api}/mcp.tools.read"), format!("{api}/.default"), format!("{SERVER_URL}/.default"));
    for (changes, code, error, status) in [
        (&[("grant_type", "")][..], 900_144, "invalid_request", 400),
        (&[("client_id", "")], 900_144, "invalid_request", 400),
        (&[("scope", "")], 900_144, "invalid_request", 400),
        (&[("grant_type", "password")], 70_003, "unsupported_grant_type", 400),
        (&[("client_id", "00000000-1111-2222-3333-444444444444")], 700_016, "unauthorized_client", 400),
        (&[("client_secret", "a wrong secret")], 7_000_215, "invalid_client", 401),
        (&[("client_secret", "")], 7_000_218, "invalid_client", 401),
        (&[("client_id", known::HOST_APP)], 700_025, "invalid_client", 401),
        (&[("scope", &read)], 1_002_012, "invalid_scope", 400),
        (&[("scope", "https://elsewhere.example/.default")], 500_011, "invalid_resource", 400),
        (&[("scope", &format!("{default} {}", super::fixture::GRAPH_DEFAULT))], 28_000, "invalid_request", 400),
        (&[("scope", &default), ("resource", SERVER_URL)], 9_010_010, "invalid_target", 400),
        (&[("claims", "no JSON")], 9_002_313, "invalid_request", 400),
    ] {
        let refused = running.daemon(changes).await?;
        assert_eq!((refused.code(), refused.text("error").as_str()), (code, error), "{changes:?}: {refused:?}");
        assert_eq!(refused.status, status, "{changes:?}");
        assert!(!refused.body.to_string().contains("a wrong secret"));
    }
    let fitting = running.daemon(&[("scope", &other), ("resource", SERVER_URL)]).await?;
    assert_eq!(fitting.status, 200, "the App ID URI is the URL of the server: {fitting:?}");
    Ok(())
}

#[tokio::test]
async fn tenants_are_told_apart() -> anyhow::Result<()> {
    let running = Running::start().await?;
    let scope = format!("api://{}/.default", known::SERVER_APP);
    let form = [("grant_type", "client_credentials"), ("client_id", known::DAEMON_APP), ("scope", scope.as_str())];
    for (tenant, code) in [
        ("nowhere.example", 90_002),
        ("11111111-2222-3333-4444-555555555555", 90_002),
        ("common", 50_194),
        // It is an app of the first tenant alone.
        (known::OTHER_TENANT_ID, 700_016),
    ] {
        let refused =
            answer(running.http.post(running.at(&format!("/{tenant}/oauth2/v2.0/token"))).form(&form)).await?;
        assert_eq!(refused.code(), code, "{tenant}");
    }
    let own = [("client_id", known::SERVER_APP), ("client_secret", running.tenant.server_secret().expose_secret())];
    let form = [&form[..1], &own, &form[2..]].concat();
    let nobody = answer(running.http.post(running.at("/organizations/oauth2/v2.0/token")).form(&form)).await?;
    assert_eq!(nobody.code(), 50_059, "nothing says which tenant is meant");
    let keys = running.get("/nowhere.example/v2.0/.well-known/openid-configuration", None).await?;
    assert_eq!((keys.code(), keys.text("error").as_str()), (90_002, "invalid_tenant"));
    let registration = running.http.post(running.at(&format!("/{}/oauth2/v2.0/register", known::TENANT_ID)));
    assert_eq!(answer(registration.json(&json!({"redirect_uris": [REDIRECT]}))).await?.status, 404);
    Ok(())
}

/// Authorization requests that the client is told about.
#[tokio::test]
async fn what_a_host_asks_wrongly() -> anyhow::Result<()> {
    let running = Running::start().await?;
    let api = format!("api://{}", known::SERVER_APP);
    let (by_id, unknown) = (format!("{api}/mcp.tools.read"), format!("{api}/mcp.tools.write"));
    let by_url = format!("{SERVER_URL}/mcp.tools.read");
    for (changes, code, error) in [
        (&[("scope", "")][..], 900_144, "invalid_request"),
        (&[("response_type", "token")], 700_051, "unsupported_response_type"),
        (&[("code_challenge", ""), ("code_challenge_method", "")], 9_002_325, "invalid_request"),
        (&[("code_challenge", "short")], 501_491, "invalid_request"),
        (&[("code_challenge_method", "plain")], 50_147, "invalid_request"),
        (&[("code_challenge_method", "")], 50_147, "invalid_request"),
        (&[("scope", "mcp.tools.read")], 650_053, "invalid_client"),
        (&[("scope", &unknown)], 650_053, "invalid_client"),
        (&[("scope", &by_id), ("resource", SERVER_URL)], 9_010_010, "invalid_target"),
        (&[("scope", "openid"), ("resource", SERVER_URL)], 9_010_010, "invalid_target"),
        (&[("prompt", "none")], 50_058, "login_required"),
    ] {
        let Arrived::Left(back) = running.browser()?.open(&running.authorize(changes)).await? else {
            panic!("the client is not told: {changes:?}");
        };
        assert!(back.starts_with(REDIRECT), "{back}");
        assert_eq!(parameter(&back, "error").as_deref(), Some(error), "{changes:?}: {back}");
        let description = parameter(&back, "error_description").expect("a description");
        assert!(description.starts_with(&format!("AADSTS{code}: ")), "{changes:?}: {description}");
        assert_eq!(parameter(&back, "state").as_deref(), Some("xyz"));
    }
    let code = running.code(known::ADA, &[("scope", &by_url), ("resource", SERVER_URL)]).await?;
    let fitting = running.exchange(&code, &[("resource", SERVER_URL)]).await?;
    assert_eq!(fitting.claims()["aud"], known::SERVER_APP, "scope and resource say the same");
    Ok(())
}

/// Authorization requests that nobody but the person is told about.
#[tokio::test]
async fn what_is_not_sent_back() -> anyhow::Result<()> {
    let running = Running::start().await?;
    for (changes, code) in [
        (&[("client_id", "")][..], 900_144),
        (&[("client_id", "00000000-1111-2222-3333-444444444444")], 700_016),
        (&[("redirect_uri", "")], 900_144),
        (&[("redirect_uri", "https://elsewhere.example/callback")], 50_011),
        (&[("redirect_uri", "http://localhost:1/other")], 50_011),
        (&[("response_mode", "web_message")], 9_002_313),
        (&[("state", &*"x".repeat(5000))], 9_002_313),
    ] {
        let Arrived::Page(page) = running.browser()?.open(&running.authorize(changes)).await? else {
            panic!("sent back: {changes:?}");
        };
        assert!(page.status == 400 && page.html.contains(&format!("AADSTS{code}:")), "{changes:?}: {}", page.html);
    }
    Ok(())
}

#[tokio::test]
async fn a_code_is_for_one_client_once_and_for_a_while() -> anyhow::Result<()> {
    let running = Running::start().await?;
    let other_verifier = VERIFIER.replace('d', "e");
    let again = running.code(known::ADA, &[]).await?;
    assert_eq!(running.exchange(&again, &[]).await?.status, 200);
    assert_eq!(running.exchange(&again, &[]).await?.code(), 54_005);
    for (changes, code) in [
        (&[("code_verifier", other_verifier.as_str())][..], 501_481),
        (&[("code_verifier", CHALLENGE)], 501_481),
        (&[("code_verifier", "")], 501_481),
        (&[("redirect_uri", "http://localhost:1/callback")], 500_112),
        (&[("redirect_uri", "")], 900_144),
        (&[("client_id", known::LOCAL_APP)], 70_000),
        (&[("code", "1.unknown")], 70_000),
        (&[("code", "")], 900_144),
        (&[("resource", SERVER_URL)], 9_010_010),
    ] {
        let fresh = running.code(known::ADA, &[]).await?;
        assert_eq!(running.exchange(&fresh, changes).await?.code(), code, "{changes:?}");
    }
    let late = running.code(known::ADA, &[]).await?;
    running.clock.advance(601);
    assert_eq!(running.exchange(&late, &[]).await?.code(), 70_008);
    Ok(())
}

#[tokio::test]
async fn on_behalf_of_takes_the_right_token() -> anyhow::Result<()> {
    let running = Running::start().await?;
    let host = running.signed_in(known::ADA).await?;
    let (token, id_token) = (host.text("access_token"), host.text("id_token"));
    let graph = running.on_behalf_of(&token, &[]).await?.text("access_token");
    let daemon = running.daemon(&[]).await?.text("access_token");
    let (head, _) = token.rsplit_once('.').expect("a JWT");
    let forged = format!("{head}.{}", "A".repeat(342));
    for (what, assertion, changes, code) in [
        ("no assertion", "", &[][..], 900_144),
        ("no token", "nonsense", &[], 50_027),
        ("a changed signature", &forged, &[], 50_013),
        ("an id token of the host", &id_token, &[], 500_131),
        ("a token for Graph", &graph, &[], 500_131),
        ("a token of an app", &daemon, &[], 7_000_114),
        ("no scope", &token, &[("scope", "")], 900_144),
        ("no use", &token, &[("requested_token_use", "")], 900_144),
        ("a public client", &token, &[("client_id", known::HOST_APP), ("client_secret", "")], 500_131),
        ("a permission that nobody gave", &token, &[("scope", "GroupMember.Read.All")], 65_001),
    ] {
        let changes = [&[("assertion", assertion)], changes].concat();
        assert_eq!(running.on_behalf_of(&token, &changes).await?.code(), code, "{what}");
    }
    running.clock.advance(3600 + 300);
    assert_eq!(running.on_behalf_of(&token, &[]).await?.code(), 500_133);
    Ok(())
}

#[tokio::test]
async fn a_client_of_its_own_api_has_to_name_the_scope() -> anyhow::Result<()> {
    let running = Running::start().await?;
    let secret = running.tenant.server_secret().expose_secret().to_owned();
    let own = [("client_id", known::SERVER_APP)];
    let code = running.code(known::ADA, &own).await?;
    let tokens = running.exchange(&code, &[own[0], ("client_secret", &secret)]).await?;
    // Its audience is right, and it is still none that says what may be done.
    assert_eq!(running.on_behalf_of(&tokens.text("id_token"), &[]).await?.code(), 50_027);
    let refresh = tokens.text("refresh_token");
    let form = [
        ("grant_type", "refresh_token"),
        ("client_id", known::SERVER_APP),
        ("client_secret", &secret),
        ("refresh_token", &refresh),
    ];
    assert_eq!(running.token(&form).await?.code(), 90_009);
    let scope = format!("api://{}/{}", known::SERVER_APP, known::SCOPE_READ);
    assert_eq!(running.token(&[&form[..], &[("scope", &scope)]].concat()).await?.status, 200);
    Ok(())
}
