//! The steps that a client takes: discovery from a 401, an authorization request, and calls with a token.

use anyhow::Context as _;
use mcp_support::client::{Revision, Tap, connect_over};
use rmcp::{
    ClientHandler, RoleClient,
    service::RunningService,
    transport::{
        StreamableHttpClientTransport,
        auth::{AuthorizationManager, AuthorizationRequest, AuthorizationSession, WWWAuthenticateParams},
        streamable_http_client::StreamableHttpClientTransportConfig,
    },
};
use url::Url;

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
    connect_over(StreamableHttpClientTransport::from_config(config), revision.lifecycle(), handler, tap).await
}

/// The scopes that a 403 names, when that is why a call failed.
pub fn missing_scopes(error: &anyhow::Error) -> Option<String> {
    let base = Url::parse("http://localhost/").ok()?;
    let challenge = WWWAuthenticateParams::parse(mcp_support::client::challenge(error)?, &base);
    challenge.is_insufficient_scope().then_some(challenge.scope)?
}
