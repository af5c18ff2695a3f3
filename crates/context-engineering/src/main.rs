//! From the command line to the server. No tools here.

use std::{process::ExitCode, time::Duration};

use clap::Parser;
use mcp_context_engineering::{demo, server::ContextEngineering, settings::Settings};
use mcp_support::{
    cli::{self, Command},
    harden::Policy,
    serve::{Limits, Server},
};

/// Lesson 5.14: what goes into a model's window
#[derive(Parser)]
#[command(version)]
struct Cli {
    #[command(subcommand)]
    command: Option<Command>,
    #[command(flatten)]
    settings: Settings,
}

fn main() -> ExitCode {
    cli::run(|cli: Cli| async move {
        match cli.command.unwrap_or_default() {
            Command::Demo(args) => demo::tour(&args).await,
            Command::Stdio => server(&cli.settings).await?.stdio().await,
            Command::Http(args) => server(&cli.settings).await?.http(&args).await,
        }
    })
}

async fn server(settings: &Settings) -> anyhow::Result<Server<ContextEngineering>> {
    let handler = ContextEngineering::new(settings, settings.embedding().await?)?;
    let policy = Policy { list_ttl: Duration::from_secs(3600), ..Policy::default() };
    Ok(Server::new(handler, policy, Limits::default()))
}
