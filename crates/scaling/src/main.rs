//! From the command line to the server. No tools here.

use std::{net::SocketAddr, process::ExitCode};

use clap::{Args, Parser, Subcommand};
use mcp_scaling::{
    balance,
    chaos::{self, ChaosArgs},
    cluster, demo,
    load::{self, LoadArgs},
    serve,
    settings::Settings,
    store,
};
use mcp_support::{
    cli::{self, DemoArgs, HttpArgs, UsageError},
    shutdown,
};

/// Lesson 5.7: one server that is fast on one machine, and many that are one server
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
}

#[derive(Args)]
struct StoreArgs {
    /// Address to listen on; port 0 takes a free one
    #[arg(long, env = "SCALING_STORE_BIND", default_value = "127.0.0.1:6379", value_name = "ADDRESS:PORT")]
    bind: SocketAddr,
}

#[derive(Args)]
struct LoadCommand {
    /// The endpoint
    #[arg(long, env = "SCALING_URL", default_value = "http://127.0.0.1:8000/mcp", value_name = "URL")]
    url: String,
    #[command(flatten)]
    load: LoadArgs,
}

#[derive(Args)]
struct ClusterArgs {
    /// How many nodes
    #[arg(long, env = "SCALING_NODES", default_value_t = 3, value_name = "COUNT",
          value_parser = clap::value_parser!(u64).range(1..=32))]
    nodes: u64,
    /// Address of the balancer; port 0 takes a free one
    #[arg(long, env = "MCP_BIND", default_value = "127.0.0.1:8000", value_name = "ADDRESS:PORT")]
    bind: SocketAddr,
}

fn main() -> ExitCode {
    cli::run(|cli: Cli| async move {
        let settings = cli.settings;
        match cli.command.unwrap_or(Command::Demo(DemoArgs::default())) {
            Command::Demo(args) => demo::tour(&args).await,
            Command::Stdio => serve::stdio(&settings).await,
            Command::Http(args) => serve::http(&settings, &args).await,
            Command::Store(args) => {
                let listener = tokio::net::TcpListener::bind(args.bind).await?;
                eprintln!("listening on redis://{}", listener.local_addr()?);
                Ok(store::serve(listener, shutdown::signal()).await?)
            }
            Command::Balance(args) => match &settings.store {
                Some(url) => balance::serve(url, &args).await,
                None => Err(UsageError("balance needs the store of its nodes: --store or REDIS_URL".to_owned()).into()),
            },
            Command::Load(args) => load::run(&args.url, &args.load).await,
            Command::Chaos(args) => chaos::run(&args, settings.store).await,
            Command::Cluster(args) => {
                let nodes = usize::try_from(args.nodes)?;
                cluster::run(nodes, settings.store, args.bind, &cluster::flags()).await
            }
        }
    })
}
