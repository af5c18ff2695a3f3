//! `mcp-routing bench`: what the gateway adds to a call, beside a direct call and beside a proxy that only copies bytes.
//!
//! Every server is a process of its own, and its CPU is what the system has counted for it, in user and kernel mode.
//! A call costs its client something too: that is counted where the client is a real one. Rounds are interleaved, and
//! ratios are taken round by round: both sides of a ratio ran in the same seconds.

pub mod client;
pub mod proxy;
mod report;

use std::time::Duration;

use anyhow::{Context as _, ensure};
use clap::Args;
use futures::future::try_join_all;
use mcp_support::{
    client::HttpServer,
    load::{self, Call, Connection, Until, Way},
};
use serde_json::{Value, json};

use self::client::{Client, Report};

/// Orders in the database before anything is measured.
const ORDERS: u64 = 10_000;

/// Flags of `bench`.
#[derive(Debug, Clone, Args)]
pub struct BenchArgs {
    /// How often everything is measured
    #[arg(long, default_value_t = 5, value_name = "COUNT", value_parser = clap::value_parser!(u32).range(1..=1000))]
    pub rounds: u32,
    /// Milliseconds for each measurement
    #[arg(long, default_value_t = 1000, value_name = "MILLISECONDS",
          value_parser = clap::value_parser!(u64).range(50..=60_000))]
    pub millis: u64,
    /// Connections, with one call at a time on each
    #[arg(long, default_value_t = 16, value_name = "COUNT", value_parser = clap::value_parser!(u32).range(1..=256))]
    pub connections: u32,
}

/// A tool of an upstream, called again and again.
struct Work {
    title: &'static str,
    by: By,
    upstream: &'static str,
    tool: &'static str,
    arguments: Value,
    way: Way,
}

/// Who calls.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum By {
    /// As few bytes as the protocol allows, from a client that costs next to nothing and is not counted.
    Bytes,
    /// The same, asking for progress. No server of this workspace has a short way for that: each is as one on the SDK alone.
    Asking,
    /// The SDK's client, whose CPU is part of the call.
    Client,
}

/// On which path a call reaches its upstream.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Path {
    Direct,
    Proxy,
    Gateway,
}

const PATHS: [Path; 3] = [Path::Direct, Path::Proxy, Path::Gateway];

/// One measurement.
struct Sample {
    per_second: f64,
    p50: Duration,
    /// CPU of the client for one call, in microseconds, where it is a real one.
    client: Option<f64>,
    /// The same of the upstream.
    upstream: f64,
    /// And of what is between the two.
    between: f64,
}

fn works() -> Vec<Work> {
    let sum = ("a sum", "calculator", "evaluate", json!({ "expression": "2 * (3 + 4)" }));
    let search = ("a search", "search", "search_documents", json!({ "query": "how long do I boil an egg" }));
    let orders = ("100 orders", "database", "list_orders", json!({}));
    let find = ("one order of 10000", "database", "list_orders", json!({ "customer": "customer 9000" }));
    let (few, tools) = ([sum.clone()], [sum, search, orders, find]);
    let kinds = [(By::Bytes, tools.as_slice()), (By::Asking, few.as_slice()), (By::Client, tools.as_slice())];
    let both = [Way::Modern, Way::Session].into_iter();
    let every = both.flat_map(|way| kinds.into_iter().map(move |(by, tools)| (way, by, tools)));
    every
        .flat_map(|(way, by, tools)| {
            tools.iter().cloned().map(move |(title, upstream, tool, arguments)| Work {
                title,
                by,
                upstream,
                tool,
                arguments,
                way,
            })
        })
        .collect()
}

/// The upstreams, with a proxy in front of each, and the gateway in front of all.
struct Fleet {
    upstreams: Vec<(&'static str, HttpServer, HttpServer)>,
    gateway: HttpServer,
    _folder: tempfile::TempDir,
}

impl Fleet {
    async fn start() -> anyhow::Result<Self> {
        let program = std::env::current_exe()?;
        // A node that keeps no sessions could not be measured in 2025-11-25.
        let variables = [("RUST_LOG", "warn"), ("MCP_STATELESS", "false")];
        let variables = variables.map(|(name, value)| (name.to_owned(), value.to_owned()));
        let start = async |command: &str, arguments: &[&str]| {
            HttpServer::start_command(&program, command, arguments, &variables).await
        };
        let folder = tempfile::TempDir::new()?;
        let file = folder.path().join("routes.toml");
        let (mut upstreams, mut routes) = (Vec::new(), String::new());
        for name in ["calculator", "database", "search"] {
            let upstream = start("upstream", &[name, "--http"]).await?;
            let proxy = start("bench-proxy", &["--to", upstream.address()]).await?;
            routes += &format!(
                "[[mount]]\nname = \"{name}\"\n[[mount.node]]\nid = \"{name}\"\nmax_in_flight = 256\n\
                 url = \"{}\"\n",
                upstream.url
            );
            upstreams.push((name, upstream, proxy));
        }
        std::fs::write(&file, routes)?;
        let file = file.to_str().context("the path of the routes is no text")?;
        let gateway = start("http", &["--routes", file]).await?;
        Ok(Self { upstreams, gateway, _folder: folder })
    }

    async fn fill(&self, args: &BenchArgs) -> anyhow::Result<()> {
        let (_, database, _) = self.of("database")?;
        let order = |number: u64| {
            json!({
                "customer": format!("customer {number}"), "item": "a lamp", "quantity": 1,
                "idempotency_key": format!("order {number}"),
            })
        };
        let orders: Vec<u64> = (0..ORDERS).collect();
        let share = orders.len().div_ceil(args.connections as usize);
        let clients = orders.chunks(share).map(|orders| async move {
            let mut connection = Connection::open(database.address()).await?;
            for number in orders {
                let call = Call::tool(Way::Modern, "add_order", order(*number));
                connection.exchange(call.request(database.address(), None).next()).await?;
                ensure!(connection.last_is_result(), "cannot fill the database: {}", connection.last_text());
            }
            anyhow::Ok(())
        });
        try_join_all(clients).await.map(drop)
    }

    fn of(&self, name: &str) -> anyhow::Result<&(&'static str, HttpServer, HttpServer)> {
        self.upstreams.iter().find(|(upstream, ..)| *upstream == name).context("no such upstream")
    }

    async fn measure(&self, work: &Work, path: Path, args: &BenchArgs) -> anyhow::Result<Sample> {
        let (_, upstream, proxy) = self.of(work.upstream)?;
        let (address, name) = match path {
            Path::Direct => (upstream.address(), work.tool.to_owned()),
            Path::Proxy => (proxy.address(), work.tool.to_owned()),
            Path::Gateway => (self.gateway.address(), format!("{}__{}", work.upstream, work.tool)),
        };
        let between = match path {
            Path::Direct => None,
            Path::Proxy => Some(proxy),
            Path::Gateway => Some(&self.gateway),
        };
        let cpu = || anyhow::Ok((upstream.cpu()?, between.map_or(Ok(Duration::ZERO), HttpServer::cpu)?));
        let call = Call::tool(work.way, &name, work.arguments.clone());
        let call = if work.by == By::Asking { call.with_progress() } else { call };
        let time = Duration::from_millis(args.millis);
        let (before, seen, client, after): (_, Report, _, _);
        if work.by == By::Client {
            let mut process = Client::start(address, &call, args).await?;
            let of_client = process.cpu()?;
            before = cpu()?;
            seen = process.call().await?;
            after = cpu()?;
            client = Some(process.cpu()? - of_client);
        } else {
            load::run(address, &call, args.connections.into(), Until::Time(time / 5)).await?;
            before = cpu()?;
            seen = load::run(address, &call, args.connections.into(), Until::Time(time)).await?.into();
            after = cpu()?;
            client = None;
        }
        let each = |used: Duration| used.as_secs_f64() * 1e6 / seen.calls as f64;
        let (upstream, between) = (each(after.0 - before.0), each(after.1 - before.1));
        Ok(Sample { per_second: seen.per_second, p50: seen.p50(), client: client.map(each), upstream, between })
    }
}

/// Measures, and prints the table.
///
/// # Errors
/// A server does not start, or an answer is not a result.
pub async fn run(args: &BenchArgs) -> anyhow::Result<()> {
    let fleet = Fleet::start().await?;
    fleet.fill(args).await?;
    let works = works();
    let mut samples: Vec<Vec<[Sample; 3]>> = works.iter().map(|_| Vec::new()).collect();
    for round in 1..=args.rounds {
        eprintln!("round {round} of {}", args.rounds);
        for (work, samples) in works.iter().zip(&mut samples) {
            let mut measured = Vec::new();
            for path in PATHS {
                let sample = fleet.measure(work, path, args).await;
                measured.push(sample.with_context(|| format!("{}, {path:?}", work.title))?);
            }
            samples.push(measured.try_into().map_err(|_| anyhow::anyhow!("a path was not measured"))?);
        }
    }
    report::print(args, &works, &samples)
}
