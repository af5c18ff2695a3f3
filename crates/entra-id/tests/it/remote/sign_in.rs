//! From nothing to an answer with the SDK's own OAuth client, against the stand-in: with all three remedies, and
//! without each of them.

use anyhow::Context as _;
use mcp_entra_id::tenant::known;
use mcp_support::{
    client::{HttpServer, Revision, call, challenge},
    web::{Arrived, Browser},
};
use rmcp::transport::auth::{AuthorizationManager, AuthorizationRequest, AuthorizationSession};
use serde_json::{Value, json};
use url::Url;

use super::fixture::connect;

const REDIRECT: &str = "http://127.0.0.1:45454/callback";

struct Running {
    server: HttpServer,
    authority: String,
    password: String,
}

impl Running {
    /// The server with its own stand-in, and these settings.
    async fn start(settings: &[(&str, &str)]) -> anyhow::Result<Self> {
        let settings: Vec<(String, String)> =
            settings.iter().map(|(name, value)| ((*name).to_owned(), (*value).to_owned())).collect();
        let server = HttpServer::start_with(env!("CARGO_BIN_EXE_mcp-entra-id").as_ref(), &[], &settings).await?;
        let log = server.log();
        let after = |mark: &str| log.split(mark).nth(1).and_then(|rest| rest.lines().next()).map(str::to_owned);
        let authority = after("runs at ").context("where the stand-in is")?.trim_end_matches('/').to_owned();
        let password = after("for this start: ").context("the password")?;
        Ok(Self { server, authority, password })
    }

    /// What a client does after its first 401.
    async fn discovered(&self) -> anyhow::Result<AuthorizationManager> {
        let refused = connect(&self.server.url, "", Revision::Modern).await.expect_err("no token");
        let words = challenge(&refused).context("a challenge")?.to_owned();
        let mut manager = AuthorizationManager::new(self.server.url.as_str()).await?;
        let found = manager.resolve_metadata_from_challenge(Some(&words)).await?;
        anyhow::ensure!(found.source.is_discovered(), "no metadata");
        manager.set_metadata(found.metadata);
        Ok(manager)
    }

    async fn session(&self) -> anyhow::Result<AuthorizationSession> {
        let request = AuthorizationRequest::new(REDIRECT)
            .with_preregistered_client(known::HOST_APP)
            .with_application_type("native")
            .with_initial_scope_selection();
        let session = AuthorizationSession::new(self.discovered().await?, request).await;
        session.map_err(|(_, error)| error.into())
    }

    fn browser(&self) -> anyhow::Result<Browser> {
        Browser::new(&self.authority)
    }

    /// A client that somebody has signed in to; what has to be fulfilled goes along.
    async fn signed_in(&self, name: &str, claims: Option<&str>) -> anyhow::Result<AuthorizationManager> {
        let session = self.session().await?;
        let mut url = Url::parse(&session.auth_url)?;
        url.query_pairs_mut().extend_pairs(claims.map(|claims| ("claims", claims)));
        let back = self.browser()?.approve(url.as_str(), name, &self.password).await?;
        session.handle_callback_url(&back).await?;
        Ok(session.auth_manager)
    }
}

/// One call with a client of its own.
async fn ask(url: &str, token: &str, revision: Revision, tool: &str) -> anyhow::Result<Value> {
    let client = connect(url, token, revision).await?;
    let result = call(&client, tool, json!({})).await;
    client.cancel().await?;
    Ok(serde_json::to_value(result?)?)
}

#[tokio::test]
async fn with_all_remedies_a_client_signs_in_steps_up_and_refreshes() -> anyhow::Result<()> {
    let running = Running::start(&[]).await?;
    let url = running.server.url.clone();
    let manager = running.signed_in(known::ADA, None).await?;
    let token = manager.get_access_token().await?;
    for revision in Revision::ALL {
        let who = ask(&url, &token, revision, "whoami").await?;
        let who = &who["structuredContent"];
        assert_eq!((&who["username"], &who["client"]), (&json!(known::ADA), &json!(known::HOST_APP)), "{revision}");
        let details = ask(&url, &token, revision, "get_user_details").await?;
        assert_eq!(details["structuredContent"]["user_principal_name"], known::ADA, "{revision}: {details}");
        // Step-up: the challenge names the scopes as Entra wants them.
        let error = ask(&url, &token, revision, "list_my_messages").await.expect_err("no scope yet");
        let words = challenge(&error).context("a challenge")?;
        assert!(words.contains("insufficient_scope") && words.contains(&format!("{url}/mcp.tools.execute")), "{words}");
    }
    let needed = format!("{url}/mcp.tools.read {url}/mcp.tools.execute");
    let to = manager.request_scope_upgrade(&needed).await?;
    let back = running.browser()?.approve(&to, known::ADA, &running.password).await?;
    let session = AuthorizationSession::for_scope_upgrade(manager, to, REDIRECT);
    session.handle_callback_url(&back).await?;
    let manager = session.auth_manager;
    let broader = manager.get_access_token().await?;
    manager.refresh_token().await?;
    let refreshed = manager.get_access_token().await?;
    assert_ne!(broader, refreshed);
    for (token, revision) in [(&broader, Revision::Legacy), (&refreshed, Revision::Modern)] {
        let messages = ask(&url, token, revision, "list_my_messages").await?;
        assert_ne!(messages["isError"], true, "{messages}");
        assert!(messages["structuredContent"]["messages"].as_array().is_some_and(|all| !all.is_empty()), "{messages}");
    }
    Ok(())
}

#[tokio::test]
async fn without_the_facade_the_tenants_own_metadata_does_not_say_s256() -> anyhow::Result<()> {
    let running = Running::start(&[("ENTRA_METADATA_FACADE", "false")]).await?;
    let http = reqwest::Client::builder().no_proxy().build()?;
    let get = async |url: String| anyhow::Ok(http.get(url).send().await?.error_for_status()?.json::<Value>().await?);
    let origin = running.server.origin();
    let resource = get(format!("{origin}/.well-known/oauth-protected-resource/mcp")).await?;
    let issuer = resource["authorization_servers"][0].as_str().context("an issuer")?.to_owned();
    assert_eq!(issuer, format!("{}/{}/v2.0", running.authority, known::TENANT_ID));
    let metadata = get(format!("{issuer}/.well-known/openid-configuration")).await?;
    // Spec(2026-07-28, authorization): a client that does not find this MUST refuse to go on. The SDK's client goes on
    // with a warning, so what a client has to look for is looked for here.
    assert_eq!(metadata["code_challenge_methods_supported"], Value::Null);
    let with = Running::start(&[]).await?;
    for document in ["oauth-authorization-server", "openid-configuration"] {
        let metadata = get(format!("{}/.well-known/{document}", with.server.origin())).await?;
        assert_eq!(metadata["code_challenge_methods_supported"], json!(["S256"]), "{document}");
        assert_eq!(metadata["issuer"], with.server.origin(), "{document}");
        let token_endpoint = metadata["token_endpoint"].as_str().unwrap_or_default();
        assert!(token_endpoint.starts_with(&with.authority), "clients fetch their tokens at Entra: {token_endpoint}");
    }
    Ok(())
}

#[tokio::test]
async fn without_the_url_as_app_id_uri_resource_does_not_fit_the_scopes() -> anyhow::Result<()> {
    let uri = format!("api://{}", known::SERVER_APP);
    let running = Running::start(&[("ENTRA_APP_ID_URI", &uri)]).await?;
    let session = running.session().await?;
    let query: Vec<(String, String)> = Url::parse(&session.auth_url)?.query_pairs().into_owned().collect();
    let sent = |name: &str| query.iter().find(|(found, _)| found == name).map(|(_, value)| value.clone());
    assert_eq!(sent("resource"), Some(running.server.url.clone()), "which this client always sends");
    assert!(sent("scope").is_some_and(|scope| scope.contains(&format!("{uri}/mcp.tools.read"))));
    let arrived = running.browser()?.open(&session.auth_url).await?;
    let said = match arrived {
        Arrived::Left(url) => Url::parse(&url)?.query().unwrap_or_default().to_owned(),
        Arrived::Page(page) => page.html,
    };
    assert!(said.contains("AADSTS9010010"), "{said}");
    Ok(())
}

#[tokio::test]
async fn without_a_registered_client_there_is_no_registration() -> anyhow::Result<()> {
    let running = Running::start(&[]).await?;
    let request = AuthorizationRequest::new(REDIRECT).with_application_type("native").with_initial_scope_selection();
    let session = AuthorizationSession::new(running.discovered().await?, request).await;
    let (_, error) = session.err().context("a client registered itself")?;
    assert!(error.to_string().to_lowercase().contains("regist"), "{error}");
    let page = reqwest::get(format!("{}/sign-in", running.server.origin())).await?.text().await?;
    assert!(page.contains(known::HOST_APP), "where people read the client's id: {page}");
    Ok(())
}

#[tokio::test]
async fn a_person_under_conditional_access_signs_in_again_with_the_claims() -> anyhow::Result<()> {
    use base64::{Engine, prelude::BASE64_STANDARD};
    let running = Running::start(&[]).await?;
    let url = running.server.url.clone();
    let token = running.signed_in(known::MIA, None).await?.get_access_token().await?;
    let mut wanted = Vec::new();
    for revision in Revision::ALL {
        assert_ne!(ask(&url, &token, revision, "whoami").await?["isError"], true, "{revision}");
        let error = ask(&url, &token, revision, "get_user_details").await.expect_err("a second factor is asked for");
        let words = challenge(&error).context("a challenge")?;
        assert!(words.contains("insufficient_claims"), "{revision}: {words}");
        let claims = words.split("claims=\"").nth(1).and_then(|rest| rest.split('"').next()).context("claims")?;
        wanted.push(String::from_utf8(BASE64_STANDARD.decode(claims)?)?);
    }
    let token = running.signed_in(known::MIA, Some(&wanted[0])).await?.get_access_token().await?;
    for revision in Revision::ALL {
        let details = ask(&url, &token, revision, "get_user_details").await?;
        assert_eq!(details["structuredContent"]["user_principal_name"], known::MIA, "{revision}: {details}");
    }
    Ok(())
}

#[tokio::test]
async fn roles_and_groups_of_the_stand_in() -> anyhow::Result<()> {
    let running = Running::start(&[("ENTRA_ADMIN_GROUP", known::GROUP_ENGINEERING)]).await?;
    let url = running.server.url.clone();
    for (name, allowed, said) in [
        (known::ADA, true, "by her group"),
        (known::GRACE, true, "by her app role"),
        (known::OTTO, false, "too many"),
        ("dora@meadow.example", false, "app role Mcp.Admin"),
    ] {
        let token = running.signed_in(name, None).await?.get_access_token().await?;
        let users = ask(&url, &token, Revision::Modern, "list_users").await?;
        assert_eq!(users["isError"] != json!(true), allowed, "{name}: {users}");
        assert!(allowed || users.to_string().contains(said), "{name}: {users}");
    }
    Ok(())
}

#[tokio::test]
async fn people_of_a_second_tenant_sign_in_where_it_is_on_the_list() -> anyhow::Result<()> {
    let tenants = format!("{},{}", known::TENANT_ID, known::OTHER_TENANT_ID);
    let running = Running::start(&[("ENTRA_ALLOWED_TENANTS", &tenants)]).await?;
    for (name, tenant) in [(known::ADA, known::TENANT_ID), (known::VERA, known::OTHER_TENANT_ID)] {
        let token = running.signed_in(name, None).await?.get_access_token().await?;
        for revision in Revision::ALL {
            let who = ask(&running.server.url, &token, revision, "whoami").await?;
            assert_eq!(who["structuredContent"]["tenant"], tenant, "{name}, {revision}");
            let details = ask(&running.server.url, &token, revision, "get_user_details").await?;
            assert_eq!(details["structuredContent"]["user_principal_name"], name, "{revision}: {details}");
        }
    }
    let only_one = Running::start(&[]).await?;
    assert!(only_one.signed_in(known::VERA, None).await.is_err(), "her tenant is not on the list");
    Ok(())
}

#[tokio::test]
async fn tokens_of_the_stand_in_for_others_are_refused() -> anyhow::Result<()> {
    let running = Running::start(&[]).await?;
    let http = reqwest::Client::builder().no_proxy().redirect(reqwest::redirect::Policy::none()).build()?;
    let base = format!("{}/{}/oauth2/v2.0", running.authority, known::TENANT_ID);
    // The example of RFC 7636.
    let (verifier, digest) =
        ("dBjftJeZ4CVP-mB92K27uhbUJU1p1r_wW1gFWFOEjXk", "E9Melhoa2OwvFrEMTJguCHaoeK1t8URWbuGJSstw-cM");
    let url = Url::parse_with_params(
        &format!("{base}/authorize"),
        [
            ("client_id", known::LOCAL_APP),
            ("response_type", "code"),
            ("redirect_uri", REDIRECT),
            ("scope", "openid User.Read"),
            ("nonce", "n"),
            ("state", "s"),
            ("code_challenge", digest),
            ("code_challenge_method", "S256"),
        ],
    )?;
    let back = running.browser()?.approve(url.as_str(), known::ADA, &running.password).await?;
    let code = Url::parse(&back)?.query_pairs().find(|(name, _)| name == "code").context("a code")?.1.into_owned();
    let form = [
        ("grant_type", "authorization_code"),
        ("client_id", known::LOCAL_APP),
        ("code", &code),
        ("redirect_uri", REDIRECT),
        ("code_verifier", verifier),
    ];
    let answer: Value = http.post(format!("{base}/token")).form(&form).send().await?.json().await?;
    for token in ["access_token", "id_token"] {
        let token = answer[token].as_str().context("a token")?;
        for revision in Revision::ALL {
            let error = connect(&running.server.url, token, revision).await.expect_err("not for this server");
            let words = challenge(&error).context("a challenge")?;
            assert!(words.contains("invalid_token") && words.contains("audience"), "{revision}: {words}");
        }
    }
    Ok(())
}
