//! Sessions of 2025-11-25: how many a node keeps, what one weighs, and what is left when they have expired.

use std::time::Duration;

use anyhow::Context as _;
use mcp_support::{
    client::HttpServer,
    load::{Connection, Way},
};
use serde_json::json;

use super::{
    Plan,
    counting::{self, Until, call},
    process::{Core, Stage, memory},
    table::Table,
};

const CONNECTIONS: usize = 16;
/// How long the last sessions may take to expire after their idle time.
const SETTLE: Duration = Duration::from_secs(3);
/// More than two waves would only take longer: what creeps, creeps from the first to the second.
const WAVES: usize = 2;

pub(super) async fn measure(stage: &Stage, plan: &Plan) -> anyhow::Result<String> {
    let (count, idle, settle) = if plan.quick { (200, 2, plan.time) } else { (10_000, 10, Duration::from_secs(12)) };
    let mut table = Table::new("Sessions of 2025-11-25", ["what", "sessions", "memory (MiB)"]);

    let cap = if plan.quick { "50" } else { "1024" };
    let node = stage.node(&["--sessions", cap], Core::Any).await?;
    table.row(["a node before".to_owned(), "0".to_owned(), format!("{:.0}", memory(&node)?)]);
    let ids = open(&node, count).await?;
    let peak = memory(&node)?;
    let alive = alive(&node, &ids).await?;
    table.row([
        format!("{count} opened at a cap of {cap}, that still answer"),
        alive.to_string(),
        format!("{peak:.0}"),
    ]);
    drop(node);

    let (sessions, idle_flag) = (count.to_string(), idle.to_string());
    let node = stage.node(&["--sessions", &sessions, "--session-idle-seconds", &idle_flag], Core::Any).await?;
    let before = memory(&node)?;
    let mut each = Vec::new();
    for wave in 1..=WAVES {
        let watch = stage.watch(&[&node])?;
        open(&node, count).await?;
        let used = watch.end()?;
        let open = memory(&node)?;
        each.push(((open - before) * 1024.0 / count as f64, used.micros_each(count as u64)));
        table.row([format!("wave {wave}: all open"), count.to_string(), format!("{open:.0}")]);
        tokio::time::sleep(Duration::from_secs(idle) + SETTLE).await;
        // The allocator gives back while it is used.
        let info = call(Way::Modern, "node_info", json!({}));
        counting::load(node.address(), &info, CONNECTIONS, Until::Time(settle)).await?.and_none_failed()?;
        let after = memory(&node)?;
        table.row([format!("wave {wave}: idle for {idle} s, expired"), "0".to_owned(), format!("{after:.0}")]);
    }
    let (kib, micros) = each.first().copied().context("a wave")?;
    Ok(table.end(&format!(
        "One weighs {kib:.0} KiB, and opening it takes {micros:.0} µs of processor. After they have expired, memory is read \
         after {} s of other calls.",
        settle.as_secs()
    )))
}

/// Opens sessions one after the other, and answers their ids. Not several at once: at a small cap, those that are not
/// held up would push out one whose handshake is.
pub(super) async fn open(node: &HttpServer, count: usize) -> anyhow::Result<Vec<String>> {
    let mut connection = Connection::open(node.address()).await?;
    let info = call(Way::Session, "node_info", json!({}));
    let mut ids = Vec::with_capacity(count);
    for _ in 0..count {
        ids.push(connection.open_session(&info).await?);
    }
    Ok(ids)
}

/// How many of these sessions answer.
pub(super) async fn alive(node: &HttpServer, ids: &[String]) -> anyhow::Result<usize> {
    let mut connection = Connection::open(node.address()).await?;
    let info = call(Way::Session, "node_info", json!({}));
    let mut alive = 0;
    for id in ids {
        let reply = connection.exchange(info.request(node.address(), Some(id)).next()).await?;
        alive += usize::from(reply.status == 200);
    }
    Ok(alive)
}
