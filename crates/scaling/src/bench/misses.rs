//! A thousand callers miss the same value at once, on three nodes.

use std::net::SocketAddr;

use anyhow::Context as _;
use futures::future::try_join_all;
use mcp_support::{client::HttpServer, load::Way};
use serde_json::{Value, json};

use super::{
    Plan,
    counting::{self, Load, Until, call},
    process::Stage,
    table::{Table, verdict},
};
use crate::cluster::Cluster;

/// The product of two primes: taking it apart takes longer than all the callers need to come.
const SLOW: u64 = 15_485_863 * 32_452_843;
const NODES: usize = 3;

pub(super) async fn measure(stage: &Stage, plan: &Plan) -> anyhow::Result<String> {
    let callers = if plan.quick { 90 } else { 1000 };
    let free = SocketAddr::from(([127, 0, 0, 1], 0));
    let flags = ["--calls", "2000"].map(str::to_owned);
    let cluster = Cluster::start(&stage.program, NODES, None, free, &flags).await?;
    let head = [
        "callers at once",
        "answered",
        "computed",
        "from the cluster",
        "from a node",
        "fastest",
        "slowest",
        "one, holds",
    ];
    let mut table = Table::new("Misses", head);
    for round in 1..=3_u64 {
        let call = call(Way::Modern, "cached_lookup", json!({"number": SLOW * round}));
        let mut loads = Vec::new();
        for (at, (_, node)) in cluster.nodes().iter().enumerate() {
            let callers = callers / NODES + usize::from(at < callers % NODES);
            loads.push(Load::open(node.address(), &call, callers).await.context("is `ulimit -n` above 2048?")?);
        }
        let before = counts(&cluster).await?;
        let seen = try_join_all(loads.iter_mut().map(|load| load.send(Until::Calls(1)))).await?;
        let after = counts(&cluster).await?;
        let [node, shared, origin] = [0, 1, 2].map(|at: usize| after[at] - before[at]);
        let fastest = seen.iter().map(|seen| seen.millis(0.0)).fold(f64::INFINITY, f64::min);
        let slowest = seen.iter().map(|seen| seen.millis(1.0)).fold(0.0, f64::max);
        let answered: u64 = seen.iter().map(|seen| seen.answered).sum();
        table.row([
            callers.to_string(),
            answered.to_string(),
            origin.to_string(),
            shared.to_string(),
            node.to_string(),
            format!("{fastest:.0} ms"),
            format!("{slowest:.0} ms"),
            verdict(origin == 1 && answered == callers as u64).to_owned(),
        ]);
    }
    Ok(table.end(
        "Each row is another number, which no node knows. It is computed once for the cluster, and copied once by each \
         other node.\nThe fastest has waited, too: nobody came when it was there already.",
    ))
}

/// Answers of all nodes from the node, from the cluster, and computed.
async fn counts(cluster: &Cluster) -> anyhow::Result<[u64; 3]> {
    let mut counts = [0; 3];
    for (_, node) in cluster.nodes() {
        let info = info(node).await?;
        for (count, name) in counts.iter_mut().zip(["cache_node", "cache_cluster", "cache_origin"]) {
            *count += info[name].as_u64().with_context(|| format!("{name} in {info}"))?;
        }
    }
    Ok(counts)
}

/// What a node has counted.
pub(super) async fn info(node: &HttpServer) -> anyhow::Result<Value> {
    let call = call(Way::Modern, "node_info", json!({}));
    let mut result = counting::answer(node.address(), &call, 1).await?;
    Ok(result["structuredContent"].take())
}
