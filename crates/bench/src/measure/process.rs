//! A server as a process of its own, on a core of its own.

use std::{
    net::{Ipv4Addr, TcpListener},
    path::{Path, PathBuf},
    process::Stdio,
    time::{Duration, Instant},
};

use anyhow::{Context as _, bail};
use mcp_support::{
    client::{cpu, memory_kib},
    load::Connection,
};
use tokio::process::{Child, Command};

/// How long a server may take to listen.
const PATIENCE: Duration = Duration::from_secs(60);
/// How often a server that starts is asked whether it listens.
const ASK: Duration = Duration::from_micros(200);

/// Who does the work.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) enum Who {
    /// A bare handler or loop with serde_json.
    Bare,
    Ours,
    Python,
    TypeScript,
}

impl Who {
    pub(crate) const ALL: [Self; 4] = [Self::Bare, Self::Ours, Self::Python, Self::TypeScript];

    pub(crate) fn name(self) -> &'static str {
        match self {
            Self::Bare => "bare",
            Self::Ours => "this workspace",
            Self::Python => "Python SDK",
            Self::TypeScript => "TypeScript SDK",
        }
    }
}

/// Where programs are, and on which core servers run.
#[derive(Debug, Clone)]
pub(crate) struct Stage {
    /// Root of the workspace.
    root: PathBuf,
    /// Files that the bare servers answer with.
    pub(crate) answers: PathBuf,
    /// Whether there are two cores, so that servers get one of their own.
    pub(crate) pinned: bool,
}

impl Stage {
    pub(crate) fn new(answers: &Path) -> anyhow::Result<Self> {
        let root = std::env::current_dir()?;
        let pinned = std::fs::read_to_string("/proc/cpuinfo")
            .is_ok_and(|text| text.lines().filter(|line| line.starts_with("processor")).count() > 1);
        Ok(Self { root, answers: answers.to_owned(), pinned })
    }

    /// Whether the outside SDKs are installed.
    pub(crate) fn has(&self, who: Who) -> bool {
        match who {
            Who::Bare | Who::Ours => true,
            Who::Python => self.python().is_file(),
            Who::TypeScript => self.root.join(".tools/npm/node_modules/@modelcontextprotocol/server").is_dir(),
        }
    }

    fn python(&self) -> PathBuf {
        self.root.join(".tools/python/bin/python")
    }

    /// The command of a server: `http` with a port, or `stdio`.
    pub(crate) fn command(&self, who: Who, port: Option<u16>, more: &[&str]) -> anyhow::Result<Command> {
        let own = std::env::current_exe()?;
        let servers = self.root.join("crates/bench/servers");
        let mut command = if self.pinned {
            let mut command = Command::new("taskset");
            command.args(["-c", "0"]);
            command
        } else {
            Command::new("env")
        };
        let transport = if port.is_some() { "http" } else { "stdio" };
        match who {
            Who::Ours => drop(command.arg(own).arg(transport)),
            Who::Bare => {
                command.arg(own).arg(format!("bare-{transport}")).arg("--answers").arg(&self.answers);
            }
            Who::Python => drop(command.arg(self.python()).arg(servers.join("server.py")).arg(transport)),
            Who::TypeScript => {
                let node = self.root.join(".tools/npm/node_modules/.bin/node");
                command.arg(node).arg(servers.join("server.mjs")).arg(transport);
            }
        }
        match (who, port) {
            (Who::Ours | Who::Bare, Some(port)) => drop(command.arg("--bind").arg(format!("127.0.0.1:{port}"))),
            (_, Some(port)) => drop(command.arg(port.to_string())),
            (_, None) => {}
        }
        command.args(more).env("RUST_LOG", "warn").env_remove("MCP_STATELESS").stderr(Stdio::null()).kill_on_drop(true);
        Ok(command)
    }

    /// Starts a server over HTTP, and waits until it takes connections.
    pub(crate) async fn http(&self, who: Who, more: &[&str]) -> anyhow::Result<Process> {
        let port = free_port()?;
        let mut command = self.command(who, Some(port), more)?;
        let child = command.stdin(Stdio::null()).stdout(Stdio::null()).spawn().context("cannot start a server")?;
        Process::listening(child, format!("127.0.0.1:{port}")).await
    }
}

/// A port that was free a moment ago.
pub(crate) fn free_port() -> anyhow::Result<u16> {
    Ok(TcpListener::bind((Ipv4Addr::LOCALHOST, 0))?.local_addr()?.port())
}

/// A running server. Killed when dropped.
pub(crate) struct Process {
    child: Child,
    /// `HOST:PORT`.
    pub(crate) address: String,
}

impl Process {
    /// Waits until `child` listens on `address`.
    pub(crate) async fn listening(mut child: Child, address: String) -> anyhow::Result<Self> {
        let start = Instant::now();
        while Connection::open(&address).await.is_err() {
            if let Some(status) = child.try_wait()? {
                bail!("a server ended before it listened: {status}");
            }
            if start.elapsed() > PATIENCE {
                bail!("a server does not listen");
            }
            tokio::time::sleep(ASK).await;
        }
        Ok(Self { child, address })
    }

    /// CPU time so far, of all its threads.
    pub(crate) fn cpu(&self) -> anyhow::Result<Duration> {
        cpu(self.id()?)
    }

    /// Resident memory, in MiB.
    pub(crate) fn memory(&self) -> anyhow::Result<f64> {
        memory(self.id()?)
    }

    fn id(&self) -> anyhow::Result<u32> {
        self.child.id().context("the server has ended")
    }

    /// Asks it to end, and waits.
    pub(crate) async fn end(mut self) -> anyhow::Result<()> {
        Command::new("kill").arg(self.id()?.to_string()).status().await?;
        tokio::time::timeout(PATIENCE, self.child.wait()).await.context("a server does not end")??;
        Ok(())
    }
}

/// Resident memory of a process, in MiB.
pub(crate) fn memory(process: u32) -> anyhow::Result<f64> {
    Ok(memory_kib(process)? as f64 / 1024.0)
}
