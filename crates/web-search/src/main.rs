//! From the command line to the server. No tools here.

use std::{process::ExitCode, time::Duration};

use clap::{Parser, Subcommand};
use mcp_support::{
    cli::{self, Command},
    harden::Policy,
    serve::{Limits, Server},
};
use mcp_web_search::{client, demo, evaluate, server::WebSearch, settings::Settings};

/// Lesson 5.9: searches over outside services that fail, and a client in two modes
#[derive(Parser)]
#[command(version)]
struct Cli {
    #[command(subcommand)]
    command: Option<Commands>,
    #[command(flatten)]
    settings: Settings,
}

#[derive(Subcommand)]
enum Commands {
    #[command(flatten)]
    Common(Command),
    /// A client: a demonstration that asserts, a menu, or JSON
    Client(Box<client::Args>),
    /// How good the search of the bundled collection is, in figures
    Evaluate,
}

fn main() -> ExitCode {
    cli::run(|cli: Cli| async move {
        match cli.command.unwrap_or(Commands::Common(Command::default())) {
            Commands::Common(Command::Demo(args)) => demo::tour(&args).await,
            Commands::Common(Command::Stdio) => server(&cli.settings).await?.stdio().await,
            Commands::Common(Command::Http(args)) => server(&cli.settings).await?.http(&args).await,
            Commands::Client(args) => client::run(*args).await,
            Commands::Evaluate => evaluate::run().await,
        }
    })
}

async fn server(settings: &Settings) -> anyhow::Result<Server<WebSearch>> {
    // (8) The tools never change while it runs.
    let policy = Policy { list_ttl: Duration::from_secs(3600), keep_lists: true, ..Policy::default() };
    Ok(Server::new(WebSearch::new(settings).await?, policy, Limits::default()))
}
