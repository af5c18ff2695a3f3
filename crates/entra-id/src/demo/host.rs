//! An MCP host for the tour: the remote server as a process, and a client that signs people in to it.

use std::net::{Ipv4Addr, SocketAddr, TcpListener};

use anyhow::Context as _;
use mcp_support::{
    client::{HttpServer, Recorder, Revision, Tap, call, challenge, connect_over},
    demo::Tour,
    web::{self, Browser},
};
use rmcp::{
    RoleClient,
    model::CallToolResult,
    service::RunningService,
    transport::{
        StreamableHttpClientTransport,
        auth::{AuthorizationManager, AuthorizationRequest, AuthorizationSession},
        streamable_http_client::StreamableHttpClientTransportConfig,
    },
};
use secrecy::ExposeSecret;
use serde_json::{Value, json};
use url::Url;

use super::Stage;
use crate::tenant::known;

/// Where the browser is sent back to. Nobody listens there: the tour's browser stops and hands the address over.
pub(super) const REDIRECT: &str = "http://127.0.0.1:45454/callback";

/// A free port, for a server whose URL has to be known to the tenant before it starts.
///
/// # Errors
/// There is none.
pub(super) fn free_address() -> anyhow::Result<SocketAddr> {
    Ok(TcpListener::bind((Ipv4Addr::LOCALHOST, 0))?.local_addr()?)
}

/// The running server.
pub(super) struct Remote<'a> {
    pub(super) stage: &'a Stage,
    pub(super) server: HttpServer,
    audit: tempfile::TempDir,
}

impl<'a> Remote<'a> {
    pub(super) async fn start(stage: &'a Stage) -> anyhow::Result<Self> {
        let audit = tempfile::tempdir()?;
        let graph = stage.tenant.graph_url();
        let log = audit.path().join("audit.jsonl").display().to_string();
        let environment = [
            ("ENTRA_AUTHORITY", stage.tenant.authority().as_str()),
            ("ENTRA_TENANT_ID", known::TENANT_ID),
            ("ENTRA_CLIENT_ID", known::SERVER_APP),
            ("ENTRA_CLIENT_SECRET", stage.tenant.server_secret().expose_secret()),
            ("ENTRA_HOST_CLIENT_ID", known::HOST_APP),
            ("GRAPH_BASE_URL", graph.as_str()),
            ("ENTRA_AUDIT_LOG", &log),
            ("ENTRA_TOKEN_CACHE", "memory"),
        ];
        let environment = environment.map(|(name, value)| (name.to_owned(), value.to_owned()));
        let bind = stage.address.to_string();
        let server = HttpServer::start_on(&stage.program, "http", &bind, &[], &environment).await?;
        Ok(Self { stage, server, audit })
    }

    pub(super) fn audit_file(&self) -> std::path::PathBuf {
        self.audit.path().join("audit.jsonl")
    }

    pub(super) fn events(&self) -> anyhow::Result<Vec<Value>> {
        let log = std::fs::read_to_string(self.audit_file())?;
        Ok(log.lines().filter_map(|line| serde_json::from_str(line).ok()).collect())
    }

    pub(super) fn password(&self) -> &str {
        self.stage.tenant.password().expose_secret()
    }

    pub(super) fn browser(&self) -> anyhow::Result<Browser> {
        Browser::new(self.stage.tenant.authority().as_str().trim_end_matches('/'))
    }

    /// What a client does after its first 401.
    pub(super) async fn session(&self) -> anyhow::Result<AuthorizationSession> {
        let words = web::challenge(&self.server.url, None).await?.context("the server lets strangers in")?;
        let mut manager = AuthorizationManager::new(self.server.url.as_str()).await?;
        let found = manager.resolve_metadata_from_challenge(Some(&words)).await?;
        anyhow::ensure!(found.source.is_discovered(), "the server names no authorization server");
        manager.set_metadata(found.metadata);
        let request = AuthorizationRequest::new(REDIRECT)
            .with_preregistered_client(known::HOST_APP)
            .with_application_type("native")
            .with_initial_scope_selection();
        AuthorizationSession::new(manager, request).await.map_err(|(_, error)| error.into())
    }

    /// A client that somebody has signed in to; what has to be fulfilled goes along.
    pub(super) async fn sign_in(&self, name: &str, claims: Option<&str>) -> anyhow::Result<AuthorizationManager> {
        let session = self.session().await?;
        let mut url = Url::parse(&session.auth_url)?;
        url.query_pairs_mut().extend_pairs(claims.map(|claims| ("claims", claims)));
        let back = self.browser()?.approve(url.as_str(), name, self.password()).await?;
        session.handle_callback_url(&back).await?;
        Ok(session.auth_manager)
    }

    pub(super) async fn connect(&self, tour: &Tour, token: &str, revision: Revision) -> anyhow::Result<Client> {
        connect(&self.server.url, token, revision, tour.tap()).await
    }

    pub(super) async fn ask(
        &self,
        tour: &Tour,
        manager: &AuthorizationManager,
        revision: Revision,
        tool: &str,
    ) -> anyhow::Result<CallToolResult> {
        let client = self.connect(tour, &manager.get_access_token().await?, revision).await?;
        let result = call(&client, tool, json!({})).await;
        client.cancel().await?;
        result
    }

    /// The challenge that a call is refused with.
    pub(super) async fn challenge(
        &self,
        tour: &Tour,
        manager: &AuthorizationManager,
        tool: &str,
    ) -> anyhow::Result<String> {
        let error = self.ask(tour, manager, Revision::Modern, tool).await.err().context("it was allowed")?;
        Ok(challenge(&error).context("no challenge")?.to_owned())
    }
}

type Client = RunningService<RoleClient, Recorder>;

/// A client that sends this token.
async fn connect(url: &str, token: &str, revision: Revision, tap: Option<Tap>) -> anyhow::Result<Client> {
    let config = StreamableHttpClientTransportConfig::with_uri(url).auth_header(token);
    connect_over(StreamableHttpClientTransport::from_config(config), revision.lifecycle(), Recorder::default(), tap)
        .await
}
