//! As much of an HTTP/1.1 client as a load needs: it costs less than the servers that it measures.

use anyhow::{Context as _, ensure};
use serde_json::{Value, json};
use tokio::{
    io::{AsyncReadExt, AsyncWriteExt},
    net::TcpStream,
    time::timeout,
};

use super::{
    PATIENCE,
    call::{Call, Request, Way, post},
};

/// One connection that stays open.
#[derive(Debug)]
pub struct Connection {
    address: String,
    stream: TcpStream,
    buffer: Vec<u8>,
}

/// An answer, which has been read to its end.
#[derive(Debug, Clone, Copy)]
pub struct Reply {
    /// Of HTTP.
    pub status: u16,
    /// Head and body together.
    pub bytes: usize,
}

/// Where the body of an answer ends.
enum Body {
    Length(usize),
    Chunked,
}

impl Connection {
    /// Connects to `address` (`HOST:PORT`).
    ///
    /// # Errors
    /// Nobody listens there.
    pub async fn open(address: &str) -> anyhow::Result<Self> {
        let stream = timeout(PATIENCE, TcpStream::connect(address)).await.context("no connection in time")??;
        stream.set_nodelay(true)?;
        Ok(Self { address: address.to_owned(), stream, buffer: Vec::with_capacity(16 * 1024) })
    }

    /// Connects, and opens a session where the call needs one. The second value is the request to send again and again.
    ///
    /// # Errors
    /// As for [`Self::open`] and [`Self::open_session`].
    pub async fn ready(address: &str, call: &Call) -> anyhow::Result<(Self, Request)> {
        let mut connection = Self::open(address).await?;
        let session = if call.way() == Way::Session { Some(connection.open_session(call).await?) } else { None };
        Ok((connection, call.request(address, session.as_deref())))
    }

    /// Sends a request and reads the whole answer.
    ///
    /// # Errors
    /// The connection breaks, or nothing comes in time.
    pub async fn exchange(&mut self, request: &[u8]) -> anyhow::Result<Reply> {
        timeout(PATIENCE, async {
            self.stream.write_all(request).await?;
            self.buffer.clear();
            let head = self.read_until(b"\r\n\r\n", 0).await?;
            let (status, body) = parse(&self.buffer[..head])?;
            match body {
                Body::Length(length) => {
                    while self.buffer.len() < head + length {
                        self.read().await?;
                    }
                }
                // A chunk of JSON holds no empty line, so this is the end.
                Body::Chunked => {
                    self.read_until(b"\r\n0\r\n\r\n", head - 2).await?;
                }
            }
            anyhow::Ok(Reply { status, bytes: self.buffer.len() })
        })
        .await
        .context("no answer in time")?
    }

    /// Sends a request, and reads until the answer holds `mark`. For streams that stay open.
    ///
    /// # Errors
    /// As for [`Self::exchange`].
    pub async fn begin(&mut self, request: &[u8], mark: &[u8]) -> anyhow::Result<()> {
        timeout(PATIENCE, async {
            self.stream.write_all(request).await?;
            self.buffer.clear();
            self.read_until(mark, 0).await?;
            anyhow::Ok(())
        })
        .await
        .context("no answer in time")?
    }

    /// Reads on until `mark` has come `count` times.
    ///
    /// # Errors
    /// As for [`Self::exchange`].
    pub async fn hear(&mut self, mark: &[u8], count: usize) -> anyhow::Result<()> {
        let listening = async {
            let mut heard = 0;
            loop {
                let mut end = 0;
                while let Some(at) = find(&self.buffer, mark, end) {
                    heard += 1;
                    end = at + mark.len();
                }
                self.buffer.drain(..end);
                if heard >= count {
                    return anyhow::Ok(());
                }
                self.read().await?;
            }
        };
        timeout(PATIENCE, listening).await.context("nothing came in time")?
    }

    /// Opens a session of 2025-11-25 for calls like this one, with the headers that it has, and returns the session's id.
    ///
    /// # Errors
    /// As for [`Self::exchange`], or the server has no sessions.
    pub async fn open_session(&mut self, call: &Call) -> anyhow::Result<String> {
        let client = json!({ "name": "bench", "version": "1.0.0" });
        let params = json!({ "protocolVersion": "2025-11-25", "capabilities": {}, "clientInfo": client });
        let initialize = json!({ "jsonrpc": "2.0", "id": 1, "method": "initialize", "params": params });
        let reply = self.exchange(&post(&self.address, &initialize.to_string(), call.headers())).await?;
        ensure!(reply.status == 200, "no session: {}", self.last_text());
        let text = self.last_text().to_ascii_lowercase();
        let id = text.lines().find_map(|line| line.strip_prefix("mcp-session-id: ")).context("no session id")?;
        let session = id.trim().to_owned();
        let initialized = json!({ "jsonrpc": "2.0", "method": "notifications/initialized" });
        let headers = format!("mcp-session-id: {session}\r\nmcp-protocol-version: 2025-11-25\r\n{}", call.headers());
        let reply = self.exchange(&post(&self.address, &initialized.to_string(), &headers)).await?;
        ensure!(reply.status == 202, "the session does not begin: {}", self.last_text());
        Ok(session)
    }

    /// Whether the last answer is a result, and none with `isError`.
    pub fn last_is_result(&self) -> bool {
        let holds = |mark| find(&self.buffer, mark, 0).is_some();
        holds(b"\"result\":") && !holds(b"\"isError\":true")
    }

    /// The result in the last answer, also out of an event.
    ///
    /// # Errors
    /// It has none.
    pub fn last_result(&self) -> anyhow::Result<Value> {
        let text = std::str::from_utf8(self.last_body())?;
        let data = text.lines().filter_map(|line| line.strip_prefix("data:")).find(|data| data.contains("\"result\""));
        let mut message: Value = serde_json::from_str(data.unwrap_or(text)).with_context(|| self.last_text())?;
        Ok(message["result"].take())
    }

    /// How the last answer begins, as text.
    pub fn last_text(&self) -> String {
        String::from_utf8_lossy(&self.buffer[..self.buffer.len().min(2000)]).into_owned()
    }

    /// The body of the last answer, with the sizes of its chunks if it came in chunks.
    pub fn last_body(&self) -> &[u8] {
        let head = find(&self.buffer, b"\r\n\r\n", 0).map_or(0, |at| at + 4);
        &self.buffer[head..]
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
        ensure!(read > 0, "the server closed the connection: {}", self.last_text());
        Ok(())
    }
}

fn find(bytes: &[u8], mark: &[u8], from: usize) -> Option<usize> {
    bytes.get(from..)?.windows(mark.len()).position(|window| window == mark).map(|at| from + at)
}

fn parse(head: &[u8]) -> anyhow::Result<(u16, Body)> {
    let head = std::str::from_utf8(head).context("the head is no text")?;
    let status = head.get(9..12).and_then(|status| status.parse().ok()).context("no status")?;
    let mut body = Body::Length(0);
    for line in head.lines().skip(1) {
        let Some((name, value)) = line.split_once(':') else { continue };
        if name.eq_ignore_ascii_case("content-length") {
            body = Body::Length(value.trim().parse()?);
        } else if name.eq_ignore_ascii_case("transfer-encoding") {
            body = Body::Chunked;
        }
    }
    Ok((status, body))
}
