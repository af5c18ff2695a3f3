//! The server that is measured: a plain server on `mcp-support`, with all of its guards on.

use std::{sync::Arc, time::Duration};

use axum::{Router, extract::State, routing::post};
use base64::{Engine, prelude::BASE64_STANDARD};
use clap::Args;
use futures::FutureExt;
use mcp_support::{
    changes::{Change, Changes},
    cli::HttpArgs,
    harden::Policy,
    progress::Progress,
    serve::{Limits, Server},
};
use rmcp::{
    RoleServer, ServerHandler,
    handler::server::{
        router::tool::{ToolRoute, ToolRouter},
        wrapper::Parameters,
    },
    model::*,
    schemars::JsonSchema,
    service::RequestContext,
    tool, tool_handler, tool_router,
};
use serde::Deserialize;

/// A server over HTTP.
#[derive(Debug, Clone, Args)]
pub(crate) struct Http {
    #[command(flatten)]
    pub(crate) http: HttpArgs,
    #[command(flatten)]
    pub(crate) settings: Settings,
}

/// What is served.
#[derive(Debug, Clone, Args)]
pub(crate) struct Settings {
    /// Number of tools
    #[arg(long, default_value_t = 3)]
    tools: usize,
    /// Sessions of 2025-11-25 at a time
    #[arg(long, default_value_t = 1024)]
    sessions: usize,
    /// Seconds until a silent session ends
    #[arg(long, default_value_t = 900)]
    session_idle_seconds: u64,
    /// Streams that stay open, at a time
    #[arg(long, default_value_t = 1024)]
    streams: usize,
    /// Seconds until a connection whose client does not read is closed
    #[arg(long, default_value_t = 30)]
    stall_seconds: u64,
}

/// Three tools that matter, and as many more as are asked for.
#[derive(Clone)]
struct Bench {
    router: Arc<ToolRouter<Self>>,
    /// A picture of one MiB, in base64.
    picture: Arc<str>,
}

#[derive(Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
struct Text {
    /// Any text.
    text: String,
}

#[derive(Deserialize, JsonSchema)]
#[expect(dead_code, reason = "only its schema is used")]
struct More {
    /// Any text.
    text: String,
    /// A number.
    limit: Option<u32>,
    /// Some words.
    tags: Option<Vec<String>>,
}

#[tool_router]
impl Bench {
    fn new(tools: usize) -> Self {
        let mut router = Self::tool_router();
        for number in 3..tools {
            router.add_route(more(number));
        }
        let mut picture = b"\x89PNG\r\n\x1a\n".to_vec();
        picture.resize(picture.len() + 1024 * 1024, 0);
        Self { router: Arc::new(router), picture: BASE64_STANDARD.encode(picture).into() }
    }

    /// Returns its argument.
    #[tool]
    fn echo(&self, Parameters(Text { text }): Parameters<Text>) -> String {
        text
    }

    /// Reports progress once, and ends.
    #[tool]
    async fn count(&self, context: RequestContext<RoleServer>) -> String {
        Progress::new(&context).report(1.0, 2.0, "counting").await;
        "counted".to_owned()
    }

    /// A picture of one MiB.
    #[tool]
    fn picture(&self) -> CallToolResult {
        CallToolResult::success(vec![ContentBlock::image(&*self.picture, "image/png")])
    }
}

/// A tool that makes the list longer.
fn more(number: usize) -> ToolRoute<Bench> {
    let schema = rmcp::handler::server::tool::schema_for_type::<More>();
    let description = format!("One of many tools, so that a list is long: number {number}.");
    ToolRoute::new_dyn(Tool::new(format!("tool_{number:02}"), description, schema), |_| {
        std::future::ready(Ok(CallToolResult::success(Vec::new()).into())).boxed()
    })
}

#[tool_handler(router = self.router)]
impl ServerHandler for Bench {
    fn get_info(&self) -> ServerConfig {
        let capabilities =
            ServerCapabilities::builder().enable_tools().enable_resources().enable_resources_subscribe().build();
        ServerConfig::new(capabilities).with_server_info(Implementation::new("bench", "1.0.0"))
    }
}

/// The server, with a route that announces a change of the resource that its body names.
pub(crate) fn server(settings: &Settings) -> Server<impl ServerHandler + Clone> {
    let changes = Changes::default();
    let policy = Policy {
        list_ttl: Duration::from_secs(3600),
        keep_lists: true,
        max_streams: settings.streams,
        changes: Some(changes.clone()),
        ..Policy::default()
    };
    let limits = Limits {
        sessions: settings.sessions,
        session_idle: Duration::from_secs(settings.session_idle_seconds),
        write_stall: Duration::from_secs(settings.stall_seconds),
        connections: 4096,
        ..Limits::default()
    };
    let routes = Router::new().route("/announce", post(announce)).with_state(changes);
    Server::new(Bench::new(settings.tools), policy, limits).with_routes(routes)
}

async fn announce(State(changes): State<Changes>, uri: String) {
    changes.announce(Change::Updated(uri.into()));
}
