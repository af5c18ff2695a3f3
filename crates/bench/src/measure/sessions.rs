//! Sessions of 2025-11-25: waves that open and expire, and the cap.

use std::time::{Duration, Instant};

use anyhow::{Context as _, ensure};
use futures::future::try_join_all;
use mcp_support::load::{self, Connection, Until, Way};

use super::process::{Process, Stage, Who};
use crate::call;

const CONNECTIONS: usize = 16;
/// How long the last sessions may take to expire.
const SETTLE: Duration = Duration::from_secs(3);

/// How many, how often, and when they expire.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Plan {
    pub(crate) waves: usize,
    pub(crate) sessions: usize,
    pub(crate) idle_seconds: u64,
    /// Of other calls, before the memory is read.
    pub(crate) settle_seconds: u64,
    /// A cap, and three times as many sessions.
    pub(crate) cap: usize,
}

/// Memory of one wave, in MiB.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Wave {
    pub(crate) open: f64,
    pub(crate) expired: f64,
    /// CPU of the server to open one session, in microseconds.
    pub(crate) cpu: f64,
}

/// What was seen.
pub(crate) struct Seen {
    pub(crate) plan: Plan,
    pub(crate) waves: Vec<Wave>,
    /// Sessions that still answer, of three times the cap.
    pub(crate) alive: usize,
}

pub(crate) async fn measure(stage: &Stage, plan: Plan) -> anyhow::Result<Seen> {
    let (sessions, idle) = (plan.sessions.to_string(), plan.idle_seconds.to_string());
    let server = stage.http(Who::Ours, &["--sessions", &sessions, "--session-idle-seconds", &idle]).await?;
    let mut waves = Vec::new();
    for _ in 0..plan.waves {
        let before = server.cpu()?;
        open(&server, plan.sessions).await?;
        let cpu = (server.cpu()?.saturating_sub(before)).as_secs_f64() * 1e6 / plan.sessions as f64;
        let open = server.memory()?;
        tokio::time::sleep(Duration::from_secs(plan.idle_seconds) + SETTLE).await;
        let expired = settled(&server, Duration::from_secs(plan.settle_seconds)).await?;
        waves.push(Wave { open, expired, cpu });
    }
    server.end().await?;
    Ok(Seen { plan, waves, alive: alive_above_cap(stage, plan.cap).await? })
}

/// Memory after a while of other calls: the allocator gives back while it is used, the last of it after ten seconds.
async fn settled(server: &Process, time: Duration) -> anyhow::Result<f64> {
    load::run(&server.address, &call::echo(Way::Modern), 16, Until::Time(time)).await?;
    server.memory()
}

/// Opens sessions on a few connections, and returns their ids in no particular order.
async fn open(server: &Process, sessions: usize) -> anyhow::Result<Vec<String>> {
    let openers = (0..CONNECTIONS).map(|index| async move {
        let mut connection = Connection::open(&server.address).await?;
        let mut ids = Vec::new();
        for _ in (index..sessions).step_by(CONNECTIONS) {
            ids.push(connection.open_session(&call::echo(Way::Session)).await?);
        }
        anyhow::Ok(ids)
    });
    Ok(try_join_all(openers).await?.concat())
}

/// Opens three times as many sessions as are allowed, and counts those that answer.
async fn alive_above_cap(stage: &Stage, cap: usize) -> anyhow::Result<usize> {
    let server = stage.http(Who::Ours, &["--sessions", &cap.to_string()]).await?;
    let start = Instant::now();
    let ids = open(&server, cap * 3).await?;
    ensure!(start.elapsed() < Duration::from_secs(300), "opening sessions at the cap takes too long");
    let mut connection = Connection::open(&server.address).await?;
    let mut alive = 0;
    for id in &ids {
        let mut message = call::echo(Way::Session).request(&server.address, Some(id));
        let reply = connection.exchange(message.next()).await.context("a session")?;
        alive += usize::from(reply.status == 200);
    }
    server.end().await?;
    Ok(alive)
}
