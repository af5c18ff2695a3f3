//! From the command line to the server. No tools here.

use std::{process::ExitCode, time::Duration};

use clap::{Parser, Subcommand};
use mcp_protocol_features::{conformance, demo, greeting::Language, server::ProtocolFeatures};
use mcp_support::{
    cli::{self, Command, HttpArgs},
    harden::Policy,
    serve::{Limits, Server},
};

/// Lesson 5.16: Protocol features
#[derive(Parser)]
#[command(version)]
struct Cli {
    #[command(subcommand)]
    command: Option<Task>,

    /// Language of a greeting whose call names none: en, de or es
    #[arg(long, global = true, env = "GREETING_LANGUAGE", default_value = "en", value_name = "LANGUAGE")]
    language: Language,
}

/// What every lesson does, and one thing more
#[derive(Subcommand)]
enum Task {
    #[command(flatten)]
    Common(Command),
    /// What the official conformance suite calls by name, on `http://127.0.0.1:8000/mcp`
    Conformance {
        #[command(flatten)]
        http: HttpArgs,
        /// Answer every call with an event stream
        #[arg(long)]
        streamed: bool,
    },
}

fn main() -> ExitCode {
    cli::run(|cli: Cli| async move {
        match cli.command.unwrap_or_else(|| Task::Common(Command::default())) {
            Task::Common(Command::Demo(args)) => demo::tour(&args).await,
            Task::Common(Command::Stdio) => server(cli.language).stdio().await,
            Task::Common(Command::Http(args)) => server(cli.language).http(&args).await,
            Task::Conformance { http, streamed: false } => conformance::server()?.http(&http).await,
            Task::Conformance { http, streamed: true } => conformance::server()?.streamed().http(&http).await,
        }
    })
}

fn server(language: Language) -> Server<ProtocolFeatures> {
    // (4) The tools of this server never change while it runs.
    let policy = Policy { list_ttl: Duration::from_secs(3600), ..Policy::default() };
    Server::new(ProtocolFeatures::new(language), policy, Limits::default())
}
