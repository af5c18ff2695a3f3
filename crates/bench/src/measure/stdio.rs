//! Round trips on stdin and stdout: one request, one answer, the next request.

use std::{
    collections::BTreeMap,
    io::{BufRead, BufReader, Write},
    process::Stdio,
    time::{Duration, Instant},
};

use anyhow::{Context as _, ensure};
use mcp_support::{
    client::cpu,
    load::{Call, Way},
};
use serde_json::{Value, json};

use super::process::{Stage, Who, memory};
use crate::call;

/// A run may take this much longer than it should before its server is killed.
const PATIENCE: Duration = Duration::from_secs(60);

/// What one round measured.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Sample {
    pub(crate) p50: Duration,
    pub(crate) p99: Duration,
    /// CPU of the server for one call, in microseconds.
    pub(crate) cpu: f64,
    /// Resident memory at the end, in MiB.
    pub(crate) memory: f64,
}

/// Every round by revision and server.
pub(crate) type Samples = BTreeMap<(bool, Who), Vec<Sample>>;

/// Measures each server once in each revision; true stands for 2026-07-28.
pub(crate) async fn round(stage: &Stage, time: Duration, samples: &mut Samples) -> anyhow::Result<()> {
    for modern in [true, false] {
        for who in Who::ALL.into_iter().filter(|who| stage.has(*who)) {
            let sample = measure(stage, who, modern, time).await.with_context(|| format!("stdio, {}", who.name()))?;
            samples.entry((modern, who)).or_default().push(sample);
        }
    }
    Ok(())
}

async fn measure(stage: &Stage, who: Who, modern: bool, time: Duration) -> anyhow::Result<Sample> {
    let tools: &[&str] = match who {
        Who::Bare => &[],
        Who::Ours => &["--tools", "3"],
        Who::Python | Who::TypeScript => &["3"],
    };
    let mut command = stage.command(who, None, tools)?.into_std();
    let mut child = command.stdin(Stdio::piped()).stdout(Stdio::piped()).spawn()?;
    let id = child.id();
    let mut pipe = Pipe {
        input: child.stdin.take().context("stdin is piped")?,
        output: BufReader::with_capacity(64 * 1024, child.stdout.take().context("stdout is piped")?),
        line: String::new(),
    };
    // Blocking reads and writes cost less than the servers. When the time is up, killing the server ends them.
    let working = tokio::task::spawn_blocking(move || {
        if !modern && who != Who::Bare {
            pipe.open()?;
        }
        let way = if modern { Way::Modern } else { Way::Session };
        pipe.run(&call::echo(way), time / 5)?;
        let before = cpu(id)?;
        let latencies = pipe.run(&call::echo(way), time)?;
        let used = cpu(id)?.saturating_sub(before);
        let at = |share: f64| latencies[(share * (latencies.len() - 1) as f64).round() as usize];
        anyhow::Ok(Sample {
            p50: at(0.5),
            p99: at(0.99),
            cpu: used.as_secs_f64() * 1e6 / latencies.len() as f64,
            memory: memory(id)?,
        })
    });
    let result = tokio::time::timeout(PATIENCE + time * 2, working).await;
    let _ = child.kill();
    let _ = child.wait();
    result.context("a server does not answer")??
}

/// A server's pipes.
struct Pipe {
    input: std::process::ChildStdin,
    output: BufReader<std::process::ChildStdout>,
    line: String,
}

impl Pipe {
    fn exchange(&mut self, message: &[u8]) -> anyhow::Result<()> {
        self.input.write_all(message)?;
        self.line.clear();
        ensure!(self.output.read_line(&mut self.line)? > 0, "the server ended");
        Ok(())
    }

    /// The handshake of 2025-11-25.
    fn open(&mut self) -> anyhow::Result<()> {
        let client = json!({ "name": "bench", "version": "1.0.0" });
        let params = json!({ "protocolVersion": "2025-11-25", "capabilities": {}, "clientInfo": client });
        self.exchange(&line(&json!({ "jsonrpc": "2.0", "id": 0, "method": "initialize", "params": params })))?;
        self.input.write_all(&line(&json!({ "jsonrpc": "2.0", "method": "notifications/initialized" })))?;
        Ok(())
    }

    /// Calls for a while, and returns the latencies, sorted.
    fn run(&mut self, call: &Call, time: Duration) -> anyhow::Result<Vec<Duration>> {
        let start = Instant::now();
        let mut latencies = Vec::new();
        while latencies.is_empty() || start.elapsed() < time {
            let message = line(&call.body(latencies.len() as u64 + 1));
            let sent = Instant::now();
            self.exchange(&message)?;
            latencies.push(sent.elapsed());
            ensure!(self.line.contains("\"result\":"), "no result: {}", self.line);
        }
        latencies.sort_unstable();
        Ok(latencies)
    }
}

fn line(message: &Value) -> Vec<u8> {
    format!("{message}\n").into_bytes()
}
