//! What a call costs a node beside what the same work costs a bare handler.

use std::path::Path;

use anyhow::{Context as _, ensure};
use mcp_support::{
    client::HttpServer,
    load::{Call, Way},
};
use serde_json::{Value, json};

use super::{
    Plan, baseline,
    counting::{self, Load, Until, call},
    process::{Core, Stage},
    table::{Table, median, verdict},
};

/// A call costs at most so much more than the bare handler's.
const GOAL: f64 = 2.5;
const CONNECTIONS: usize = 16;
/// Every guard is on: who calls is told apart and counted, the number of calls at a time and their time are bounded, and so
/// are bodies.
const GUARDS: [&str; 6] = ["--node", baseline::NAME, "--tenant-header", "x-tenant", "--tenant-rate", "1000000"];

/// The same work in every revision.
struct Work {
    title: &'static str,
    call: Call,
    /// None where no goal was set.
    goal: Option<f64>,
}

fn works() -> [Work; 4] {
    let lookup = |way| call(way, "cached_lookup", json!({"number": 1_000_036_000_099_u64}));
    let compute = call(Way::Modern, "compute_heavy", json!({"limit": 10_000}));
    [
        Work { title: "cached_lookup, 2026-07-28", call: lookup(Way::Modern), goal: Some(GOAL) },
        Work { title: "cached_lookup, 2025-11-25 without sessions", call: lookup(Way::Stateless), goal: Some(GOAL) },
        Work { title: "cached_lookup, 2025-11-25 in a session", call: lookup(Way::Session), goal: None },
        Work { title: "compute_heavy on the pool, 2026-07-28", call: compute, goal: Some(GOAL) },
    ]
}

/// Programs that do it.
struct Servers {
    bare: HttpServer,
    /// Nodes: with sessions, and without.
    ours: [HttpServer; 2],
    beside: Option<[HttpServer; 2]>,
}

impl Servers {
    async fn start(stage: &Stage, beside: Option<&Path>) -> anyhow::Result<Self> {
        let bare = stage.start(&stage.program, "baseline", &[], Core::First).await?;
        let nodes = async |program: &Path| {
            let stateless = [&GUARDS[..], &["--stateless"]].concat();
            let with_sessions = stage.start(program, "http", &GUARDS, Core::First).await?;
            anyhow::Ok([with_sessions, stage.start(program, "http", &stateless, Core::First).await?])
        };
        let ours = nodes(&stage.program).await?;
        let beside = match beside {
            Some(program) => Some(nodes(program).await?),
            None => None,
        };
        Ok(Self { bare, ours, beside })
    }
}

fn of_way(nodes: &[HttpServer; 2], way: Way) -> &HttpServer {
    &nodes[usize::from(way == Way::Stateless)]
}

/// Microseconds of processor time for one call, and calls a second.
#[derive(Clone, Copy)]
struct Sample {
    cpu: f64,
    rate: f64,
}

pub(super) async fn measure(stage: &Stage, plan: &Plan, beside: Option<&Path>) -> anyhow::Result<String> {
    let servers = Servers::start(stage, beside).await?;
    let works = works();
    for work in &works {
        compare(&servers, &work.call).await.context(work.title)?;
    }
    let mut samples: Vec<[Vec<Sample>; 3]> = works.iter().map(|_| Default::default()).collect();
    stage.generate_on(Core::Second).await;
    for _ in 0..plan.rounds {
        for (work, samples) in works.iter().zip(&mut samples) {
            let ours = of_way(&servers.ours, work.call.way());
            let beside = servers.beside.as_ref().map(|nodes| of_way(nodes, work.call.way()));
            let [of_bare, of_ours, of_beside] = samples;
            // The bare handler knows no sessions.
            of_bare.push(sample(stage, plan, &servers.bare, &without_session(&work.call)).await.context(work.title)?);
            of_ours.push(sample(stage, plan, ours, &work.call).await.context(work.title)?);
            if let Some(beside) = beside {
                of_beside.push(sample(stage, plan, beside, &work.call).await.context(work.title)?);
            }
        }
    }
    stage.generate_on(Core::Any).await;
    let head = ["call", "bare axum", "this node", "ratio", "goal", "holds", "calls a second"];
    let mut table = Table::new("Processor time of a call", head);
    let mut others =
        Table::new("The same beside another build", ["call", "this build", "the other", "this to the other"]);
    for (work, [bare, ours, beside]) in works.iter().zip(&samples) {
        let ratio = ratio(ours, bare);
        table.row([
            work.title.to_owned(),
            micros(bare),
            micros(ours),
            format!("{ratio:.2}"),
            work.goal.map_or("-".to_owned(), |goal| goal.to_string()),
            work.goal.map_or("-", |goal| verdict(ratio <= goal)).to_owned(),
            format!("{:.0}", median(ours.iter().map(|sample| sample.rate))),
        ]);
        others.row([work.title.to_owned(), micros(ours), micros(beside), format!("{:.2}", self::ratio(ours, beside))]);
    }
    let mut text = table.end(&format!(
        "{CONNECTIONS} connections, one core for the server, medians of the rounds, ratios taken round by round. Answers were \
         compared first:\nthe same but for the time that each took. Guards of the node: {}.",
        GUARDS[2..].join(" ")
    ));
    if servers.beside.is_some() {
        text = format!("{text}\n{}", others.end(""));
    }
    Ok(text)
}

fn micros(samples: &[Sample]) -> String {
    format!("{:.1} µs", median(samples.iter().map(|sample| sample.cpu)))
}

fn ratio(ours: &[Sample], bare: &[Sample]) -> f64 {
    median(ours.iter().zip(bare).map(|(ours, bare)| ours.cpu / bare.cpu))
}

async fn sample(stage: &Stage, plan: &Plan, server: &HttpServer, call: &Call) -> anyhow::Result<Sample> {
    let mut load = Load::open(server.address(), call, CONNECTIONS).await?;
    load.send(Until::Time(plan.time / 5)).await?;
    let watch = stage.watch(&[server])?;
    let seen = load.send(Until::Time(plan.time)).await?.and_none_failed()?;
    Ok(Sample { cpu: watch.end()?.micros_each(seen.answered), rate: seen.per_second() })
}

/// Makes sure that all give the same answer.
async fn compare(servers: &Servers, call: &Call) -> anyhow::Result<()> {
    let expected = answer(of_way(&servers.ours, call.way()), call).await?;
    let mut found = vec![answer(&servers.bare, &without_session(call)).await?];
    if let Some(beside) = &servers.beside {
        found.push(answer(of_way(beside, call.way()), call).await?);
    }
    for found in found {
        ensure!(found == expected, "not the same answer:\n{expected}\n{found}");
    }
    Ok(())
}

/// The same for a server that has no sessions.
fn without_session(call: &Call) -> Call {
    call.made(if call.way() == Way::Session { Way::Stateless } else { call.way() })
}

/// The result of a call that was made before, without the time that it took.
async fn answer(server: &HttpServer, call: &Call) -> anyhow::Result<Value> {
    let mut result = counting::answer(server.address(), call, 2).await?;
    let took = result["structuredContent"].as_object_mut().and_then(|content| content.remove("took_ms"));
    ensure!(took.is_some_and(|took| took.is_number()), "no time in {result}");
    Ok(result)
}
