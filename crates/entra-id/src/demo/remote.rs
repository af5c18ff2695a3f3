//! Scenario 2: the server on HTTP, called by the SDK's own OAuth client.

use anyhow::Context as _;
use base64::{Engine, prelude::BASE64_STANDARD};
use mcp_support::{client::Revision, demo::Tour, web};
use rmcp::transport::auth::{AuthorizationManager, AuthorizationSession};
use secrecy::ExposeSecret;
use serde_json::{Value, json};

use super::{
    Stage,
    host::{REDIRECT, Remote},
    parameter, text,
};
use crate::tenant::{Control, known};

pub(super) async fn steps(tour: &mut Tour, stage: &Stage) -> anyhow::Result<()> {
    let remote = Remote::start(stage).await?;
    let manager = signed_in(tour, &remote).await?;
    on_behalf(tour, &remote, &manager).await?;
    stepped_up(tour, &remote, manager).await?;
    roles(tour, &remote).await?;
    refused(tour, &remote).await?;
    conditional_access(tour, &remote).await?;
    patience(tour, &remote).await
}

async fn signed_in(tour: &mut Tour, remote: &Remote<'_>) -> anyhow::Result<AuthorizationManager> {
    tour.step("Scenario 2. An MCP client and Entra do not fit by themselves; three remedies make them fit");
    let http = reqwest::Client::builder().no_proxy().build()?;
    let json = async |url: String| anyhow::Ok(http.get(url).send().await?.error_for_status()?.json::<Value>().await?);
    let tenant =
        format!("{}{}/v2.0/.well-known/openid-configuration", remote.stage.tenant.authority(), known::TENANT_ID);
    let (theirs, ours) = (
        json(tenant).await?,
        json(format!("{}/.well-known/oauth-authorization-server", remote.server.origin())).await?,
    );
    tour.show("the tenant's PKCE methods", &theirs["code_challenge_methods_supported"]);
    tour.show("the facade's", &ours["code_challenge_methods_supported"]);
    tour.check(
        "a facade says what strict clients look for",
        ours["code_challenge_methods_supported"] == json!(["S256"]),
    );
    tour.check("tokens still come from Entra itself", ours["token_endpoint"] == theirs["token_endpoint"]);
    let session = remote.session().await?;
    for name in ["client_id", "resource", "scope"] {
        tour.show(name, parameter(&session.auth_url, name));
    }
    let fits = parameter(&session.auth_url, "scope").starts_with(&parameter(&session.auth_url, "resource"));
    tour.check("the App ID URI is the server's URL, so resource and scope fit", fits);
    let back = remote.browser()?.approve(&session.auth_url, known::ADA, remote.password()).await?;
    session.handle_callback_url(&back).await?;
    let manager = session.auth_manager;
    for revision in Revision::ALL {
        let who = remote.ask(tour, &manager, revision, "whoami").await?;
        tour.show("whoami", text(&who));
        let name = &who.structured_content.unwrap_or_default()["username"];
        tour.check(format!("{revision}: the server knows Ada"), name == known::ADA);
    }
    Ok(manager)
}

async fn on_behalf(tour: &mut Tour, remote: &Remote<'_>, manager: &AuthorizationManager) -> anyhow::Result<()> {
    tour.step("On behalf of its caller, the server gets a token of its own for Graph; the caller's stays where it is");
    let details = remote.ask(tour, manager, Revision::Modern, "get_user_details").await?;
    tour.show("get_user_details", text(&details));
    let is_ada = details.structured_content.unwrap_or_default()["user_principal_name"] == known::ADA;
    tour.check("Graph answers for Ada", is_ada);
    remote.ask(tour, manager, Revision::Modern, "get_user_details").await?;
    let events = remote.events()?;
    let exchanges = events.iter().filter(|event| event["event"] == "exchanged").count();
    tour.show("audit log", format!("{} events, {exchanges} exchange", events.len()));
    tour.check("two calls, one exchange: the second is from the cache", exchanges == 1);
    let token = manager.get_access_token().await?;
    let log = std::fs::read_to_string(remote.audit_file())?;
    tour.check("no token stands in the log", !log.contains(&token) && !log.contains("eyJ"));
    Ok(())
}

async fn stepped_up(tour: &mut Tour, remote: &Remote<'_>, manager: AuthorizationManager) -> anyhow::Result<()> {
    tour.step("Step-up: messages need another scope, and the 403 names it as Entra wants it");
    let words = remote.challenge(tour, &manager, "list_my_messages").await?;
    tour.show("WWW-Authenticate", &words);
    let needed = words.split("scope=\"").nth(1).and_then(|rest| rest.split('"').next()).context("scopes")?.to_owned();
    let to = manager.request_scope_upgrade(&needed).await?;
    let back = remote.browser()?.approve(&to, known::ADA, remote.password()).await?;
    let session = AuthorizationSession::for_scope_upgrade(manager, to, REDIRECT);
    session.handle_callback_url(&back).await?;
    let messages = remote.ask(tour, &session.auth_manager, Revision::Modern, "list_my_messages").await?;
    let count = messages.structured_content.unwrap_or_default()["messages"].as_array().map_or(0, Vec::len);
    tour.show("messages", count);
    tour.check("after a second consent, they are read", count > 0);
    Ok(())
}

async fn roles(tour: &mut Tour, remote: &Remote<'_>) -> anyhow::Result<()> {
    tour.step("Scopes say what a client may do; app roles say what its person may");
    for (name, may) in [(known::ADA, false), (known::GRACE, true)] {
        let manager = remote.sign_in(name, None).await?;
        let users = remote.ask(tour, &manager, Revision::Modern, "list_users").await?;
        tour.show(name, text(&users).lines().next().unwrap_or_default());
        tour.check(format!("{name} {}", if may { "may" } else { "may not" }), (users.is_error != Some(true)) == may);
    }
    Ok(())
}

async fn refused(tour: &mut Tour, remote: &Remote<'_>) -> anyhow::Result<()> {
    tour.step("A token for Graph opens Graph, and not this server; keys that rotate break nothing");
    let url = format!("{}{}/oauth2/v2.0/token", remote.stage.tenant.authority(), known::TENANT_ID);
    let form = [
        ("grant_type", "client_credentials"),
        ("client_id", known::DAEMON_APP),
        ("client_secret", remote.stage.tenant.daemon_secret().expose_secret()),
        ("scope", "https://graph.microsoft.com/.default"),
    ];
    let http = reqwest::Client::builder().no_proxy().build()?;
    let answer: Value = http.post(url).form(&form).send().await?.json().await?;
    let token = answer["access_token"].as_str().context("a token for Graph")?;
    let words = web::challenge(&remote.server.url, Some(token)).await?.context("it was let in")?;
    tour.show("with a token for Graph", &words);
    tour.check("its audience is another", words.contains("invalid_token") && words.contains("audience"));
    let before = remote.sign_in(known::ADA, None).await?;
    remote.stage.tenant.control(Control::RotateKeys { withdraw: false }).await?;
    let after = remote.sign_in(known::ADA, None).await?;
    let mut fine = 0;
    for manager in [&before, &after] {
        fine += usize::from(remote.ask(tour, manager, Revision::Modern, "whoami").await?.is_error != Some(true));
    }
    tour.check("tokens of the old key and of the new one are good", fine == 2);
    Ok(())
}

async fn conditional_access(tour: &mut Tour, remote: &Remote<'_>) -> anyhow::Result<()> {
    tour.step("Conditional access: Entra wants a second factor for Graph, and the client is told what to ask for");
    let manager = remote.sign_in(known::MIA, None).await?;
    let words = remote.challenge(tour, &manager, "get_user_details").await?;
    let claims = words.split("claims=\"").nth(1).and_then(|rest| rest.split('"').next()).context("claims")?;
    let claims = String::from_utf8(BASE64_STANDARD.decode(claims)?)?;
    tour.show("claims", &claims);
    let manager = remote.sign_in(known::MIA, Some(&claims)).await?;
    let details = remote.ask(tour, &manager, Revision::Modern, "get_user_details").await?;
    tour.show("get_user_details", text(&details));
    tour.check("with the second factor, Graph answers", details.is_error != Some(true));
    Ok(())
}

async fn patience(tour: &mut Tour, remote: &Remote<'_>) -> anyhow::Result<()> {
    tour.step("Graph is busy: its Retry-After is kept, and a little more");
    let manager = remote.sign_in(known::ADA, None).await?;
    let throttle = Control::Throttle { requests: 1, retry_after: Some(1), status: 429 };
    remote.stage.tenant.control(throttle).await?;
    let began = std::time::Instant::now();
    let details = remote.ask(tour, &manager, Revision::Modern, "get_user_details").await?;
    let waited = began.elapsed();
    tour.show("waited", format!("{} ms", waited.as_millis()));
    tour.check("answered, and not too soon", details.is_error != Some(true) && waited.as_secs() >= 1);
    Ok(())
}
