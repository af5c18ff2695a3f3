//! From the command line to the server. No tools here.

use std::{process::ExitCode, time::Duration};

use clap::Parser;
use mcp_realtime_search::{demo, greeting::Language, server::RealtimeSearch};
use mcp_support::{
    cli::{self, Command},
    harden::Policy,
    serve::{Limits, Server},
};

/// Lesson 5.11: Real-time search
#[derive(Parser)]
#[command(version)]
struct Cli {
    #[command(subcommand)]
    command: Option<Command>,

    /// Language of a greeting whose call names none: en, de or es
    #[arg(long, global = true, env = "GREETING_LANGUAGE", default_value = "en", value_name = "LANGUAGE")]
    language: Language,
}

fn main() -> ExitCode {
    cli::run(|cli: Cli| async move {
        match cli.command.unwrap_or_default() {
            Command::Demo(args) => demo::tour(&args).await,
            Command::Stdio => server(cli.language).stdio().await,
            Command::Http(args) => server(cli.language).http(&args).await,
        }
    })
}

fn server(language: Language) -> Server<RealtimeSearch> {
    // (4) The tools of this server never change while it runs.
    let policy = Policy { list_ttl: Duration::from_secs(3600), ..Policy::default() };
    Server::new(RealtimeSearch::new(language), policy, Limits::default())
}
