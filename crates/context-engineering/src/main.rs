//! From the command line to the server. No tools here.

use std::{process::ExitCode, time::Duration};

use clap::{Parser, Subcommand};
use mcp_context_engineering::{bench, demo, fit, report, server::ContextEngineering, settings::Settings};
use mcp_support::{
    cli::{self, Command},
    harden::Policy,
    serve::{Limits, Server},
};

/// Lesson 5.14: what goes into a model's window
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
    /// How good each way to fill a window is, in figures
    Evaluate(report::EvaluateArgs),
    /// How fast a question is answered among many chunks, in figures
    Bench(bench::BenchArgs),
    /// Fit the weights of `relevance` to the questions for tuning, and print them
    #[command(hide = true)]
    Fit,
}

fn main() -> ExitCode {
    cli::run(|cli: Cli| async move {
        match cli.command.unwrap_or(Commands::Common(Command::default())) {
            Commands::Common(Command::Demo(args)) => demo::tour(&args).await,
            Commands::Common(Command::Stdio) => server(&cli.settings).await?.stdio().await,
            Commands::Common(Command::Http(args)) => server(&cli.settings).await?.http(&args).await,
            Commands::Evaluate(args) => report::run(args, &cli.settings).await,
            Commands::Bench(args) => bench::run(args).await,
            Commands::Fit => fit::run(&cli.settings).await,
        }
    })
}

async fn server(settings: &Settings) -> anyhow::Result<Server<ContextEngineering>> {
    let handler = ContextEngineering::new(settings, settings.embedding().await?)?;
    let policy = Policy { list_ttl: Duration::from_secs(3600), ..Policy::default() };
    Ok(Server::new(handler, policy, Limits::default()))
}
