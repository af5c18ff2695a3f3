//! From the command line to the server. No tools here.

use std::{process::ExitCode, time::Duration};

use clap::{Parser, Subcommand};
use mcp_entra_id::{
    demo,
    greeting::Language,
    server::EntraId,
    tenant::{self, TenantArgs},
};
use mcp_support::{
    cli::{self, DemoArgs, HttpArgs},
    harden::Policy,
    serve::{Limits, Server},
};

/// Lesson 5.12: Entra ID
#[derive(Parser)]
#[command(version)]
struct Cli {
    #[command(subcommand)]
    command: Option<Command>,

    /// Language of a greeting whose call names none: en, de or es
    #[arg(long, global = true, env = "GREETING_LANGUAGE", default_value = "en", value_name = "LANGUAGE")]
    language: Language,
}

#[derive(Subcommand)]
enum Command {
    /// The guided tour: a real client drives the real server, step by step
    Demo(DemoArgs),
    /// The server on stdin and stdout (what an MCP host starts)
    Stdio,
    /// The server on `http://127.0.0.1:8000/mcp`
    Http(HttpArgs),
    /// A stand-in for Microsoft Entra ID and Graph on `http://127.0.0.1:8400`, for trying out and for tests
    Tenant(TenantArgs),
}

fn main() -> ExitCode {
    cli::run(|cli: Cli| async move {
        match cli.command.unwrap_or(Command::Demo(DemoArgs::default())) {
            Command::Demo(args) => demo::tour(&args).await,
            Command::Stdio => server(cli.language).stdio().await,
            Command::Http(args) => server(cli.language).http(&args).await,
            Command::Tenant(args) => tenant::run(args).await,
        }
    })
}

fn server(language: Language) -> Server<EntraId> {
    // (4) The tools of this server never change while it runs.
    let policy = Policy { list_ttl: Duration::from_secs(3600), ..Policy::default() };
    Server::new(EntraId::new(language), policy, Limits::default())
}
