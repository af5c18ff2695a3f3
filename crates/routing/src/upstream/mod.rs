//! Four small MCP servers to route to. They are servers like any other: the gateway knows nothing about them.

mod calculator;
mod database;
mod expression;
mod search;
mod weather;

use std::borrow::Cow;

use clap::{Args, ValueEnum};
use mcp_support::{
    changes::Changes,
    cli::HttpArgs,
    harden::Policy,
    serve::{Limits, Server},
};
use rmcp::{
    ErrorData, RoleServer, ServerHandler,
    handler::server::{router::tool::ToolRouter, tool::ToolCallContext},
    model::{
        CallToolRequestParams, CallToolResponse, Implementation, ListToolsResult, ProtocolVersion, ServerCapabilities,
        ServerConfig,
    },
    service::RequestContext,
};
use semver::Version;

use crate::context::Region;

/// Which of the four.
#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
pub enum Kind {
    /// Forecasts of a small climate model.
    Weather,
    /// Arithmetic.
    Calculator,
    /// Orders of a small shop, in memory.
    Database,
    /// Full-text search over a few documents.
    Search,
}

impl Kind {
    fn name(self) -> &'static str {
        match self {
            Self::Weather => "weather",
            Self::Calculator => "calculator",
            Self::Database => "database",
            Self::Search => "search",
        }
    }
}

/// Flags of `upstream`.
#[derive(Debug, Clone, Args)]
pub struct UpstreamArgs {
    /// Which server
    pub kind: Kind,
    /// Where it says that it runs
    #[arg(long, default_value = "us", value_name = "us|eu|asia")]
    pub region: Region,
    /// Which version of its tools it has
    #[arg(long, default_value = "2.0.0", value_name = "VERSION", value_parser = version)]
    pub tool_version: Version,
    /// Which documents `search` has
    #[arg(long, default_value = "general", value_name = "COLLECTION", value_parser = ["code", "creative", "scientific", "general"])]
    pub collection: String,
    /// Speak only this revision of the protocol
    #[arg(long, value_name = "2025-11-25|2026-07-28", value_parser = revision)]
    pub only: Option<ProtocolVersion>,
    /// Milliseconds to think about each call, and about each day of a forecast: a server that is slow on purpose
    #[arg(long, default_value_t = 0, value_parser = clap::value_parser!(u64).range(..=60_000), value_name = "MILLISECONDS")]
    pub slow: u64,
    /// Serve on HTTP, instead of on stdin and stdout
    #[arg(long)]
    pub http: bool,
    /// Where, on HTTP
    #[command(flatten)]
    pub listen: HttpArgs,
}

/// `v2` is 2.0.0.
fn version(text: &str) -> Result<Version, String> {
    let bare = text.strip_prefix('v').unwrap_or(text);
    let missing = 2_usize.saturating_sub(bare.split(['-', '+']).next().unwrap_or_default().matches('.').count());
    let (numbers, rest) = bare.find(['-', '+']).map_or((bare, ""), |at| bare.split_at(at));
    format!("{numbers}{}{rest}", ".0".repeat(missing))
        .parse()
        .map_err(|error| format!("{error}; such as 2.0.0, v2 or 3.0.0-beta.1"))
}

fn revision(text: &str) -> Result<ProtocolVersion, String> {
    match text {
        "2025-11-25" => Ok(ProtocolVersion::V_2025_11_25),
        "2026-07-28" => Ok(ProtocolVersion::V_2026_07_28),
        _ => Err("expected 2025-11-25 or 2026-07-28".to_owned()),
    }
}

/// Serves one of the four.
///
/// # Errors
/// The address is taken, or a stream breaks.
pub async fn run(args: UpstreamArgs) -> anyhow::Result<()> {
    let about = About {
        kind: args.kind,
        region: args.region,
        version: args.tool_version,
        only: args.only,
        slow: args.slow,
        collection: args.collection,
    };
    let listen = args.http.then_some(args.listen);
    match args.kind {
        Kind::Weather => serve(weather::Weather::new(about), None, listen).await,
        Kind::Calculator => serve(calculator::Calculator::new(about), None, listen).await,
        Kind::Database => {
            let changes = Changes::default();
            serve(database::Database::new(about, changes.clone()), Some(changes), listen).await
        }
        Kind::Search => serve(search::Search::new(about), None, listen).await,
    }
}

async fn serve<H: ServerHandler + Clone>(
    handler: H,
    changes: Option<Changes>,
    listen: Option<HttpArgs>,
) -> anyhow::Result<()> {
    let server = Server::new(handler, Policy { changes, ..Policy::default() }, Limits::default());
    match listen {
        Some(listen) => server.http(&listen).await,
        None => server.stdio().await,
    }
}

/// What a server says of itself.
#[derive(Debug, Clone)]
pub(crate) struct About {
    kind: Kind,
    region: Region,
    version: Version,
    only: Option<ProtocolVersion>,
    slow: u64,
    collection: String,
}

impl About {
    fn config(&self, capabilities: ServerCapabilities) -> ServerConfig {
        let title = format!("{} in {}", self.kind.name(), self.region.name());
        let server = Implementation::new(self.kind.name(), self.version.to_string()).with_title(title);
        ServerConfig::new(capabilities).with_server_info(server)
    }

    fn versions(&self) -> Cow<'static, [ProtocolVersion]> {
        match &self.only {
            Some(only) => vec![only.clone()].into(),
            None => vec![ProtocolVersion::V_2025_11_25, ProtocolVersion::V_2026_07_28].into(),
        }
    }

    /// Whether this server has what came with version 2.
    fn is_second(&self) -> bool {
        self.version.major >= 2
    }

    async fn think(&self) {
        tokio::time::sleep(std::time::Duration::from_millis(self.slow)).await;
    }
}

/// What all four do alike with the protocol.
trait Small: Clone + Send + Sync + 'static {
    fn about(&self) -> &About;
    fn tools(&self) -> &ToolRouter<Self>;

    fn capabilities(&self) -> ServerCapabilities {
        ServerCapabilities::builder().enable_tools().build()
    }
}

/// A [`Small`] server as rmcp wants it, with whatever else it does.
macro_rules! handler {
    ($server:ty) => {
        $crate::upstream::handler!($server, {});
    };
    ($server:ty, { $($more:tt)* }) => {
        impl rmcp::ServerHandler for $server {
            fn get_info(&self) -> rmcp::model::ServerConfig {
                $crate::upstream::Small::about(self).config($crate::upstream::Small::capabilities(self))
            }

            fn supported_protocol_versions(&self) -> std::borrow::Cow<'static, [rmcp::model::ProtocolVersion]> {
                $crate::upstream::Small::about(self).versions()
            }

            async fn list_tools(
                &self,
                _: Option<rmcp::model::PaginatedRequestParams>,
                _: rmcp::service::RequestContext<rmcp::RoleServer>,
            ) -> Result<rmcp::model::ListToolsResult, rmcp::ErrorData> {
                Ok($crate::upstream::list(self))
            }

            async fn call_tool(
                &self,
                request: rmcp::model::CallToolRequestParams,
                context: rmcp::service::RequestContext<rmcp::RoleServer>,
            ) -> Result<rmcp::model::CallToolResponse, rmcp::ErrorData> {
                $crate::upstream::call(self, request, context).await
            }

            fn get_tool(&self, name: &str) -> Option<rmcp::model::Tool> {
                $crate::upstream::Small::tools(self).get(name).cloned()
            }

            $($more)*
        }
    };
}
use handler;

/// The tools never change while a server runs.
fn list<S: Small>(server: &S) -> ListToolsResult {
    ListToolsResult::with_all_items(server.tools().list_all()).with_ttl_ms(60_000)
}

async fn call<S: Small>(
    server: &S,
    request: CallToolRequestParams,
    context: RequestContext<RoleServer>,
) -> Result<CallToolResponse, ErrorData> {
    server.about().think().await;
    server.tools().call(ToolCallContext::new(server, request, context)).await
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn versions_as_people_write_them() {
        for (text, expected) in
            [("v2", "2.0.0"), ("1.4", "1.4.0"), ("3.0.0-beta.1", "3.0.0-beta.1"), ("v3-beta", "3.0.0-beta")]
        {
            assert_eq!(version(text).expect(text).to_string(), expected, "{text}");
        }
        for bad in ["", "v", "two", "1.2.3.4"] {
            assert!(version(bad).is_err(), "{bad}");
        }
    }
}
