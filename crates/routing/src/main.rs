//! From the command line to the gateway. No tools here.

use std::process::ExitCode;

use anyhow::Context as _;
use clap::{Parser, Subcommand};
use mcp_routing::{
    bench::{self, BenchArgs, client::ClientArgs, proxy::ProxyArgs},
    demo,
    serve::serve,
    settings::Settings,
    upstream::{self, UpstreamArgs},
};
use mcp_support::cli::{self, DemoArgs, HttpArgs};
use tokio::net::TcpListener;

/// Lesson 5.5: a gateway in front of several MCP servers
#[derive(Parser)]
#[command(version)]
struct Cli {
    #[command(subcommand)]
    command: Option<Command>,
    #[command(flatten)]
    settings: Settings,
}

#[derive(Subcommand)]
enum Command {
    /// The guided tour: a real client drives the gateway and a fleet of nine servers
    Demo(DemoArgs),
    /// The gateway on stdin and stdout (what an MCP host starts)
    Stdio,
    /// The gateway on `http://127.0.0.1:8000/mcp`
    Http(HttpArgs),
    /// One of four small servers to route to
    Upstream(UpstreamArgs),
    /// What the gateway adds to a call, measured beside direct calls
    Bench(BenchArgs),
    /// The proxy that `bench` compares with
    #[command(hide = true)]
    BenchProxy(ProxyArgs),
    /// The client that `bench` counts the CPU of
    #[command(hide = true)]
    BenchClient(ClientArgs),
}

fn main() -> ExitCode {
    cli::run(|cli: Cli| async move {
        match cli.command.unwrap_or(Command::Demo(DemoArgs::default())) {
            Command::Demo(args) => demo::tour(&args).await,
            Command::Upstream(args) => upstream::run(args).await,
            Command::Bench(args) => bench::run(&args).await,
            Command::BenchProxy(args) => bench::proxy::run(&args).await,
            Command::BenchClient(args) => bench::client::run(&args).await,
            Command::Stdio => serve(&cli.settings, async |server, _| server.stdio().await).await,
            Command::Http(args) => {
                // Before any node is started: a port that is taken is found out at once.
                let listener = TcpListener::bind(args.bind).await;
                let listener = listener.with_context(|| format!("cannot listen on {}", args.bind))?;
                serve(&cli.settings, async |server, stop| {
                    eprintln!("listening on http://{}/mcp", listener.local_addr()?);
                    server.http_on(listener, &args, stop).await
                })
                .await
            }
        }
    })
}
