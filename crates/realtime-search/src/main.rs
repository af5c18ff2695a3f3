//! From the command line to the server. No tools here.

use std::process::ExitCode;

use clap::{Parser, Subcommand};
use mcp_realtime_search::{
    bench::{self, BenchArgs},
    demo,
    evaluate::{self, EvaluateArgs},
    serve,
    settings::Settings,
};
use mcp_support::cli::{self, DemoArgs, HttpArgs};

/// Lesson 5.11: search that is fresh and remembers
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
    /// The guided tour: a real client drives the real server, step by step
    Demo(DemoArgs),
    /// The server on stdin and stdout (what an MCP host starts)
    Stdio,
    /// The server on `http://127.0.0.1:8000/mcp`
    Http(HttpArgs),
    /// The judged set: how good the ranking is, with and without context
    Evaluate(EvaluateArgs),
    /// Standing queries and queries, with figures
    Bench(BenchArgs),
}

fn main() -> ExitCode {
    cli::run(|cli: Cli| async move {
        match cli.command.unwrap_or(Command::Demo(DemoArgs::default())) {
            Command::Demo(args) => demo::tour(&args).await,
            Command::Stdio => serve::stdio(&cli.settings).await,
            Command::Http(args) => serve::http(&cli.settings, &args).await,
            Command::Evaluate(args) => evaluate::run(&args).await,
            Command::Bench(args) => bench::run(&args).await,
        }
    })
}
