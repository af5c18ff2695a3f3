//! The resource server from outside: over HTTP, through the whole stack, in both revisions.

mod decisions;
mod dpop;
mod keys;
mod presented;
mod scopes;
mod tokens;

use std::time::Duration;

use mcp_support::{
    auth::{
        KeyLimits, ResourceServer, ResourceServerSettings, ScopePolicy, TrustedIssuer, claims, token, visible_tools,
    },
    changes::Changes,
    cli::HttpArgs,
    client::Revision,
    harden::Policy,
    serve::{Access, Limits, Server, principal},
    testing::{RawHttp, Reply, auth::TestIssuer},
};
use reqwest::{
    StatusCode,
    header::{AUTHORIZATION, HeaderMap, HeaderValue, WWW_AUTHENTICATE},
};
use rmcp::{ErrorData, RoleServer, ServerHandler, model::*, service::RequestContext};
use serde_json::{Value, json};
use tokio::net::TcpListener;
use tokio_util::task::AbortOnDropHandle;

const BOTH: [Revision; 2] = [Revision::Legacy, Revision::Modern];

/// Three tools, which say who calls them.
#[derive(Clone)]
struct Notes;

impl ServerHandler for Notes {
    fn get_info(&self) -> ServerConfig {
        ServerConfig::new(ServerCapabilities::builder().enable_tools().enable_tool_list_changed().build())
            .with_server_info(Implementation::new("notes", "1.0.0"))
    }

    async fn list_tools(
        &self,
        _: Option<PaginatedRequestParams>,
        context: RequestContext<RoleServer>,
    ) -> Result<ListToolsResult, ErrorData> {
        let tools = ["whoami", "write", "remove"].map(|name| Tool::new(name, name, JsonObject::default()));
        Ok(ListToolsResult::with_all_items(visible_tools(&context, tools.into())))
    }

    async fn call_tool(
        &self,
        request: CallToolRequestParams,
        context: RequestContext<RoleServer>,
    ) -> Result<CallToolResponse, ErrorData> {
        let parts = context.extensions.get::<http::request::Parts>();
        let said = json!({
            "tool": request.name,
            "principal": principal(&context),
            "client": claims(&context).and_then(|claims| claims.client_id.clone()),
            "has_token": token(&context).is_some(),
            "has_header": parts.is_some_and(|parts| parts.headers.contains_key(AUTHORIZATION)),
        });
        Ok(CallToolResult::success(vec![ContentBlock::text(said.to_string())]).into())
    }
}

/// A server, its issuer, and its address.
struct Rig {
    issuer: TestIssuer,
    url: String,
    _server: AbortOnDropHandle<()>,
}

impl Rig {
    async fn start() -> anyhow::Result<Self> {
        Self::start_with(|_| {}).await
    }

    async fn start_with(change: impl FnOnce(&mut ResourceServerSettings)) -> anyhow::Result<Self> {
        Self::start_for(TestIssuer::start().await?, change).await
    }

    async fn start_for(issuer: TestIssuer, change: impl FnOnce(&mut ResourceServerSettings)) -> anyhow::Result<Self> {
        let listener = TcpListener::bind("127.0.0.1:0").await?;
        let url = format!("http://{}/mcp", listener.local_addr()?);
        let mut settings = ResourceServerSettings::new(url.parse()?, vec![TrustedIssuer::discovered(issuer.issuer())]);
        settings.scopes_supported = vec!["access".into()];
        settings.scopes = ScopePolicy::new()
            .every_request(["access"])
            .tool("write", ["notes.write"])
            .tool("remove", ["notes.write", "notes.admin"])
            .implies("notes.all", ["access", "notes.write", "notes.admin"]);
        settings.keys = quick();
        change(&mut settings);
        let server = serve(listener, ResourceServer::new(settings)?)?;
        Ok(Self { issuer, url, _server: server })
    }

    fn origin(&self) -> &str {
        self.url.trim_end_matches("/mcp")
    }

    /// A good token with these scopes.
    fn token(&self, scopes: &str) -> anyhow::Result<String> {
        self.issuer.mint(&self.url).scope(scopes).sign()
    }

    async fn client(&self, revision: Revision, token: &str) -> anyhow::Result<RawHttp> {
        RawHttp::open_with(&self.url, revision, bearer(token)?).await
    }

    /// What becomes of the first request with these headers: `initialize` or `tools/list`.
    async fn first(&self, revision: Revision, headers: HeaderMap) -> anyhow::Result<Reply> {
        match revision {
            // Opens nothing yet: a client without a session.
            Revision::Legacy => RawHttp::stateless(&self.url)?.post(&mcp_support::testing::initialize(), headers).await,
            Revision::Modern => {
                let raw = RawHttp::open_with(&self.url, revision, headers).await?;
                raw.request(1, "tools/list", json!({})).await
            }
        }
    }

    async fn first_status(&self, token: &str) -> anyhow::Result<StatusCode> {
        Ok(self.first(Revision::Modern, bearer(token)?).await?.status)
    }
}

/// Serves until it is dropped.
fn serve(listener: TcpListener, access: impl Access) -> anyhow::Result<AbortOnDropHandle<()>> {
    let policy = Policy { keep_lists: true, changes: Some(Changes::default()), ..Policy::default() };
    let server = Server::new(Notes, policy, Limits::default()).with_auth(access);
    let bind = listener.local_addr()?;
    let args = HttpArgs { bind, allow_hosts: vec![], allow_origins: vec![], stateless: false, drain_seconds: 1 };
    let serving = tokio::spawn(async move {
        let _ = server.http_on(listener, &args, std::future::pending()).await;
    });
    Ok(AbortOnDropHandle::new(serving))
}

/// Limits with which tests need not wait.
fn quick() -> KeyLimits {
    KeyLimits {
        fetch_time: Duration::from_millis(500),
        fetch_interval: Duration::from_millis(50),
        ..KeyLimits::default()
    }
}

fn bearer(token: &str) -> anyhow::Result<HeaderMap> {
    header(&format!("Bearer {token}"))
}

fn header(authorization: &str) -> anyhow::Result<HeaderMap> {
    Ok([(AUTHORIZATION, HeaderValue::from_str(authorization)?)].into_iter().collect())
}

/// The challenges of an answer.
fn challenges(reply: &Reply) -> Vec<&str> {
    reply.headers.get_all(WWW_AUTHENTICATE).iter().filter_map(|value| value.to_str().ok()).collect()
}

/// A parameter of the only challenge.
#[track_caller]
fn parameter<'a>(reply: &'a Reply, name: &str) -> Option<&'a str> {
    let [challenge] = challenges(reply)[..] else { panic!("not one challenge: {:?}", challenges(reply)) };
    let (_, rest) = challenge.split_once(&format!("{name}=\""))?;
    rest.split('"').next()
}

/// What the called tool says.
#[track_caller]
fn said(reply: &Reply) -> Value {
    let text = reply.answer()["result"]["content"][0]["text"].as_str();
    let text = text.unwrap_or_else(|| panic!("no text: {} {}", reply.status, reply.text));
    serde_json::from_str(text).expect("JSON")
}

fn call(tool: &str) -> Value {
    json!({ "name": tool, "arguments": {} })
}
