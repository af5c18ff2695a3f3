//! The tour: the SDK's own OAuth client, the real pages, and what each step defends against.

mod attacks;
mod document;
mod proof;

use anyhow::Context as _;
use mcp_support::{
    cli::DemoArgs,
    client::{HttpServer, Recorder, Revision, call, text},
    demo::Tour,
    web::{Arrived, Browser},
};
use rmcp::{
    model::CallToolResult,
    transport::auth::{AuthorizationManager, AuthorizationSession},
};
use serde_json::{Value, json};
use url::Url;

use self::document::ClientDocument;
use crate::{authorization::secret, client, setup::PUBLIC_CLIENT};

/// Where the browser is sent back to. Nobody listens there: the tour's browser stops and hands the address over.
const REDIRECT: &str = "http://127.0.0.1:49152/callback";
const USER: &str = "ada";

/// Everything that the steps share.
struct Stage {
    server: HttpServer,
    http: reqwest::Client,
    browser: Browser,
    password: String,
    client_secret: String,
}

/// Runs the tour.
///
/// # Errors
/// A server cannot be started or reached, or a check has failed.
pub async fn tour(args: &DemoArgs) -> anyhow::Result<()> {
    let about = "Lesson 5.3. From a 401 to a token and back: discovery, PKCE, consent, step-up, refresh, revocation.\n\
                 Servers run as processes of their own; the pages are the real ones, filled in without a window.";
    let mut tour = Tour::new("OAuth 2", about, args);
    let document = ClientDocument::serve().await?;
    let (password, client_secret) = (secret::random(), secret::random());
    let environment = [
        ("OAUTH_DEMO_PASSWORD", password.as_str()),
        ("OAUTH_CLIENT_SECRET", &client_secret),
        ("OAUTH_CLIENT_ID", "mcp-client"),
        ("OAUTH_DEMO_USERS", USER),
        ("OAUTH_DPOP", "optional"),
        // As if they were not set, whatever is set around the tour.
        ("OAUTH_DPOP_NONCE", ""),
        ("OAUTH2_PUBLIC_URL", ""),
        ("OAUTH_ISSUER", ""),
    ];
    let environment = environment.map(|(name, value)| (name.to_owned(), value.to_owned()));
    let program = std::env::current_exe().context("cannot find this program's own file")?;
    let server = HttpServer::start_with(&program, &["--metadata-hosts", document.host()], &environment).await?;
    let mut stage = Stage {
        http: reqwest::Client::builder().no_proxy().timeout(mcp_support::client::PATIENCE).build()?,
        browser: Browser::new(server.origin())?,
        server,
        password,
        client_secret,
    };

    let challenge = refused(&mut tour, &stage).await?;
    let session = asked(&mut tour, &stage, &challenge, &document).await?;
    let manager = approved(&mut tour, &mut stage, session).await?;
    let manager = stepped_up(&mut tour, &mut stage, manager).await?;
    attacks::refresh(&mut tour, &stage, &manager, document.url()).await?;
    attacks::replay(&mut tour, &mut stage).await?;
    attacks::bound(&mut tour, &stage).await?;
    attacks::audience(&mut tour, &stage, &program).await?;
    attacks::revocation(&mut tour, &mut stage).await?;
    tour.finish()
}

async fn refused(tour: &mut Tour, stage: &Stage) -> anyhow::Result<String> {
    tour.step("Without a token there is a 401, which says where to get one and for what");
    let challenge =
        mcp_support::web::challenge(&stage.server.url, None).await?.context("the server let a stranger in")?;
    tour.show("WWW-Authenticate", &challenge);
    tour.check("it names the metadata and the least scope", challenge.contains("scope=\"mcp.access\""));

    tour.step("Two documents lead from the resource to its authorization server and its keys");
    let resource = stage.json("/.well-known/oauth-protected-resource/mcp").await?;
    tour.show("resource", &resource["resource"]);
    let metadata = stage.json("/.well-known/oauth-authorization-server").await?;
    tour.show("issuer", &metadata["issuer"]);
    tour.show("PKCE methods", &metadata["code_challenge_methods_supported"]);
    let keys = stage.json("/oauth2/jwks").await?;
    let live = keys["keys"].as_array().map_or(0, Vec::len);
    tour.show("live keys", live);
    let fits = resource["resource"] == stage.server.url && metadata["issuer"] == stage.server.origin();
    tour.check("both name themselves exactly: against a server that poses as another", fits);
    tour.check("the key that signs next is known already", live == 2);
    Ok(challenge)
}

async fn asked(
    tour: &mut Tour,
    stage: &Stage,
    challenge: &str,
    document: &ClientDocument,
) -> anyhow::Result<AuthorizationSession> {
    tour.step("The client is known by the URL of a document about itself: nothing is registered");
    tour.show("client_id", document.url());
    let session = client::begin(&stage.server.url, challenge, document.url(), REDIRECT).await?;
    let url = Url::parse(session.get_authorization_url())?;
    let parameter = |name: &str| url.query_pairs().find(|(found, _)| found == name).map(|(_, value)| value);
    for name in ["scope", "resource", "code_challenge_method", "code_challenge"] {
        tour.show(name, parameter(name).unwrap_or_default());
    }
    tour.check("it asks for the least scope only", parameter("scope").as_deref() == Some("mcp.access"));
    let bound = parameter("resource").as_deref() == Some(&stage.server.url);
    tour.check("the token will be for this server: against reuse at another", bound);
    Ok(session)
}

async fn approved(
    tour: &mut Tour,
    stage: &mut Stage,
    session: AuthorizationSession,
) -> anyhow::Result<AuthorizationManager> {
    tour.step("A person signs in and decides on the real pages");
    let Arrived::Page(page) = stage.browser.open(session.get_authorization_url()).await? else {
        anyhow::bail!("no sign-in page");
    };
    let policy = page.headers.get("content-security-policy").and_then(|value| value.to_str().ok()).unwrap_or_default();
    tour.check("no frame may hold the page: against clickjacking", policy.contains("frame-ancestors 'none'"));
    let wrong = stage.browser.submit(&page, &[("username", USER), ("password", "wrong")]).await?;
    tour.check("a wrong password stays out", matches!(&wrong, Arrived::Page(page) if page.status == 401));
    let page = stage.browser.to_consent(session.get_authorization_url(), USER, &stage.password).await?;
    let says = |text: &str| page.html.contains(text);
    tour.check("consent shows the client and where the answer goes", says("Tour client") && says("127.0.0.1"));
    let mut foreign = page.fields();
    foreign.retain(|(name, _)| name != "csrf");
    foreign.push(("decision".to_owned(), "allow".to_owned()));
    let own = stage.server.origin().to_owned();
    let forged = stage.browser.post(&page, &foreign, &own).await?;
    tour.check(
        "a form without its token is refused: CSRF",
        matches!(&forged, Arrived::Page(page) if page.status == 403),
    );
    let Arrived::Left(back) = stage.browser.submit(&page, &[("decision", "allow")]).await? else {
        anyhow::bail!("the consent was not taken");
    };
    let again = stage.browser.submit(&page, &[("decision", "allow")]).await?;
    tour.check("a double click is one decision", matches!(&again, Arrived::Left(same) if *same == back));
    let other = stage.browser.submit(&page, &[("decision", "deny")]).await?;
    tour.check("and nobody decides otherwise afterwards", matches!(&other, Arrived::Page(page) if page.status == 410));

    tour.step("The client checks who answered, and exchanges the code");
    let forged = back.replace(&urlencoded(stage.server.origin()), &urlencoded("https://evil.example"));
    let error = session.handle_callback_url(&forged).await.err().map(|error| error.to_string()).unwrap_or_default();
    tour.show("forged iss", &error);
    tour.check("another issuer's answer is refused: mix-up", error.contains("issuer mismatch") && forged != back);
    let token = session.handle_callback_url(&back).await?;
    tour.show("token", serde_json::to_value(&token)?["scope"].clone());
    for revision in Revision::ALL {
        let token = session.auth_manager.get_access_token().await?;
        let client = client::connect(&stage.server.url, &token, revision, Recorder::default(), tour.tap()).await?;
        let names: Vec<String> = client.list_all_tools().await?.into_iter().map(|tool| tool.name.into()).collect();
        tour.show("tools", names.join(", "));
        tour.check(format!("{revision}: only what the scope allows is shown"), names == ["hello"]);
        let hello = call(&client, "hello", json!({})).await?;
        tour.show("hello", text(&hello));
        client.cancel().await?;
    }
    Ok(session.auth_manager)
}

async fn stepped_up(
    tour: &mut Tour,
    stage: &mut Stage,
    mut manager: AuthorizationManager,
) -> anyhow::Result<AuthorizationManager> {
    tour.step("Step-up: a call that needs more gets a 403, which names all that it needs");
    let note = json!({"title": "Engine", "text": "It weaves algebraic patterns."});
    let mut id = Value::Null;
    for tool in ["create_note", "delete_note"] {
        let arguments = if id.is_null() { note.clone() } else { json!({ "id": id }) };
        let refused = stage.call(tour, &manager, tool, arguments.clone()).await.err().context("it was allowed")?;
        let scopes = client::missing_scopes(&refused).context("the 403 names no scopes")?;
        tour.show(&format!("403 for {tool}"), &scopes);
        let url = manager.request_scope_upgrade(&scopes).await?;
        // Already signed in; consent is asked again, for more.
        let back = stage.browser.approve(&url, USER, &stage.password).await?;
        let session = AuthorizationSession::for_scope_upgrade(manager, url, REDIRECT);
        session.handle_callback_url(&back).await?;
        manager = session.auth_manager;
        let result = stage.call(tour, &manager, tool, arguments).await?;
        tour.show(tool, text(&result));
        if id.is_null() {
            id = result.structured_content.unwrap_or_default()["id"].clone();
        }
        tour.check(format!("{tool} works after a second consent"), result.is_error != Some(true));
    }
    Ok(manager)
}

impl Stage {
    async fn json(&self, path: &str) -> anyhow::Result<Value> {
        Ok(self.http.get(format!("{}{path}", self.server.origin())).send().await?.error_for_status()?.json().await?)
    }

    /// Posts a form of a public client, or of the confidential one.
    async fn post(&self, path: &str, is_confidential: bool, form: &[(&str, &str)]) -> anyhow::Result<(u16, Value)> {
        let mut request = self.http.post(format!("{}{path}", self.server.origin())).form(form);
        if is_confidential {
            request = request.basic_auth("mcp-client", Some(&self.client_secret));
        }
        Self::answer(request).await
    }

    async fn answer(request: reqwest::RequestBuilder) -> anyhow::Result<(u16, Value)> {
        let response = request.send().await?;
        Ok((response.status().as_u16(), serde_json::from_str(&response.text().await?).unwrap_or_default()))
    }

    async fn call(
        &self,
        tour: &Tour,
        manager: &AuthorizationManager,
        tool: &str,
        arguments: Value,
    ) -> anyhow::Result<CallToolResult> {
        let token = manager.get_access_token().await?;
        let client =
            client::connect(&self.server.url, &token, Revision::Modern, Recorder::default(), tour.tap()).await?;
        let result = call(&client, tool, arguments).await;
        client.cancel().await?;
        result
    }
}

fn urlencoded(text: &str) -> String {
    url::form_urlencoded::byte_serialize(text.as_bytes()).collect()
}
