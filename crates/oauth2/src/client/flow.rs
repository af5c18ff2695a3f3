//! The steps that a client takes: discovery from a 401, an authorization request, and calls with a token.

use anyhow::Context as _;
use mcp_support::client::{PATIENCE, Revision, Tap, connect_over, this_client};
use reqwest::header::{AUTHORIZATION, HeaderMap, HeaderValue, WWW_AUTHENTICATE};
use rmcp::{
    ClientHandler, ClientLifecycleMode, RoleClient,
    service::RunningService,
    transport::{
        StreamableHttpClientTransport,
        auth::{AuthorizationManager, AuthorizationRequest, AuthorizationSession, WWWAuthenticateParams},
        streamable_http_client::StreamableHttpClientTransportConfig,
    },
};
use serde_json::json;
use url::Url;

/// What the server asks for when it is called without a token, or with one that it does not accept; none when it answers.
///
/// # Errors
/// Nothing answers there.
pub async fn challenge(url: &str, token: Option<&str>) -> anyhow::Result<Option<String>> {
    let mut headers = HeaderMap::new();
    if let Some(token) = token {
        headers.insert(AUTHORIZATION, HeaderValue::from_str(&format!("Bearer {token}"))?);
    }
    challenge_of(url, headers).await
}

/// The same for a request with these headers, such as a token that comes with a proof of a key.
///
/// # Errors
/// Nothing answers there.
pub async fn challenge_of(url: &str, headers: HeaderMap) -> anyhow::Result<Option<String>> {
    let meta = json!({
        "io.modelcontextprotocol/protocolVersion": "2026-07-28",
        "io.modelcontextprotocol/clientInfo": this_client(),
        "io.modelcontextprotocol/clientCapabilities": {},
    });
    let request = json!({"jsonrpc": "2.0", "id": 1, "method": "server/discover", "params": {"_meta": meta}});
    let client = reqwest::Client::builder().redirect(reqwest::redirect::Policy::none()).timeout(PATIENCE).build()?;
    let sending = client
        .post(url)
        .header("accept", "application/json, text/event-stream")
        .header("mcp-protocol-version", "2026-07-28")
        .header("mcp-method", "server/discover")
        .headers(headers)
        .json(&request);
    let response = sending.send().await.context("the server cannot be reached")?;
    let challenge = response.headers().get(WWW_AUTHENTICATE).map(|value| value.to_str().map(str::to_owned));
    Ok(challenge.transpose()?)
}

/// Follows the challenge to the authorization server, and prepares a request to it.
/// The scopes are those of the challenge: the fewest that let the client in.
///
/// # Errors
/// A document is missing or does not fit, such as a server without PKCE or metadata of another issuer.
pub async fn begin(
    url: &str,
    challenge: &str,
    client_id: &str,
    redirect_uri: &str,
) -> anyhow::Result<AuthorizationSession> {
    let mut manager = AuthorizationManager::new(url).await?;
    let found = manager.resolve_metadata_from_challenge(Some(challenge)).await.context("discovery failed")?;
    // Without this, a server that has lost its metadata would be spoken to at made-up addresses.
    anyhow::ensure!(found.source.is_discovered(), "the server names no authorization server");
    manager.set_metadata(found.metadata);
    let request = AuthorizationRequest::new(redirect_uri)
        // A metadata document needs no registration: its URL is the id.
        .with_preregistered_client(client_id)
        .with_application_type("native")
        .with_initial_scope_selection();
    AuthorizationSession::new(manager, request).await.map_err(|(_, error)| error.into())
}

/// A client that sends `token` with every request.
///
/// # Errors
/// The server refuses the token, or does not answer.
pub async fn connect<H: ClientHandler>(
    url: &str,
    token: &str,
    revision: Revision,
    handler: H,
    tap: Option<Tap>,
) -> anyhow::Result<RunningService<RoleClient, H>> {
    let config = StreamableHttpClientTransportConfig::with_uri(url).auth_header(token);
    connect_over(StreamableHttpClientTransport::from_config(config), lifecycle(revision), handler, tap).await
}

/// The scopes that a 403 names, when that is why a call failed.
pub fn missing_scopes(error: &anyhow::Error) -> Option<String> {
    let base = Url::parse("http://localhost/").ok()?;
    let challenge = WWWAuthenticateParams::parse(mcp_support::client::challenge(error)?, &base);
    challenge.is_insufficient_scope().then_some(challenge.scope)?
}

fn lifecycle(revision: Revision) -> ClientLifecycleMode {
    match revision {
        Revision::Legacy => ClientLifecycleMode::Initialize,
        Revision::Modern => ClientLifecycleMode::Discover { preferred_versions: vec![revision.version()] },
    }
}
