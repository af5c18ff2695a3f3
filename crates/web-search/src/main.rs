//! From the command line to the server. No tools here.

use std::{process::ExitCode, time::Duration};

use clap::{Parser, Subcommand};
use mcp_support::{
    cli::{self, Command},
    harden::Policy,
    serve::{Limits, Server},
};
use mcp_web_search::{client, demo, evaluate, greeting::Language, server::WebSearch};

/// Lesson 5.9: Web search
#[derive(Parser)]
#[command(version)]
struct Cli {
    #[command(subcommand)]
    command: Option<Commands>,

    /// Language of a greeting whose call names none: en, de or es
    #[arg(long, global = true, env = "GREETING_LANGUAGE", default_value = "en", value_name = "LANGUAGE")]
    language: Language,
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
            Commands::Common(Command::Stdio) => server(cli.language).stdio().await,
            Commands::Common(Command::Http(args)) => server(cli.language).http(&args).await,
            Commands::Client(args) => client::run(*args).await,
            Commands::Evaluate => evaluate::run().await,
        }
    })
}

fn server(language: Language) -> Server<WebSearch> {
    // (4) The tools of this server never change while it runs.
    let policy = Policy { list_ttl: Duration::from_secs(3600), ..Policy::default() };
    Server::new(WebSearch::new(language), policy, Limits::default())
}
