//! What a second node brings: calls that cost the nodes much and everybody else little, each node on a core of its own.

use std::{net::SocketAddr, time::Duration};

use anyhow::Context as _;
use mcp_support::load::{Call, Way};
use serde_json::json;

use super::{
    Plan,
    counting::{Load, Until, call},
    process::{Core, Stage},
    table::{Table, median, verdict},
};
use crate::cluster::Cluster;

/// Two nodes do at least so many times what one does.
const GOAL: f64 = 1.8;
/// For each node: one call works, and others wait, so that it has always something to do.
const CONNECTIONS: usize = 8;
/// Cores that everybody else on this machine may take from nodes in a round that counts, where there are such rounds.
const QUIET: f64 = 0.1;

/// What one round has shown, in calls a second and cores.
#[derive(Clone, Copy)]
struct Sample {
    rate: f64,
    nodes: f64,
    helpers: f64,
    generator: f64,
    others: f64,
}

pub(super) async fn measure(stage: &Stage, plan: &Plan) -> anyhow::Result<String> {
    let clusters = [start(stage, 1).await?, start(stage, 2).await?];
    let limit = if plan.quick { 200_000 } else { 4_000_000 };
    let call = call(Way::Modern, "compute_heavy", json!({"limit": limit}));
    let mut rounds: Vec<[Sample; 2]> = Vec::new();
    for _ in 0..plan.rounds {
        let one = sample(stage, plan, &clusters[0], &call).await.context("one node")?;
        rounds.push([one, sample(stage, plan, &clusters[1], &call).await.context("two nodes")?]);
    }
    let all = rounds.len();
    // One node needs one core, and whoever has the other does not hinder it. Two need both.
    let is_quiet = |[one, two]: &&[Sample; 2]| one.nodes > 1.0 - QUIET && two.others < QUIET;
    let quiet: Vec<[Sample; 2]> = rounds.iter().filter(is_quiet).copied().collect();
    let which = format!("{} of {all} rounds were quiet", quiet.len());
    let none_quiet = quiet.is_empty();
    let rounds = if none_quiet { rounds } else { quiet };
    let head = ["nodes", "calls a second", "cores of nodes", "of balancer and store", "of the generator", "of others"];
    let mut table = Table::new("Two nodes beside one", head);
    for at in [0, 1] {
        let of = |value: fn(&Sample) -> f64| median(rounds.iter().map(|round| value(&round[at])));
        table.row([
            (at + 1).to_string(),
            format!("{:.0}", of(|sample| sample.rate)),
            format!("{:.2}", of(|sample| sample.nodes)),
            format!("{:.3}", of(|sample| sample.helpers)),
            format!("{:.3}", of(|sample| sample.generator)),
            format!("{:.2}", of(|sample| sample.others)),
        ]);
    }
    let ratio = median(rounds.iter().map(|[one, two]| two.rate / one.rate));
    let each = median(rounds.iter().map(|[one, two]| (two.rate / two.nodes) / (one.rate / one.nodes)));
    let holds = if ratio < GOAL && none_quiet { "cannot be said, others were busy" } else { verdict(ratio >= GOAL) };
    Ok(table.end(&format!(
        "Two nodes do {ratio:.2} times what one does (goal {GOAL}, holds: {holds}), and {each:.2} times as much in a second of \
         processor.\nRatios were taken round by round; {which} (others took less than {QUIET} of the nodes' cores), and \
         those count where there are any.\nEach call counts the primes up to {limit}: the generator's share says that it \
         is not the limit."
    )))
}

async fn start(stage: &Stage, count: usize) -> anyhow::Result<Cluster> {
    let free = SocketAddr::from(([127, 0, 0, 1], 0));
    let flags = ["--workers", "1"].map(str::to_owned);
    // Each process has one thread for requests.
    stage.generate_on(Core::First).await;
    let started = Cluster::start(&stage.program, count, None, free, &flags).await;
    stage.generate_on(Core::Any).await;
    let cluster = started?;
    for ((_, node), core) in cluster.nodes().iter().zip([Core::First, Core::Second]) {
        stage.move_to(node, core).await?;
    }
    for helper in cluster.helpers() {
        stage.move_to(helper, Core::Any).await?;
    }
    Ok(cluster)
}

async fn sample(stage: &Stage, plan: &Plan, cluster: &Cluster, call: &Call) -> anyhow::Result<Sample> {
    let nodes = cluster.nodes().len();
    let address = cluster.url().trim_start_matches("http://").trim_end_matches("/mcp");
    let mut load = Load::open(address, call, nodes * CONNECTIONS).await?;
    load.send(Until::Calls(1)).await?;
    let processes: Vec<_> = cluster.nodes().iter().map(|(_, node)| node).chain(cluster.helpers()).collect();
    let watch = stage.watch(&processes)?;
    let seen = load.send(Until::Time(plan.time)).await?.and_none_failed()?;
    let used = watch.end()?;
    let cores = |times: &[Duration]| times.iter().sum::<Duration>().as_secs_f64() / used.took.as_secs_f64();
    let (of_nodes, of_helpers) = used.servers.split_at(nodes);
    Ok(Sample {
        rate: seen.per_second(),
        nodes: cores(of_nodes),
        helpers: cores(of_helpers),
        generator: used.generator,
        others: used.others,
    })
}
