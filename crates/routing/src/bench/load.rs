//! The load: connections that stay open, with one call at a time on each. As much of an HTTP client as that needs.

use std::time::{Duration, Instant};

use anyhow::{Context as _, ensure};
use futures::future::try_join_all;
use mcp_support::client::Revision;
use serde_json::{Value, json};
use tokio::{
    io::{AsyncReadExt, AsyncWriteExt},
    net::TcpStream,
    time::timeout,
};

const PATIENCE: Duration = Duration::from_secs(30);

/// A call that can be sent again and again.
#[derive(Debug, Clone)]
pub(super) struct Call {
    revision: Revision,
    tool: String,
    arguments: String,
    body: String,
    headers: String,
}

impl Call {
    /// `asks` for progress, as the SDKs' clients always do.
    pub(super) fn new(tool: &str, arguments: &Value, revision: Revision, asks: bool) -> Self {
        let mut params = json!({ "name": tool, "arguments": arguments });
        let mut headers = format!("mcp-protocol-version: {revision}\r\n");
        if revision == Revision::Modern {
            params["_meta"] = json!({
                "io.modelcontextprotocol/protocolVersion": "2026-07-28",
                "io.modelcontextprotocol/clientInfo": { "name": "bench", "version": "1.0.0" },
                "io.modelcontextprotocol/clientCapabilities": {},
            });
            headers += &format!("mcp-method: tools/call\r\nmcp-name: {tool}\r\n");
        }
        if asks {
            params["_meta"]["progressToken"] = json!(1);
        }
        let body = json!({ "jsonrpc": "2.0", "id": 1, "method": "tools/call", "params": params }).to_string();
        Self { revision, tool: tool.to_owned(), arguments: arguments.to_string(), body, headers }
    }

    /// The same call as flags of `bench-client`.
    pub(super) fn flags(&self) -> Vec<&str> {
        let mut flags = vec!["--tool", &self.tool, "--arguments", &self.arguments];
        if self.revision == Revision::Legacy {
            flags.push("--legacy");
        }
        flags
    }
}

/// What a run of calls looked like to the client.
#[derive(Debug)]
pub(super) struct Seen {
    pub(super) calls: usize,
    pub(super) elapsed: Duration,
    pub(super) p50: Duration,
}

impl Seen {
    pub(super) fn of((mut latencies, elapsed): (Vec<Duration>, Duration)) -> Self {
        latencies.sort_unstable();
        let p50 = latencies.get(latencies.len() / 2).copied().unwrap_or_default();
        Self { calls: latencies.len(), elapsed, p50 }
    }
}

/// Sends a call again and again for some time.
pub(super) async fn run(address: &str, call: &Call, connections: u32, time: Duration) -> anyhow::Result<Seen> {
    let mut open = Vec::new();
    for _ in 0..connections {
        open.push(Connection::open(address, call).await?);
    }
    let start = Instant::now();
    let clients = open.into_iter().map(|(mut connection, request)| async move {
        let mut latencies = Vec::new();
        while latencies.is_empty() || start.elapsed() < time {
            let sent = Instant::now();
            connection.call(&request).await?;
            latencies.push(sent.elapsed());
        }
        anyhow::Ok(latencies)
    });
    let latencies = try_join_all(clients).await?.concat();
    Ok(Seen::of((latencies, start.elapsed())))
}

/// Sends each of these calls once.
pub(super) async fn each(address: &str, calls: Vec<Call>, connections: u32) -> anyhow::Result<()> {
    let share = calls.len().div_ceil(connections as usize).max(1);
    let clients = calls.chunks(share).map(|calls| async move {
        let (mut connection, _) = Connection::open(address, &calls[0]).await?;
        for call in calls {
            connection.call(&request(address, call, None)).await?;
        }
        anyhow::Ok(())
    });
    try_join_all(clients).await.map(drop)
}

fn request(address: &str, call: &Call, session: Option<&str>) -> Vec<u8> {
    let session = session.map(|session| format!("mcp-session-id: {session}\r\n")).unwrap_or_default();
    post(address, &call.body, &format!("{}{session}", call.headers))
}

fn post(address: &str, body: &str, more: &str) -> Vec<u8> {
    format!(
        "POST /mcp HTTP/1.1\r\nhost: {address}\r\naccept: application/json, text/event-stream\r\n\
         content-type: application/json\r\ncontent-length: {}\r\n{more}\r\n{body}",
        body.len()
    )
    .into_bytes()
}

struct Connection {
    stream: TcpStream,
    buffer: Vec<u8>,
}

impl Connection {
    /// A connection, with a session where the revision has them, and the request to repeat.
    async fn open(address: &str, call: &Call) -> anyhow::Result<(Self, Vec<u8>)> {
        let stream = timeout(PATIENCE, TcpStream::connect(address)).await.context("no connection in time")??;
        stream.set_nodelay(true)?;
        let mut connection = Self { stream, buffer: Vec::with_capacity(64 * 1024) };
        let session = match call.revision {
            Revision::Modern => None,
            Revision::Legacy => Some(connection.begin(address).await?),
        };
        Ok((connection, request(address, call, session.as_deref())))
    }

    /// The handshake of 2025-11-25. Returns the session's id.
    async fn begin(&mut self, address: &str) -> anyhow::Result<String> {
        let client = json!({ "name": "bench", "version": "1.0.0" });
        let params = json!({ "protocolVersion": "2025-11-25", "capabilities": {}, "clientInfo": client });
        let initialize = json!({ "jsonrpc": "2.0", "id": 0, "method": "initialize", "params": params });
        let status = self.exchange(&post(address, &initialize.to_string(), "")).await?;
        ensure!(status == 200, "no session: {}", self.text());
        let head = self.text().to_ascii_lowercase();
        let session = head.lines().find_map(|line| line.strip_prefix("mcp-session-id: ")).context("no session id")?;
        let session = session.trim().to_owned();
        let initialized = json!({ "jsonrpc": "2.0", "method": "notifications/initialized" });
        let headers = format!("mcp-session-id: {session}\r\nmcp-protocol-version: 2025-11-25\r\n");
        let status = self.exchange(&post(address, &initialized.to_string(), &headers)).await?;
        ensure!(status == 202, "the session does not begin: {}", self.text());
        Ok(session)
    }

    /// One call, whose answer has to be a result that is no error.
    async fn call(&mut self, request: &[u8]) -> anyhow::Result<()> {
        let status = self.exchange(request).await?;
        let is_result = find(&self.buffer, b"\"isError\":false", 0).is_some();
        ensure!(status == 200 && is_result, "an unexpected answer: {}", self.text());
        Ok(())
    }

    /// Sends a request, and reads the whole answer.
    async fn exchange(&mut self, request: &[u8]) -> anyhow::Result<u16> {
        let exchanging = async {
            self.stream.write_all(request).await?;
            self.buffer.clear();
            let head = self.read_until(b"\r\n\r\n", 0).await?;
            let text = std::str::from_utf8(&self.buffer[..head])?.to_ascii_lowercase();
            let status = text.get(9..12).and_then(|status| status.parse().ok()).context("no status")?;
            if text.contains("\r\ntransfer-encoding: chunked\r\n") {
                // A chunk of JSON holds no empty line, so this is the end.
                self.read_until(b"\r\n0\r\n\r\n", head - 2).await?;
                return Ok(status);
            }
            let length = text.lines().find_map(|line| line.strip_prefix("content-length:"));
            let length: usize = length.map_or(Ok(0), |length| length.trim().parse())?;
            while self.buffer.len() < head + length {
                self.read().await?;
            }
            Ok(status)
        };
        timeout(PATIENCE, exchanging).await.context("no answer in time")?
    }

    /// Reads until `mark` stands at or after `from`, and returns where it ends.
    async fn read_until(&mut self, mark: &[u8], mut from: usize) -> anyhow::Result<usize> {
        loop {
            if let Some(at) = find(&self.buffer, mark, from) {
                return Ok(at + mark.len());
            }
            from = from.max(self.buffer.len().saturating_sub(mark.len()));
            self.read().await?;
        }
    }

    async fn read(&mut self) -> anyhow::Result<()> {
        self.buffer.reserve(64 * 1024);
        let read = self.stream.read_buf(&mut self.buffer).await?;
        ensure!(read > 0, "the server closed the connection: {}", self.text());
        Ok(())
    }

    fn text(&self) -> String {
        String::from_utf8_lossy(&self.buffer[..self.buffer.len().min(2000)]).into_owned()
    }
}

fn find(bytes: &[u8], mark: &[u8], from: usize) -> Option<usize> {
    bytes.get(from..)?.windows(mark.len()).position(|window| window == mark).map(|at| from + at)
}
