//! What the program can be told to do.

use clap::Subcommand;
use mcp_support::cli::{DemoArgs, HttpArgs};

use crate::{
    balance,
    bench::{self, BenchArgs, baseline},
    chaos::{self, ChaosArgs},
    cluster::{self, ClusterArgs},
    demo,
    load::{self, LoadCommand},
    serve,
    settings::Settings,
    store::{self, StoreArgs},
};

/// A command, with its flags.
#[derive(Debug, Subcommand)]
pub enum Command {
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

/// Does it.
///
/// # Errors
/// It cannot be done with these settings, or has failed.
pub async fn run(command: Command, settings: Settings) -> anyhow::Result<()> {
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
