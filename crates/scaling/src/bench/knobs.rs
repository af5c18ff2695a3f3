//! What each flag changes: the same load on two nodes that differ in it alone.

use std::time::{Duration, Instant};

use anyhow::Context as _;
use mcp_support::{
    client::HttpServer,
    load::{Connection, Way},
};
use serde_json::json;

use super::{
    Plan,
    counting::{self, Load, Until, call, call_by},
    misses::info,
    process::{Core, Stage},
    sessions,
    table::Table,
};

/// Callers at once, where a crowd comes.
const CROWD: usize = 64;
const CALLS_EACH: u64 = 4;

/// A flag with two of its values, and what is seen of it.
struct Knob {
    flag: &'static str,
    /// `None` leaves the flag out.
    values: [Option<&'static str>; 2],
    /// What both nodes have besides.
    also: &'static [&'static str],
    figure: Figure,
}

/// What is done to a node, and looked at.
#[derive(Clone, Copy)]
enum Figure {
    Crowd,
    Rate,
    LongCall,
    Overload,
    LargeBody,
    Lookups,
    SessionsKept,
    SessionsSilent,
    Cheap,
    Greedy,
    End,
    Cost,
}

fn knobs() -> [Knob; 12] {
    let knob = |flag, values: [&'static str; 2], also, figure| Knob { flag, values: values.map(Some), also, figure };
    [
        knob("--calls", ["10", "100"], &["--workers", "1"], Figure::Crowd),
        knob("--queue", ["4", "1000"], &["--workers", "1"], Figure::Crowd),
        knob("--workers", ["1", "2"], &[], Figure::Rate),
        knob("--deadline-ms", ["100", "5000"], &[], Figure::LongCall),
        knob("--target-ms", ["20", "0"], &["--workers", "1"], Figure::Overload),
        knob("--body-bytes", ["2048", "1048576"], &[], Figure::LargeBody),
        knob("--cache-minutes", ["0", "60"], &[], Figure::Lookups),
        knob("--sessions", ["8", "1024"], &[], Figure::SessionsKept),
        knob("--session-idle-seconds", ["1", "900"], &[], Figure::SessionsSilent),
        knob("--tenant-rate", ["50", "0"], &["--tenant-header", "x-tenant"], Figure::Cheap),
        Knob {
            flag: "--tenant-header",
            values: [Some("x-tenant"), None],
            also: &["--calls", "20", "--workers", "1"],
            figure: Figure::Greedy,
        },
        knob("--notice-ms", ["0", "600"], &[], Figure::End),
    ]
}

pub(super) async fn measure(stage: &Stage, plan: &Plan) -> anyhow::Result<String> {
    let mut table = Table::new("What each flag changes", ["flag", "load", "value", "seen", "value", "seen"]);
    for knob in knobs() {
        row(stage, plan, &mut table, &knob).await.context(knob.flag)?;
    }
    let streamed = Knob { flag: "--streamed", values: [None, Some("")], also: &[], figure: Figure::Cost };
    row(stage, plan, &mut table, &streamed).await.context("--streamed")?;
    Ok(table.end("--store, --node and --admin say what a node is, not how fast it is."))
}

async fn row(stage: &Stage, plan: &Plan, table: &mut Table, knob: &Knob) -> anyhow::Result<()> {
    let mut cells = Vec::new();
    for value in knob.values {
        let mut flags = knob.also.to_vec();
        flags.extend(value.map(|_| knob.flag));
        flags.extend(value.filter(|value| !value.is_empty()));
        let node = stage.node(&flags, Core::Any).await?;
        cells.push(match value {
            Some("") => "on".to_owned(),
            Some(value) => value.to_owned(),
            None => "off".to_owned(),
        });
        cells.push(seen(knob.figure, stage, plan, node).await?);
    }
    let [one, saw, other, too] = <[String; 4]>::try_from(cells).unwrap_or_default();
    table.row([knob.flag.to_owned(), about(knob.figure).to_owned(), one, saw, other, too]);
    Ok(())
}

fn about(figure: Figure) -> &'static str {
    match figure {
        Figure::Crowd => "64 callers at once, one worker",
        Figure::Rate => "8 callers that compute",
        Figure::LongCall => "a call that computes for long",
        Figure::Overload => "64 callers for a while, one worker",
        Figure::LargeBody => "a body of 3 KB",
        Figure::Lookups => "the same lookup",
        Figure::SessionsKept => "64 sessions are opened",
        Figure::SessionsSilent => "16 sessions, silent for 3 s",
        Figure::Cheap => "a tenant's cheap calls",
        Figure::Greedy => "one tenant with 40 callers, one with 2",
        Figure::End => "SIGTERM",
        Figure::Cost => "cheap calls, 2026-07-28",
    }
}

async fn seen(figure: Figure, stage: &Stage, plan: &Plan, node: HttpServer) -> anyhow::Result<String> {
    let compute = |limit: u64| call(Way::Modern, "compute_heavy", json!({"limit": limit}));
    let limit = if plan.quick { 20_000 } else { 2_000_000 };
    let work = compute(limit);
    let cheap = call(Way::Modern, "node_info", json!({}));
    let address = node.address();
    let time = plan.time.min(Duration::from_secs(2));
    Ok(match figure {
        Figure::Crowd => {
            let seen = counting::load(address, &work, CROWD, Until::Calls(CALLS_EACH)).await?;
            let away = seen.failed_with("503") + seen.failed_with("isError");
            format!("{away} of {} refused, p99 {:.0} ms", CROWD as u64 * CALLS_EACH, seen.millis(0.99))
        }
        Figure::Rate => {
            let watch = stage.watch(&[&node])?;
            let seen = counting::load(address, &work, 8, Until::Time(time)).await?;
            let cores = watch.end()?.cores();
            format!("{:.0} a second, on {cores:.1} cores", seen.per_second())
        }
        Figure::LongCall => {
            let began = Instant::now();
            let long = compute(if plan.quick { 20_000_000 } else { 200_000_000 });
            let seen = counting::load(address, &long, 1, Until::Calls(1)).await?;
            let how = if seen.answered == 1 { "answered" } else { "an error" };
            format!("{how} after {:.2} s", began.elapsed().as_secs_f64())
        }
        Figure::Overload => {
            let mut load = Load::open(address, &work, CROWD).await?;
            // The limit takes its time.
            load.send(Until::Time(2 * time)).await?;
            let seen = load.send(Until::Time(time)).await?;
            format!("the limit is {}, p99 {:.0} ms", info(&node).await?["limit"], seen.millis(0.99))
        }
        Figure::LargeBody => {
            let points: Vec<_> = (1..=100).map(|n| json!({"n": n, "throughput": 100 + n})).collect();
            let plan = json!({"points": points, "target": 1000, "seconds_each": 0.01});
            let plan = call(Way::Modern, "capacity_plan", plan);
            let reply = Connection::open(address).await?.exchange(plan.request(address, None).next()).await?;
            http::StatusCode::from_u16(reply.status)?.to_string()
        }
        Figure::Lookups => {
            let lookup = call(Way::Modern, "cached_lookup", json!({"number": 1_000_036_000_099_u64}));
            let seen = counting::load(address, &lookup, 8, Until::Time(time)).await?;
            format!("{:.0} a second, {} computed", seen.per_second(), info(&node).await?["cache_origin"])
        }
        Figure::SessionsKept => {
            let ids = sessions::open(&node, CROWD).await?;
            format!("{} still answer", sessions::alive(&node, &ids).await?)
        }
        Figure::SessionsSilent => {
            let ids = sessions::open(&node, 16).await?;
            tokio::time::sleep(Duration::from_secs(3)).await;
            format!("{} still answer", sessions::alive(&node, &ids).await?)
        }
        Figure::Cheap => {
            let seen = counting::load(address, &cheap, 8, Until::Time(time)).await?;
            format!("{} answered, {} refused", seen.answered, seen.failed_with("429"))
        }
        Figure::Greedy => {
            let work = |tenant| call_by(tenant, Way::Modern, "compute_heavy", json!({"limit": limit}));
            let (greedy, modest) = (work("greedy"), work("modest"));
            let (_, seen) = tokio::try_join!(
                counting::load(address, &greedy, 40, Until::Time(time)),
                counting::load(address, &modest, 2, Until::Time(time))
            )?;
            let all = seen.answered + seen.failed_with("503");
            format!("{} of {all} calls of the small one refused", seen.failed_with("503"))
        }
        Figure::End => {
            let mut node = node;
            let began = Instant::now();
            node.terminate().await?;
            node.wait().await?;
            format!("ended after {:.1} s", began.elapsed().as_secs_f64())
        }
        Figure::Cost => {
            let watch = stage.watch(&[&node])?;
            let seen = counting::load(address, &cheap, 16, Until::Time(time)).await?.and_none_failed()?;
            format!("{:.0} µs of processor each", watch.end()?.micros_each(seen.answered))
        }
    })
}
