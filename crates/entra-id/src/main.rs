//! From the command line to the servers. No tools here.

use std::process::ExitCode;

use clap::{Parser, Subcommand};
use mcp_entra_id::{
    demo,
    local::{self, setup::LocalArgs},
    remote::{settings::RemoteSettings, setup},
    settings::DirectorySettings,
    tenant::{self, TenantArgs},
};
use mcp_support::cli::{self, DemoArgs};

/// Lesson 5.12: Entra ID in front of an MCP server
#[derive(Parser)]
#[command(version)]
struct Cli {
    #[command(subcommand)]
    command: Option<Command>,
    #[command(flatten)]
    directory: DirectorySettings,
}

#[derive(Subcommand)]
enum Command {
    /// The guided tour: real clients drive both servers, step by step
    Demo(DemoArgs),
    /// Scenario 1: the local server on stdin and stdout, which signs its user in
    Stdio(LocalArgs),
    /// Scenario 2: the remote server on `http://127.0.0.1:8000/mcp`, which acts on behalf of its users
    Http(Box<RemoteSettings>),
    /// A stand-in for Microsoft Entra ID and Graph on `http://127.0.0.1:8400`, for trying out and for tests
    Tenant(Box<TenantArgs>),
}

fn main() -> ExitCode {
    cli::run(|cli: Cli| async move {
        match cli.command.unwrap_or(Command::Demo(DemoArgs::default())) {
            Command::Demo(args) => demo::tour(&args).await,
            Command::Stdio(args) => local::setup::stdio(&args, cli.directory.directory()?).await,
            Command::Http(settings) => setup::http(&cli.directory, *settings).await,
            Command::Tenant(args) => tenant::run(*args).await,
        }
    })
}
