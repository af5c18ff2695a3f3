//! From the command line to the server. No tools here.

use std::process::ExitCode;

use clap::Parser;
use mcp_root_contexts::{demo, server::RootContexts, settings::Settings};
use mcp_support::{
    changes::Changes,
    cli::{self, Command},
    harden::Policy,
    serve::{Limits, Server},
};

/// Lesson 5.4: folders that the client names, and conversations that the server keeps
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
            Command::Stdio => server(&cli.settings)?.stdio().await,
            Command::Http(args) => server(&cli.settings)?.http(&args).await,
        }
    })
}

fn server(settings: &Settings) -> anyhow::Result<Server<RootContexts>> {
    let changes = Changes::default();
    let handler = RootContexts::new(settings, changes.clone())?;
    let policy = Policy { changes: Some(changes), ..Policy::default() };
    Ok(Server::new(handler, policy, Limits::default()))
}
