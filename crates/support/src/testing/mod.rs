//! The real binary, four legs, raw JSON-RPC. Every wait has a deadline; a test that fails says what it was waiting for.

mod raw_http;
mod raw_stdio;

use std::{
    path::{Path, PathBuf},
    process::{ExitStatus, Stdio},
    time::Duration,
};

use anyhow::{Context as _, bail, ensure};
use rmcp::{
    ClientHandler, RoleClient,
    service::{RunningService, ServiceError},
};
use serde_json::{Value, json};
use tokio::{
    io::{AsyncBufReadExt, BufReader},
    process::{Child, ChildStderr, Command},
    sync::watch,
};

pub use self::{
    raw_http::{RawHttp, Reply},
    raw_stdio::{RawStdio, request},
};
use crate::client::{Revision, Target, connect};

/// How long anything may take in a test. Generous, because test machines are slow.
pub const PATIENCE: Duration = Duration::from_secs(30);

/// One of the two transports in one of the two revisions.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Leg {
    /// HTTP, or else stdio.
    pub http: bool,
    /// What is spoken on it.
    pub revision: Revision,
}

impl Leg {
    /// All four.
    pub const ALL: [Self; 4] = [
        Self { http: false, revision: Revision::Legacy },
        Self { http: false, revision: Revision::Modern },
        Self { http: true, revision: Revision::Legacy },
        Self { http: true, revision: Revision::Modern },
    ];
}

impl std::fmt::Display for Leg {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "{} {}", if self.http { "http" } else { "stdio" }, self.revision)
    }
}

/// The path of a workspace binary that has been built beside the running test.
///
/// # Errors
/// It has not been built; the message says how.
pub fn workspace_binary(name: &str) -> anyhow::Result<PathBuf> {
    let test = std::env::current_exe()?;
    let folder = test.ancestors().nth(2).context("a test runs from target/PROFILE/deps")?;
    let path = folder.join(format!("{name}{}", std::env::consts::EXE_SUFFIX));
    ensure!(path.exists(), "{} is missing: run `cargo build --workspace --bins`", path.display());
    Ok(path)
}

/// A server's binary and, once a leg needs it, its running HTTP server.
pub struct Program {
    path: PathBuf,
    environment: Vec<(String, String)>,
    http: tokio::sync::OnceCell<HttpServer>,
}

impl Program {
    /// The binary at `path`, usually `env!("CARGO_BIN_EXE_...")`.
    pub fn new(path: impl Into<PathBuf>) -> Self {
        Self { path: path.into(), environment: Vec::new(), http: tokio::sync::OnceCell::new() }
    }

    /// The same with a variable set in the server's environment (HTTP only).
    #[must_use]
    pub fn with_env(mut self, name: &str, value: &str) -> Self {
        self.environment.push((name.to_owned(), value.to_owned()));
        self
    }

    /// Where the binary is.
    pub fn path(&self) -> &Path {
        &self.path
    }

    /// The running HTTP server, started on a free port at the first call.
    ///
    /// # Errors
    /// It does not start.
    pub async fn http(&self) -> anyhow::Result<&HttpServer> {
        self.http.get_or_try_init(|| HttpServer::start_with(&self.path, &[], &self.environment)).await
    }

    /// A client of this server on one leg.
    ///
    /// # Errors
    /// The connection fails.
    pub async fn client<H: ClientHandler>(
        &self,
        leg: Leg,
        handler: H,
    ) -> anyhow::Result<RunningService<RoleClient, H>> {
        let target = if leg.http { Target::Url(self.http().await?.url.clone()) } else { Target::stdio(&self.path) };
        connect(&target, leg.revision, handler, None).await.with_context(|| leg.to_string())
    }
}

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
        let mut command = Command::new(program);
        command.args(["http", "--bind", "127.0.0.1:0"]).args(arguments);
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

    /// Waits for the end of the process.
    ///
    /// # Errors
    /// It does not end in time.
    pub async fn wait(&mut self) -> anyhow::Result<ExitStatus> {
        Ok(tokio::time::timeout(PATIENCE, self.child.wait()).await.context("the server does not end")??)
    }

    /// Resident memory in KiB (Linux).
    ///
    /// # Errors
    /// The process has ended, or this is no Linux.
    pub fn memory_kib(&self) -> anyhow::Result<u64> {
        let id = self.child.id().context("the server has ended")?;
        let status = std::fs::read_to_string(format!("/proc/{id}/status"))?;
        let line = status.lines().find(|line| line.starts_with("VmRSS:")).context("VmRSS")?;
        Ok(line.split_whitespace().nth(1).context("a number")?.parse()?)
    }
}

/// Sends SIGTERM to a process. A program does it, because the standard library cannot.
pub(crate) async fn terminate(id: u32) -> anyhow::Result<()> {
    let status = Command::new("kill").arg("-TERM").arg(id.to_string()).status().await?;
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

/// All that a server offers, for a snapshot: capabilities, tools, resources, templates and prompts. A part that it does
/// not have is null.
///
/// # Errors
/// A list fails for another reason than not being there.
pub async fn contract<H: ClientHandler>(client: &RunningService<RoleClient, H>) -> anyhow::Result<Value> {
    fn part<T: serde::Serialize>(result: Result<Vec<T>, ServiceError>) -> anyhow::Result<Value> {
        match result {
            Ok(items) => Ok(serde_json::to_value(items)?),
            Err(ServiceError::McpError(error)) if error.code.0 == -32601 => Ok(Value::Null),
            Err(error) => Err(error.into()),
        }
    }
    Ok(json!({
        "tools": part(client.list_all_tools().await)?,
        "resources": part(client.list_all_resources().await)?,
        "resource_templates": part(client.list_all_resource_templates().await)?,
        "prompts": part(client.list_all_prompts().await)?,
    }))
}
