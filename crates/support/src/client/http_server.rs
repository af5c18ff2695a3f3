//! A server that runs as a process of its own.

use std::{
    path::Path,
    process::{ExitStatus, Stdio},
    time::Duration,
};

use anyhow::{Context as _, bail, ensure};
use tokio::{
    io::{AsyncBufReadExt, BufReader},
    process::{Child, ChildStderr, Command},
    sync::watch,
};

/// How long anything may take in a test or a tour. Generous, because test machines are slow.
pub const PATIENCE: Duration = Duration::from_secs(30);

/// A server that runs as a process of its own on a free port. Killed when dropped.
pub struct HttpServer {
    /// Its endpoint, such as `http://127.0.0.1:40001/mcp`.
    pub url: String,
    child: Child,
    log: watch::Receiver<String>,
}

impl HttpServer {
    /// Starts `program http --bind 127.0.0.1:0` with more arguments, and waits until it listens.
    ///
    /// # Errors
    /// It ends, or does not listen in time.
    pub async fn start(program: &Path, arguments: &[&str]) -> anyhow::Result<Self> {
        Self::start_with(program, arguments, &[]).await
    }

    /// The same with variables.
    ///
    /// # Errors
    /// As [`HttpServer::start`].
    pub async fn start_with(
        program: &Path,
        arguments: &[&str],
        environment: &[(String, String)],
    ) -> anyhow::Result<Self> {
        Self::start_command(program, "http", arguments, environment).await
    }

    /// The same for another command than `http` that listens too.
    ///
    /// # Errors
    /// As [`HttpServer::start`].
    pub async fn start_command(
        program: &Path,
        command: &str,
        arguments: &[&str],
        environment: &[(String, String)],
    ) -> anyhow::Result<Self> {
        Self::start_on(program, command, "127.0.0.1:0", arguments, environment).await
    }

    /// The same on an address of the caller's choice.
    ///
    /// # Errors
    /// As [`HttpServer::start`].
    pub async fn start_on(
        program: &Path,
        command: &str,
        bind: &str,
        arguments: &[&str],
        environment: &[(String, String)],
    ) -> anyhow::Result<Self> {
        let name = command;
        let mut command = Command::new(program);
        command.args([name, "--bind", bind]).args(arguments);
        command.envs(environment.iter().map(|(name, value)| (name, value)));
        let mut child = command.stdin(Stdio::null()).stderr(Stdio::piped()).kill_on_drop(true).spawn()?;
        let stderr = child.stderr.take().context("stderr is piped")?;
        let (sender, mut log) = watch::channel(String::new());
        tokio::spawn(collect(stderr, sender));
        // Ends with an error when the process has closed its stderr.
        let _ = tokio::time::timeout(PATIENCE, log.wait_for(|log| listening_url(log).is_some())).await;
        let Some(url) = listening_url(&log.borrow()) else {
            bail!("{} does not listen: {}", program.display(), log.borrow().trim());
        };
        Ok(Self { url, child, log })
    }

    /// The server's origin, such as `http://127.0.0.1:40001`.
    pub fn origin(&self) -> &str {
        self.url.trim_end_matches("/mcp")
    }

    /// The server's address, such as `127.0.0.1:40001`.
    pub fn address(&self) -> &str {
        self.origin().trim_start_matches("http://")
    }

    /// The process.
    pub fn id(&self) -> Option<u32> {
        self.child.id()
    }

    /// What it has written to stderr.
    pub fn log(&self) -> String {
        self.log.borrow().clone()
    }

    /// Sends SIGTERM.
    ///
    /// # Errors
    /// The process has ended already.
    pub async fn terminate(&self) -> anyhow::Result<()> {
        let id = self.child.id().context("the server has ended")?;
        terminate(id).await
    }

    /// Sends a signal, such as `STOP` or `CONT`.
    ///
    /// # Errors
    /// The process has ended already.
    pub async fn signal(&self, name: &str) -> anyhow::Result<()> {
        let id = self.child.id().context("the server has ended")?;
        signal(id, name).await
    }

    /// Waits for the end of the process.
    ///
    /// # Errors
    /// It does not end in time.
    pub async fn wait(&mut self) -> anyhow::Result<ExitStatus> {
        Ok(tokio::time::timeout(PATIENCE, self.child.wait()).await.context("the server does not end")??)
    }

    /// CPU time so far, as [`cpu`].
    ///
    /// # Errors
    /// The process has ended, or this is no Linux.
    pub fn cpu(&self) -> anyhow::Result<Duration> {
        cpu(self.child.id().context("the server has ended")?)
    }

    /// Resident memory in KiB (Linux).
    ///
    /// # Errors
    /// The process has ended, or this is no Linux.
    pub fn memory_kib(&self) -> anyhow::Result<u64> {
        memory_kib(self.child.id().context("the server has ended")?)
    }
}

/// CPU time of a process so far, of all its threads, in user and kernel mode (Linux).
///
/// # Errors
/// There is no such process, or this is no Linux.
pub fn cpu(id: u32) -> anyhow::Result<Duration> {
    let text = std::fs::read_to_string(format!("/proc/{id}/stat")).context("CPU is counted on Linux only")?;
    // The name, in parentheses, may hold anything.
    let fields: Vec<&str> = text.rsplit(") ").next().unwrap_or_default().split(' ').collect();
    let ticks = |index: usize| -> anyhow::Result<u64> { Ok(fields.get(index).context("no such field")?.parse()?) };
    // Linux counts in hundredths of a second for user space on every platform.
    Ok(Duration::from_millis((ticks(11)? + ticks(12)?) * 10))
}

/// Resident memory of a process in KiB (Linux).
///
/// # Errors
/// There is no such process, or this is no Linux.
pub fn memory_kib(id: u32) -> anyhow::Result<u64> {
    let text = std::fs::read_to_string(format!("/proc/{id}/status"))?;
    let line = text.lines().find_map(|line| line.strip_prefix("VmRSS:")).context("no VmRSS")?;
    Ok(line.trim().trim_end_matches("kB").trim().parse()?)
}

/// Sends SIGTERM to a process. A program does it, because the standard library cannot.
pub(crate) async fn terminate(id: u32) -> anyhow::Result<()> {
    signal(id, "TERM").await
}

async fn signal(id: u32, name: &str) -> anyhow::Result<()> {
    let status = Command::new("kill").arg(format!("-{name}")).arg(id.to_string()).status().await?;
    ensure!(status.success(), "kill: {status}");
    Ok(())
}

fn listening_url(log: &str) -> Option<String> {
    log.lines().find_map(|line| line.strip_prefix("listening on ")).map(str::to_owned)
}

async fn collect(stderr: ChildStderr, log: watch::Sender<String>) {
    let mut lines = BufReader::new(stderr).lines();
    while let Ok(Some(line)) = lines.next_line().await {
        log.send_modify(|log| {
            log.push_str(&line);
            log.push('\n');
        });
    }
}
