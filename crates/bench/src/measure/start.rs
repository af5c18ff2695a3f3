//! From nothing to the first answer, and what a server holds when it has given it.

use std::{
    collections::BTreeMap,
    process::Stdio,
    time::{Duration, Instant},
};

use anyhow::{Context as _, ensure};
use mcp_support::load::{Connection, PATIENCE, Way};
use tokio::{
    io::{AsyncBufReadExt, AsyncWriteExt, BufReader},
    time::timeout,
};

use super::process::{Stage, Who, memory};
use crate::call;

/// One start.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Sample {
    pub(crate) time: Duration,
    /// Resident memory after the first answer, in MiB.
    pub(crate) memory: f64,
}

/// Every start by transport (true is HTTP) and server.
pub(crate) type Samples = BTreeMap<(bool, Who), Vec<Sample>>;

/// Starts each server once on each transport.
pub(crate) async fn round(stage: &Stage, samples: &mut Samples) -> anyhow::Result<()> {
    for who in Who::ALL.into_iter().filter(|who| stage.has(*who)) {
        samples.entry((true, who)).or_default().push(http(stage, who).await?);
        samples.entry((false, who)).or_default().push(stdio(stage, who).await?);
    }
    Ok(())
}

fn arguments(who: Who) -> &'static [&'static str] {
    match who {
        Who::Bare => &[],
        Who::Ours => &["--tools", "3"],
        Who::Python | Who::TypeScript => &["3"],
    }
}

async fn http(stage: &Stage, who: Who) -> anyhow::Result<Sample> {
    let start = Instant::now();
    let process = stage.http(who, arguments(who)).await?;
    let mut connection = Connection::open(&process.address).await?;
    let reply = connection.exchange(call::echo(Way::Modern).request(&process.address, None).next()).await?;
    let time = start.elapsed();
    ensure!(reply.status == 200, "the first answer of {}: {}", who.name(), connection.last_text());
    let memory = process.memory()?;
    process.end().await?;
    Ok(Sample { time, memory })
}

async fn stdio(stage: &Stage, who: Who) -> anyhow::Result<Sample> {
    let mut command = stage.command(who, None, arguments(who))?;
    let start = Instant::now();
    let mut child = command.stdin(Stdio::piped()).stdout(Stdio::piped()).spawn()?;
    let mut input = child.stdin.take().context("stdin is piped")?;
    let mut output = BufReader::new(child.stdout.take().context("stdout is piped")?);
    input.write_all(format!("{}\n", call::echo(Way::Modern).body(1)).as_bytes()).await?;
    let mut line = String::new();
    timeout(PATIENCE, output.read_line(&mut line)).await.context("no answer in time")??;
    let time = start.elapsed();
    ensure!(line.contains("\"result\":"), "the first answer of {}: {line}", who.name());
    let memory = memory(child.id().context("the server has ended")?)?;
    drop(input);
    // An official server may take its time to notice that its input has ended.
    if timeout(Duration::from_secs(10), child.wait()).await.is_err() {
        child.kill().await?;
    }
    Ok(Sample { time, memory })
}
