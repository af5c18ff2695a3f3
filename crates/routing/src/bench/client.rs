//! A real client, as a process of its own: the SDK's, one call at a time on each of its connections. It says when it is
//! ready, begins when it is told to, and says what it has seen, so that the CPU of everybody is of the same time.

use std::{
    io::{self, Write as _},
    net::SocketAddr,
    process::Stdio,
    time::{Duration, Instant},
};

use anyhow::{Context as _, ensure};
use clap::Args;
use futures::future::try_join_all;
use mcp_support::{
    client::{Recorder, Revision, Target, call, connect, cpu},
    load::{Call, Seen, Way},
};
use serde::{Deserialize, Serialize};
use serde_json::Value;
use tokio::{
    io::{AsyncBufReadExt, AsyncWriteExt, BufReader, Lines},
    process::{Child, ChildStdin, ChildStdout, Command},
    time::timeout,
};

use super::BenchArgs;

const PATIENCE: Duration = Duration::from_secs(120);
const READY: &str = "ready";

/// Flags of `bench-client`.
#[derive(Debug, Clone, Args)]
pub struct ClientArgs {
    /// Address of the server
    #[arg(long, value_name = "ADDRESS")]
    pub to: SocketAddr,
    /// Which tool to call
    #[arg(long)]
    pub tool: String,
    /// Its arguments, as JSON
    #[arg(long, value_name = "JSON")]
    pub arguments: String,
    /// Speak 2025-11-25
    #[arg(long)]
    pub legacy: bool,
    /// Connections, with one call at a time on each
    #[arg(long, value_parser = clap::value_parser!(u32).range(1..=256))]
    pub connections: u32,
    /// Milliseconds to call for
    #[arg(long, value_parser = clap::value_parser!(u64).range(50..=60_000))]
    pub millis: u64,
}

/// What a client has seen, which this one says at its end.
#[derive(Serialize, Deserialize)]
pub(super) struct Report {
    pub(super) calls: u64,
    pub(super) per_second: f64,
    p50_micros: u64,
}

impl Report {
    pub(super) fn p50(&self) -> Duration {
        Duration::from_micros(self.p50_micros)
    }
}

impl From<Seen> for Report {
    fn from(seen: Seen) -> Self {
        let p50 = seen.quantile(0.5).as_micros();
        Self { calls: seen.calls, per_second: seen.per_second(), p50_micros: u64::try_from(p50).unwrap_or(u64::MAX) }
    }
}

/// Calls, when it is told to, for some time.
///
/// # Errors
/// An answer is no result.
pub async fn run(args: &ClientArgs) -> anyhow::Result<()> {
    let revision = if args.legacy { Revision::Legacy } else { Revision::Modern };
    let target = Target::Url(format!("http://{}/mcp", args.to));
    let arguments: Value = serde_json::from_str(&args.arguments).context("the arguments are no JSON")?;
    let mut clients = Vec::new();
    for _ in 0..args.connections {
        clients.push(connect(&target, revision, Recorder::default(), None).await?);
    }
    let time = Duration::from_millis(args.millis);
    let calling = async |time: Duration| {
        let start = Instant::now();
        let each = clients.iter().map(async |client| {
            let mut latencies = Vec::new();
            while latencies.is_empty() || start.elapsed() < time {
                let sent = Instant::now();
                let result = call(client, &args.tool, arguments.clone()).await?;
                ensure!(result.is_error != Some(true), "an unexpected answer: {result:?}");
                latencies.push(sent.elapsed());
            }
            anyhow::Ok(latencies)
        });
        anyhow::Ok(Seen::new(try_join_all(each).await?.concat(), start.elapsed()))
    };
    calling(time / 5).await?;
    say(READY)?;
    let mut told = BufReader::new(tokio::io::stdin()).lines();
    timeout(PATIENCE, told.next_line()).await.context("nobody says when to begin")??;
    let report = Report::from(calling(time).await?);
    say(&serde_json::to_string(&report)?)?;
    // Its CPU can be read until its input ends.
    timeout(PATIENCE, told.next_line()).await.context("nobody says when to end")??;
    Ok(())
}

fn say(line: &str) -> anyhow::Result<()> {
    let mut out = io::stdout().lock();
    writeln!(out, "{line}")?;
    Ok(out.flush()?)
}

/// A client that is ready. Killed when dropped.
pub(super) struct Client {
    child: Child,
    input: ChildStdin,
    lines: Lines<BufReader<ChildStdout>>,
}

impl Client {
    pub(super) async fn start(address: &str, call: &Call, args: &BenchArgs) -> anyhow::Result<Self> {
        let mut command = Command::new(std::env::current_exe()?);
        let (tool, arguments) = (call.params()["name"].as_str().context("no tool")?, &call.params()["arguments"]);
        command.arg("bench-client").args(["--to", address, "--tool", tool, "--arguments", &arguments.to_string()]);
        if call.way() != Way::Modern {
            command.arg("--legacy");
        }
        command.args(["--connections", &args.connections.to_string(), "--millis", &args.millis.to_string()]);
        command.env("RUST_LOG", "warn").stdin(Stdio::piped()).stdout(Stdio::piped()).kill_on_drop(true);
        let mut child = command.spawn().context("cannot start a client")?;
        let input = child.stdin.take().context("no stdin")?;
        let lines = BufReader::new(child.stdout.take().context("no stdout")?).lines();
        let mut client = Self { child, input, lines };
        ensure!(client.line().await? == READY, "the client is not ready");
        Ok(client)
    }

    /// Lets it call, and waits for its end.
    pub(super) async fn call(&mut self) -> anyhow::Result<Report> {
        self.input.write_all(b"\n").await?;
        let report: Report = serde_json::from_str(&self.line().await?)?;
        ensure!(report.calls > 0, "no call was made");
        Ok(report)
    }

    pub(super) fn cpu(&self) -> anyhow::Result<Duration> {
        cpu(self.child.id().context("the client has ended")?)
    }

    async fn line(&mut self) -> anyhow::Result<String> {
        let line = timeout(PATIENCE, self.lines.next_line()).await.context("the client says nothing")??;
        line.context("the client has ended")
    }
}
