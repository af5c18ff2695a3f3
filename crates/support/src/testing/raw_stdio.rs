//! Bytes to and from a server's pipes, for what a well-behaved client never sends.

use std::{path::Path, process::ExitStatus, process::Stdio};

use anyhow::Context as _;
use serde_json::{Value, json};
use tokio::{
    io::{AsyncBufReadExt, AsyncReadExt, AsyncWriteExt, BufReader},
    process::{Child, ChildStdin, ChildStdout, Command},
    time::timeout,
};

use super::PATIENCE;
use crate::client::Revision;

/// A server on pipes. Killed when dropped.
pub struct RawStdio {
    child: Child,
    stdin: Option<ChildStdin>,
    stdout: BufReader<ChildStdout>,
}

impl RawStdio {
    /// Starts `program stdio`; its log is thrown away.
    ///
    /// # Errors
    /// It cannot be started.
    pub fn start(program: &Path) -> anyhow::Result<Self> {
        Self::start_with(program, &[])
    }

    /// The same with variables.
    ///
    /// # Errors
    /// It cannot be started.
    pub fn start_with(program: &Path, environment: &[(&str, &str)]) -> anyhow::Result<Self> {
        let mut child = Command::new(program)
            .arg("stdio")
            .envs(environment.iter().copied())
            .stdin(Stdio::piped())
            .stdout(Stdio::piped())
            .stderr(Stdio::null())
            .kill_on_drop(true)
            .spawn()?;
        let stdin = child.stdin.take();
        let stdout = BufReader::new(child.stdout.take().context("stdout is piped")?);
        Ok(Self { child, stdin, stdout })
    }

    /// Sends bytes as they are.
    ///
    /// # Errors
    /// The server does not read, or its input is closed.
    pub async fn send_bytes(&mut self, bytes: &[u8]) -> anyhow::Result<()> {
        let stdin = self.stdin.as_mut().context("the input is closed")?;
        let sending = async {
            stdin.write_all(bytes).await?;
            stdin.flush().await
        };
        timeout(PATIENCE, sending).await.context("the server does not read")??;
        Ok(())
    }

    /// Sends one message as a line.
    ///
    /// # Errors
    /// As [`RawStdio::send_bytes`].
    pub async fn send(&mut self, message: &Value) -> anyhow::Result<()> {
        self.send_bytes(format!("{message}\n").as_bytes()).await
    }

    /// The next line, which has to be JSON.
    ///
    /// # Errors
    /// Nothing comes in time, the output ends, or the line is no JSON.
    pub async fn receive(&mut self) -> anyhow::Result<Value> {
        let mut line = String::new();
        let read = timeout(PATIENCE, self.stdout.read_line(&mut line)).await.context("no line in time")??;
        anyhow::ensure!(read > 0, "the output has ended");
        serde_json::from_str(&line).with_context(|| format!("no JSON: {line:?}"))
    }

    /// Receives until the answer to `id`; what comes before it is dropped.
    ///
    /// # Errors
    /// As [`RawStdio::receive`].
    pub async fn answer(&mut self, id: &Value) -> anyhow::Result<Value> {
        loop {
            let message = self.receive().await?;
            if message.get("id") == Some(id) && message.get("method").is_none() {
                return Ok(message);
            }
        }
    }

    /// Begins a session of 2025-11-25; nothing to do for 2026-07-28.
    ///
    /// # Errors
    /// The handshake fails.
    pub async fn open(&mut self, revision: Revision) -> anyhow::Result<()> {
        if revision == Revision::Legacy {
            self.send(&initialize()).await?;
            self.answer(&json!("initialize")).await?;
            self.send(&json!({"jsonrpc": "2.0", "method": "notifications/initialized"})).await?;
        }
        Ok(())
    }

    /// Closes the server's input.
    pub fn close_input(&mut self) {
        self.stdin = None;
    }

    /// Sends SIGTERM.
    ///
    /// # Errors
    /// The process has ended already.
    pub async fn terminate(&self) -> anyhow::Result<()> {
        crate::client::terminate(self.child.id().context("the server has ended")?).await
    }

    /// Whether the process has ended.
    ///
    /// # Errors
    /// The system does not say.
    pub fn has_ended(&mut self) -> anyhow::Result<bool> {
        Ok(self.child.try_wait()?.is_some())
    }

    /// Waits for the end of the process, and returns what it still wrote.
    ///
    /// # Errors
    /// It does not end in time.
    pub async fn wait(&mut self) -> anyhow::Result<(ExitStatus, String)> {
        let mut rest = String::new();
        let waiting = async {
            self.stdout.read_to_string(&mut rest).await?;
            self.child.wait().await
        };
        let status = timeout(PATIENCE, waiting).await.context("the server does not end")??;
        Ok((status, rest))
    }
}

/// The `initialize` request of 2025-11-25, with the id `initialize`.
pub fn initialize() -> Value {
    json!({"jsonrpc": "2.0", "id": "initialize", "method": "initialize", "params": {
        "protocolVersion": "2025-11-25",
        "capabilities": {},
        "clientInfo": {"name": "raw", "version": "0"},
    }})
}

/// A request of either revision.
pub fn request(revision: Revision, id: impl Into<Value>, method: &str, mut params: Value) -> Value {
    if revision == Revision::Modern {
        let meta = params["_meta"].as_object().cloned().unwrap_or_default();
        params["_meta"] = json!({
            "io.modelcontextprotocol/protocolVersion": "2026-07-28",
            "io.modelcontextprotocol/clientInfo": {"name": "raw", "version": "0"},
            "io.modelcontextprotocol/clientCapabilities": {},
        });
        for (key, value) in meta {
            params["_meta"][key] = value;
        }
    }
    json!({"jsonrpc": "2.0", "id": id.into(), "method": method, "params": params})
}
