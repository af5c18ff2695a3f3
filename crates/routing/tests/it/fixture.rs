//! A gateway with routes of the test's own, and what results say.

pub(crate) use mcp_support::client::{structure, text};
use std::path::Path;

use axum::{Json, Router, body::Body, http::HeaderMap, response::IntoResponse, routing::post};
use futures::stream;
use mcp_support::{
    client::{HttpServer, Revision, Target, connect},
    testing::{Leg, Program},
};
use rmcp::{ClientHandler, RoleClient, service::RunningService};
use serde_json::{Value, json};
use tempfile::TempDir;
use tokio::net::TcpListener;

pub(crate) const BINARY: &str = env!("CARGO_BIN_EXE_mcp-routing");

/// The gateway with the bundled fleet.
pub(crate) fn program() -> Program {
    Program::new(BINARY)
}

/// A gateway over HTTP with these routes.
pub(crate) struct Mounted {
    pub(crate) server: HttpServer,
    pub(crate) folder: TempDir,
}

impl Mounted {
    pub(crate) async fn start(routes: &str) -> anyhow::Result<Self> {
        let folder = TempDir::new()?;
        let file = folder.path().join("routes.toml");
        std::fs::write(&file, routes)?;
        let environment = [("ROUTING_ROUTES", file.display().to_string()), ("ROUTING_SETTLE_SECONDS", "3".to_owned())];
        let environment = environment.map(|(name, value)| (name.to_owned(), value));
        let server = HttpServer::start_with(Path::new(BINARY), &[], &environment).await?;
        Ok(Self { server, folder })
    }

    pub(crate) async fn client<H: ClientHandler>(
        &self,
        revision: Revision,
        handler: H,
    ) -> anyhow::Result<RunningService<RoleClient, H>> {
        connect(&Target::Url(self.server.url.clone()), revision, handler, None).await
    }
}

/// One of the small servers on HTTP, as a process of its own.
pub(crate) async fn upstream(arguments: &[&str]) -> anyhow::Result<HttpServer> {
    let arguments: Vec<&str> = arguments.iter().copied().chain(["--http"]).collect();
    HttpServer::start_command(Path::new(BINARY), "upstream", &arguments, &[]).await
}

/// A mount with nodes at these URLs.
pub(crate) fn mount(name: &str, urls: &[&str]) -> String {
    let mut text = format!("[[mount]]\nname = \"{name}\"\n");
    for (at, url) in urls.iter().enumerate() {
        text += &format!("[[mount.node]]\nid = \"{name}-{at}\"\nurl = \"{url}\"\n");
    }
    text
}

/// The answer of a server that sends events without end, and none of them says anything.
pub(crate) const ENDLESS: &str = "endless";

/// A server of 2026-07-28 that answers what `answer` says, or, for none, never.
pub(crate) async fn liar(
    answer: impl Fn(&str, &Value) -> Option<Value> + Clone + Send + Sync + 'static,
) -> anyhow::Result<String> {
    let listener = TcpListener::bind("127.0.0.1:0").await?;
    let url = format!("http://{}/mcp", listener.local_addr()?);
    let route = post(move |_: HeaderMap, Json(request): Json<Value>| {
        let answer = answer.clone();
        async move {
            let method = request["method"].as_str().unwrap_or_default().to_owned();
            let result = match method.as_str() {
                "server/discover" => Some(json!({
                    "supportedVersions": ["2026-07-28"], "capabilities": {"tools": {}}, "ttlMs": 0, "cacheScope": "private",
                    "resultType": "complete", "serverInfo": {"name": "liar", "version": "1"},
                })),
                method => answer(method, &request["params"]),
            };
            let Some(result) = result else { std::future::pending().await };
            if result == ENDLESS {
                let events = stream::repeat_with(|| anyhow::Ok(": alive\n\n".repeat(5000)));
                return ([("content-type", "text/event-stream")], Body::from_stream(events)).into_response();
            }
            Json(json!({"jsonrpc": "2.0", "id": request["id"], "result": result})).into_response()
        }
    });
    tokio::spawn(async move { axum::serve(listener, Router::new().route("/mcp", route)).await });
    Ok(url)
}

pub(crate) fn tools(names: &[&str]) -> Value {
    let tool =
        |name: &&str| json!({"name": name, "inputSchema": {"type": "object"}, "annotations": {"readOnlyHint": true}});
    let tools: Vec<Value> = names.iter().map(tool).collect();
    json!({"tools": tools, "resultType": "complete", "ttlMs": 0, "cacheScope": "private"})
}

/// All legs of the gateway's clients.
pub(crate) const LEGS: [Leg; 4] = Leg::ALL;
