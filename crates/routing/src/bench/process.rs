//! A server of this program, as a process of its own.

use std::{net::SocketAddr, process::Stdio, time::Duration};

use anyhow::{Context as _, bail};
use tokio::{
    io::{AsyncBufReadExt, BufReader},
    process::{Child, Command},
};

/// Time for a server to listen.
const PATIENCE: Duration = Duration::from_secs(60);

/// A running server. Killed when dropped.
pub(super) struct Process {
    child: Child,
    pub(super) address: SocketAddr,
}

impl Process {
    /// Starts it, and waits until it says where it listens.
    pub(super) async fn start(arguments: &[&str]) -> anyhow::Result<Self> {
        let mut command = Command::new(std::env::current_exe()?);
        command.args(arguments).env("RUST_LOG", "warn").env_remove("MCP_STATELESS").env_remove("ROUTING_ROUTES");
        command.stdin(Stdio::null()).stdout(Stdio::null()).stderr(Stdio::piped()).kill_on_drop(true);
        let mut child = command.spawn().context("cannot start a server")?;
        let mut lines = BufReader::new(child.stderr.take().context("no stderr")?).lines();
        let listening = async {
            while let Some(line) = lines.next_line().await? {
                if let Some(url) = line.strip_prefix("listening on http://") {
                    return Ok(url.trim_end_matches("/mcp").parse()?);
                }
                eprintln!("{line}");
            }
            bail!("a server ended before it listened")
        };
        let address = tokio::time::timeout(PATIENCE, listening).await.context("a server does not listen")??;
        // Ends with the server: a pipe that nobody reads would stop it.
        tokio::spawn(async move { while let Ok(Some(_)) = lines.next_line().await {} });
        Ok(Self { child, address })
    }

    pub(super) fn cpu(&self) -> anyhow::Result<Duration> {
        cpu(self.child.id())
    }
}

/// CPU time of a process so far, of all its threads, in user and kernel mode.
pub(super) fn cpu(process: Option<u32>) -> anyhow::Result<Duration> {
    let process = process.context("a process has ended")?;
    let text = std::fs::read_to_string(format!("/proc/{process}/stat")).context("CPU is counted on Linux only")?;
    // The name, in parentheses, may hold anything.
    let fields: Vec<&str> = text.rsplit(") ").next().unwrap_or_default().split(' ').collect();
    let ticks = |index: usize| -> anyhow::Result<u64> { Ok(fields.get(index).context("no such field")?.parse()?) };
    // Linux counts in hundredths of a second for user space on every platform.
    Ok(Duration::from_millis((ticks(11)? + ticks(12)?) * 10))
}
