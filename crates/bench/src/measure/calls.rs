//! Calls over HTTP: the same work by every server, in turn, round after round.

use std::{collections::BTreeMap, time::Duration};

use anyhow::{Context as _, ensure};
use mcp_support::load::{self, Call, Connection, Until, Way};
use serde_json::json;

use super::process::{Process, Stage, Who};
use crate::call;

/// One kind of work at one number of connections.
pub(crate) struct Work {
    pub(crate) title: &'static str,
    pub(crate) call: Call,
    pub(crate) tools: usize,
    pub(crate) connections: u64,
    pub(crate) by: &'static [Who],
}

/// What one round measured.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Sample {
    pub(crate) per_second: f64,
    pub(crate) p50: Duration,
    pub(crate) p99: Duration,
    /// CPU of the server for one call, in microseconds.
    pub(crate) cpu: f64,
    /// Resident memory at the end, in MiB.
    pub(crate) memory: f64,
}

/// Every round of every work by every server.
pub(crate) type Samples = BTreeMap<(usize, Who), Vec<Sample>>;

const ALL: &[Who] = &Who::ALL;
const SDKS: &[Who] = &[Who::Ours, Who::Python, Who::TypeScript];
const LIMIT: &[Who] = &[Who::Bare, Who::Ours];
const OURS: &[Who] = &[Who::Ours];

/// The kinds of work, by name.
pub(crate) mod work {
    pub(crate) const ECHO: usize = 0;
    pub(crate) const ECHO_STATELESS: usize = 1;
    pub(crate) const ECHO_50: usize = 2;
    pub(crate) const ECHO_STATELESS_50: usize = 3;
    pub(crate) const LIST: usize = 4;
    pub(crate) const LIST_STATELESS: usize = 5;
    pub(crate) const PICTURE: usize = 6;
    pub(crate) const STREAM: usize = 7;
    pub(crate) const SESSION: usize = 8;
    pub(crate) const ECHO_64: usize = 10;
}

/// All work, in the order of [`work`].
pub(crate) fn works() -> Vec<Work> {
    use Way::{Modern, Session, Stateless};
    let work = |title, call, tools, connections, by| Work { title, call, tools, connections, by };
    let count = Call::tool(Modern, "count", json!({})).with_progress();
    vec![
        work("echo, 2026-07-28, 3 tools", call::echo(Modern), 3, 16, ALL),
        work("echo, 2025-11-25 without sessions, 3 tools", call::echo(Stateless), 3, 16, ALL),
        work("echo, 2026-07-28, 50 tools", call::echo(Modern), 50, 16, SDKS),
        work("echo, 2025-11-25 without sessions, 50 tools", call::echo(Stateless), 50, 16, SDKS),
        work("tools/list of 50, 2026-07-28", call::list(Modern), 50, 16, ALL),
        work("tools/list of 50, 2025-11-25 without sessions", call::list(Stateless), 50, 16, ALL),
        work("image of 1 MiB, 2026-07-28", Call::tool(Modern, "picture", json!({})), 3, 16, ALL),
        work("progress and result as a stream, 2026-07-28", count, 3, 16, &[Who::Ours, Who::TypeScript]),
        work("echo in a session of 2025-11-25", call::echo(Session), 3, 16, OURS),
        work("echo, 2026-07-28, 1 connection", call::echo(Modern), 3, 1, LIMIT),
        work("echo, 2026-07-28, 64 connections", call::echo(Modern), 3, 64, ALL),
    ]
}

/// The servers that are compared, all running at the same time, one of them at work.
pub(crate) struct Servers(BTreeMap<(Who, usize, bool), Process>);

impl Servers {
    /// Starts them, and makes sure that the bare server answers as ours does.
    pub(crate) async fn start(stage: &Stage) -> anyhow::Result<Self> {
        let mut running = BTreeMap::new();
        for tools in [3, 50] {
            let number = tools.to_string();
            for stateless in [true, false] {
                let arguments = ["--tools", &number, "--stateless"];
                let arguments = if stateless { &arguments[..] } else { &arguments[..2] };
                running.insert((Who::Ours, tools, stateless), stage.http(Who::Ours, arguments).await?);
            }
            for who in [Who::Python, Who::TypeScript].into_iter().filter(|who| stage.has(*who)) {
                running.insert((who, tools, true), stage.http(who, &[&number]).await?);
            }
        }
        let mut servers = Self(running);
        servers.save_answers(stage).await?;
        servers.0.insert((Who::Bare, 3, true), stage.http(Who::Bare, &[]).await?);
        servers.compare().await?;
        Ok(servers)
    }

    pub(crate) fn get(&self, who: Who, work: &Work) -> Option<&Process> {
        let tools = if who == Who::Bare { 3 } else { work.tools };
        self.0.get(&(who, tools, work.call.way() != Way::Session))
    }

    /// Results that the bare server cannot make, as ours sends them.
    async fn save_answers(&self, stage: &Stage) -> anyhow::Result<()> {
        let works = works();
        for (index, name) in crate::bare::FILES {
            let body = self.body(Who::Ours, &works[index]).await?;
            let text = String::from_utf8(body)?;
            let (_, result) = text.split_once("\"result\":").context("no result")?;
            std::fs::write(stage.answers.join(name), result.strip_suffix('}').context("no end")?)?;
        }
        Ok(())
    }

    async fn compare(&self) -> anyhow::Result<()> {
        for work in works().iter().filter(|work| work.by.contains(&Who::Bare)) {
            let (ours, bare) = (self.body(Who::Ours, work).await?, self.body(Who::Bare, work).await?);
            let show = |bytes: &[u8]| String::from_utf8_lossy(&bytes[..bytes.len().min(500)]).into_owned();
            ensure!(ours == bare, "{}: not the same bytes\n{}\n{}", work.title, show(&ours), show(&bare));
        }
        Ok(())
    }

    async fn body(&self, who: Who, work: &Work) -> anyhow::Result<Vec<u8>> {
        let process = self.get(who, work).with_context(|| format!("no server for {}", work.title))?;
        let mut connection = Connection::open(&process.address).await?;
        let reply = connection.exchange(work.call.request(&process.address, None).next()).await?;
        ensure!(reply.status == 200, "{} by {}: {}", work.title, who.name(), connection.last_text());
        Ok(connection.last_body().to_vec())
    }
}

/// Measures all work once, each server after the other.
pub(crate) async fn round(servers: &Servers, time: Duration, samples: &mut Samples) -> anyhow::Result<()> {
    for (index, work) in works().iter().enumerate() {
        for who in work.by {
            let Some(process) = servers.get(*who, work) else { continue };
            let sample =
                measure(process, work, time).await.with_context(|| format!("{}, {}", work.title, who.name()))?;
            samples.entry((index, *who)).or_default().push(sample);
        }
    }
    Ok(())
}

async fn measure(process: &Process, work: &Work, time: Duration) -> anyhow::Result<Sample> {
    load::run(&process.address, &work.call, work.connections, Until::Time(time / 5)).await?;
    let before = process.cpu()?;
    let seen = load::run(&process.address, &work.call, work.connections, Until::Time(time)).await?;
    let used = process.cpu()?.saturating_sub(before);
    Ok(Sample {
        per_second: seen.per_second(),
        p50: seen.quantile(0.5),
        p99: seen.quantile(0.99),
        cpu: used.as_secs_f64() * 1e6 / seen.calls as f64,
        memory: process.memory()?,
    })
}
