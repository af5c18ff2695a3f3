//! The smallest server whose calls become spans: `tests/otel.rs` runs it with a collector.

use std::{process::ExitCode, sync::Arc};

use mcp_support::{
    cli,
    harden::Policy,
    serve::{Limits, Server},
};
use rmcp::{ServerHandler, handler::server::router::tool::ToolRouter, tool, tool_handler, tool_router};

#[derive(clap::Parser)]
struct Cli {
    #[command(subcommand)]
    command: cli::Command,
}

#[derive(Clone)]
struct Traced {
    tools: Arc<ToolRouter<Self>>,
}

#[tool_router]
impl Traced {
    /// Says hello, and logs that it did.
    #[tool]
    fn hello(&self) -> String {
        tracing::info!("hello");
        "hello".to_owned()
    }
}

#[tool_handler(router = self.tools, name = "traced")]
impl ServerHandler for Traced {}

fn main() -> ExitCode {
    cli::run(|cli: Cli| async move {
        let server =
            Server::new(Traced { tools: Arc::new(Traced::tool_router()) }, Policy::default(), Limits::default());
        match cli.command {
            cli::Command::Http(args) => server.http(&args).await,
            _ => server.stdio().await,
        }
    })
}
