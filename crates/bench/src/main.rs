//! How fast the servers are. `run` measures and writes `docs/performance.md`; `soak` calls a million times; the other
//! commands are the servers that are measured.

mod bare;
mod load;
mod measure;
mod report;
mod run;
mod server;
mod soak;

use std::{net::SocketAddr, process::ExitCode};

use clap::{Parser, Subcommand};
use mcp_support::cli::{self, HttpArgs};

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
    Http {
        #[command(flatten)]
        http: HttpArgs,
        #[command(flatten)]
        settings: server::Settings,
    },
    /// A server on mcp-support, over stdio
    Stdio {
        #[command(flatten)]
        settings: server::Settings,
    },
    /// A bare axum handler
    BareHttp {
        #[arg(long, default_value = "127.0.0.1:0")]
        bind: SocketAddr,
        #[command(flatten)]
        settings: bare::Settings,
    },
    /// A bare loop over pipes
    BareStdio {
        #[command(flatten)]
        settings: bare::Settings,
    },
}

fn main() -> ExitCode {
    cli::run(|cli: Cli| async move {
        match cli.command {
            Command::Run(arguments) => run::run(&arguments).await,
            Command::Soak(arguments) => soak::run(&arguments).await,
            Command::Http { http, settings } => server::server(&settings).http(&http).await,
            Command::Stdio { settings } => server::server(&settings).stdio().await,
            Command::BareHttp { bind, settings } => bare::http(bind, &settings).await,
            Command::BareStdio { settings } => bare::stdio(&settings),
        }
    })
}
