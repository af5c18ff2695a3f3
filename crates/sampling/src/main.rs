//! From the command line to the server. No tools here.

use std::{process::ExitCode, time::Duration};

use clap::{Parser, Subcommand};
use mcp_sampling::{bench, demo, host, server::SamplingServer, settings::Settings};
use mcp_support::{
    cli::{self, Command},
    harden::Policy,
    serve::{Limits, Server},
};

/// Lesson 5.6: a server that needs a model, and three ways to one
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
    /// A host in a terminal: it calls tools, and answers what their server asks of a model
    Host(Box<host::Args>),
    /// What the embedded model has learned, in figures: perplexity on text that it was not trained on, and time
    Bench,
}

fn main() -> ExitCode {
    cli::run(|cli: Cli| async move {
        match cli.command.unwrap_or(Commands::Common(Command::default())) {
            Commands::Common(Command::Demo(args)) => demo::tour(&args).await,
            Commands::Common(Command::Stdio) => server(&cli.settings)?.stdio().await,
            Commands::Common(Command::Http(args)) => server(&cli.settings)?.http(&args).await,
            Commands::Host(args) => host::run(*args, cli.settings).await,
            Commands::Bench => bench::run().await,
        }
    })
}

fn server(settings: &Settings) -> anyhow::Result<Server<SamplingServer>> {
    // The tools never change while it runs. A model may think for a minute.
    let policy = Policy {
        list_ttl: Duration::from_secs(3600),
        keep_lists: true,
        call_timeout: Duration::from_secs(120),
        ..Policy::default()
    };
    Ok(Server::new(SamplingServer::new(settings)?, policy, Limits::default()))
}
