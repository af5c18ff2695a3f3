//! How fast the servers are. `run` measures and writes `docs/performance.md`; `soak` calls a million times; the other
//! commands are the servers that are measured.

mod bare;
mod call;
mod measure;
mod report;
mod run;
mod server;
mod soak;

use std::process::ExitCode;

use clap::{Parser, Subcommand};
use mcp_support::cli;

#[derive(Parser)]
#[command(version, about = "How fast the servers are")]
struct Cli {
    #[command(subcommand)]
    command: Command,
}

#[derive(Subcommand)]
enum Command {
    /// Measure everything, and write the page
    Run(run::Arguments),
    /// Call very often, and watch the memory
    Soak(soak::Arguments),
    /// A server on mcp-support, over HTTP
    Http(server::Http),
    /// A server on mcp-support, over stdio
    Stdio(server::Settings),
    /// A bare axum handler
    BareHttp(bare::Http),
    /// A bare loop over pipes
    BareStdio(bare::Settings),
}

fn main() -> ExitCode {
    cli::run(|cli: Cli| async move {
        match cli.command {
            Command::Run(arguments) => run::run(&arguments).await,
            Command::Soak(arguments) => soak::run(&arguments).await,
            Command::Http(arguments) => server::server(&arguments.settings).http(&arguments.http).await,
            Command::Stdio(settings) => server::server(&settings).stdio().await,
            Command::BareHttp(arguments) => bare::http(&arguments).await,
            Command::BareStdio(settings) => bare::stdio(&settings),
        }
    })
}
