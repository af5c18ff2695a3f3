//! From the command line to the server. No tools here.

use std::process::ExitCode;

use clap::{Parser, Subcommand};
use mcp_scaling::{
    balance,
    bench::{self, BenchArgs, baseline},
    chaos::{self, ChaosArgs},
    cluster::{self, ClusterArgs},
    demo,
    load::{self, LoadCommand},
    parent, serve,
    settings::Settings,
    store::{self, StoreArgs},
};
use mcp_support::cli::{self, DemoArgs, HttpArgs};

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

#[derive(Subcommand)]
enum Command {
    /// The guided tour: a real client drives a cluster of three nodes
    Demo(DemoArgs),
    /// One node on stdin and stdout (what an MCP host starts)
    Stdio,
    /// One node on `http://127.0.0.1:8000/mcp`
    Http(HttpArgs),
    /// The stand-in for Redis
    Store(StoreArgs),
    /// The balancer in front of the nodes that are registered in the store
    Balance(HttpArgs),
    /// A store, nodes and a balancer, until stopped
    Cluster(ClusterArgs),
    /// Load on an endpoint, and a report
    Load(LoadCommand),
    /// A cluster under load whose nodes are killed, paused and drained, and what was lost
    Chaos(ChaosArgs),
    /// What calls, nodes and sessions cost beside baselines, and what each flag changes
    Bench(BenchArgs),
    /// The bare handler that `bench` compares a node with
    #[command(hide = true)]
    Baseline(baseline::BaselineArgs),
}

fn main() -> ExitCode {
    cli::run(|cli: Cli| async move {
        tokio::select! {
            result = run(cli.command.unwrap_or(Command::Demo(DemoArgs::default())), cli.settings) => result,
            gone = parent::gone(cli.parent) => gone,
        }
    })
}

async fn run(command: Command, settings: Settings) -> anyhow::Result<()> {
    match command {
        Command::Demo(args) => demo::tour(&args).await,
        Command::Stdio => serve::stdio(&settings).await,
        Command::Http(args) => serve::http(&settings, &args).await,
        Command::Store(args) => store::run(&args).await,
        Command::Balance(args) => balance::run(&settings, &args).await,
        Command::Cluster(args) => cluster::run(&args, settings.store).await,
        Command::Load(args) => load::run(&args).await,
        Command::Chaos(args) => chaos::run(&args, settings.store).await,
        Command::Bench(args) => bench::run(&args, settings.store.as_ref()).await,
        Command::Baseline(args) => baseline::serve(&args).await,
    }
}
