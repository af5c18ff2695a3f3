//! From the command line to the server. No tools here.

use std::process::ExitCode;

use clap::Parser;
use mcp_scaling::{
    commands::{self, Command},
    parent,
    settings::Settings,
};
use mcp_support::cli::{self, DemoArgs};

/// Lesson 5.7: one server that is fast on one machine, and many that are one server
#[derive(Parser)]
#[command(version)]
struct Cli {
    #[command(subcommand)]
    command: Option<Command>,
    #[command(flatten)]
    settings: Settings,
    /// End with this process, which has started this one
    #[arg(long, global = true, hide = true, value_name = "PROCESS")]
    parent: Option<u32>,
}

fn main() -> ExitCode {
    cli::run(|cli: Cli| async move {
        let command = cli.command.unwrap_or(Command::Demo(DemoArgs::default()));
        tokio::select! {
            done = commands::run(command, cli.settings) => done,
            gone = parent::gone(cli.parent) => gone,
        }
    })
}
