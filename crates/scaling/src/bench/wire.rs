//! As little of a client as a load needs: connections that stay open, each with one request at a time.

use std::{
    collections::BTreeMap,
    sync::Arc,
    time::{Duration, Instant},
};

use anyhow::{Context as _, ensure};
use bytes::Bytes;
use futures::future::try_join_all;
use hdrhistogram::Histogram;
use http::{HeaderMap, Method, Request, StatusCode};
use http_body_util::{BodyExt, Full};
use hyper::client::conn::http1::{self, SendRequest};
use hyper_util::rt::TokioIo;
use serde_json::{Value, json};
use tokio::net::TcpStream;
use tokio_util::task::AbortOnDropHandle;

use crate::metrics::{histogram, micros};

/// Longer than this is broken, not slow.
const PATIENCE: Duration = Duration::from_secs(30);
/// Who was turned away comes back after this long, as no client should that has read `Retry-After`.
const PAUSE: Duration = Duration::from_millis(10);
/// Every load is this tenant's, where nothing else is said.
pub(super) const TENANT: &str = "bench";

/// How a call is made.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Way {
    Modern,
    /// 2025-11-25 on a node without sessions.
    Stateless,
    /// 2025-11-25 in a session.
    Session,
}

/// A tool call that is sent again and again.
#[derive(Debug, Clone)]
pub(super) struct Call {
    pub(super) way: Way,
    pub(super) tenant: &'static str,
    tool: &'static str,
    arguments: Value,
}

/// An answer that was read to its end.
#[derive(Debug)]
pub(super) struct Answer {
    pub(super) status: StatusCode,
    headers: HeaderMap,
    pub(super) body: Bytes,
}

impl Answer {
    /// The result of a call, out of an event where it came as one.
    pub(super) fn result(&self) -> anyhow::Result<Value> {
        let text = std::str::from_utf8(&self.body)?;
        let data = text.lines().filter_map(|line| line.strip_prefix("data:")).find(|data| data.contains("\"result\""));
        let mut message: Value =
            serde_json::from_str(data.unwrap_or(text)).with_context(|| format!("{}: {text}", self.status))?;
        Ok(message["result"].take())
    }

    /// `None` for a success, else what went wrong, in a word.
    fn failure(&self) -> Option<String> {
        if self.status != StatusCode::OK {
            return Some(self.status.as_str().to_owned());
        }
        let holds = |mark: &[u8]| self.body.windows(mark.len()).any(|window| window == mark);
        if holds(b"\"isError\":false") { None } else { Some("isError".to_owned()) }
    }
}

impl Call {
    pub(super) fn new(way: Way, tool: &'static str, arguments: Value) -> Self {
        Self { way, tenant: TENANT, tool, arguments }
    }

    pub(super) fn of(mut self, tenant: &'static str) -> Self {
        self.tenant = tenant;
        self
    }

    /// The same for a server that has no sessions.
    pub(super) fn without_session(&self) -> Self {
        let way = if self.way == Way::Session { Way::Stateless } else { self.way };
        Self { way, ..self.clone() }
    }

    fn headers(&self, session: Option<&str>) -> anyhow::Result<HeaderMap> {
        let mut headers = common(self.tenant)?;
        if self.way == Way::Modern {
            headers.insert("mcp-protocol-version", "2026-07-28".parse()?);
            headers.insert("mcp-method", "tools/call".parse()?);
            headers.insert("mcp-name", self.tool.parse()?);
        } else {
            headers.insert("mcp-protocol-version", "2025-11-25".parse()?);
        }
        if let Some(session) = session {
            headers.insert("mcp-session-id", session.parse()?);
        }
        Ok(headers)
    }

    /// Everything after the id.
    fn rest(&self) -> String {
        let mut params = json!({"name": self.tool, "arguments": self.arguments});
        if self.way == Way::Modern {
            params["_meta"] = json!({
                "io.modelcontextprotocol/protocolVersion": "2026-07-28",
                "io.modelcontextprotocol/clientInfo": {"name": "bench", "version": "1"},
                "io.modelcontextprotocol/clientCapabilities": {},
            });
        }
        format!(",\"method\":\"tools/call\",\"params\":{params}}}")
    }
}

fn common(tenant: &str) -> anyhow::Result<HeaderMap> {
    let mut headers = HeaderMap::new();
    headers.insert(http::header::HOST, "localhost".parse()?);
    headers.insert(http::header::CONTENT_TYPE, "application/json".parse()?);
    headers.insert(http::header::ACCEPT, "application/json, text/event-stream".parse()?);
    headers.insert("x-tenant", tenant.parse()?);
    Ok(headers)
}

/// One connection.
pub(super) struct Connection {
    sender: SendRequest<Full<Bytes>>,
    _driver: AbortOnDropHandle<()>,
}

impl Connection {
    pub(super) async fn open(address: &str) -> anyhow::Result<Self> {
        let stream = tokio::time::timeout(PATIENCE, TcpStream::connect(address)).await.context("no connection")??;
        stream.set_nodelay(true)?;
        let (sender, connection) = http1::handshake(TokioIo::new(stream)).await?;
        let driver = tokio::spawn(async move {
            // Its requests hear of an error, too.
            let _ = connection.await;
        });
        Ok(Self { sender, _driver: AbortOnDropHandle::new(driver) })
    }

    pub(super) async fn post(&mut self, headers: HeaderMap, body: Bytes) -> anyhow::Result<Answer> {
        let mut request = Request::new(Full::new(body));
        *request.method_mut() = Method::POST;
        *request.uri_mut() = http::Uri::from_static("/mcp");
        *request.headers_mut() = headers;
        let exchange = async {
            self.sender.ready().await?;
            let (head, body) = self.sender.send_request(request).await?.into_parts();
            let body = body.collect().await?.to_bytes();
            anyhow::Ok(Answer { status: head.status, headers: head.headers, body })
        };
        tokio::time::timeout(PATIENCE, exchange).await.context("no answer in time")?
    }

    /// Opens a session of 2025-11-25, and answers its id.
    pub(super) async fn open_session(&mut self) -> anyhow::Result<String> {
        let client = json!({"name": "bench", "version": "1"});
        let params = json!({"protocolVersion": "2025-11-25", "capabilities": {}, "clientInfo": client});
        let hello = json!({"jsonrpc": "2.0", "id": 0, "method": "initialize", "params": params});
        let opened = self.post(common(TENANT)?, hello.to_string().into()).await?;
        let id = opened.headers.get("mcp-session-id").with_context(|| format!("no session: {opened:?}"))?.clone();
        let mut headers = common(TENANT)?;
        headers.insert("mcp-session-id", id.clone());
        headers.insert("mcp-protocol-version", "2025-11-25".parse()?);
        let begun = json!({"jsonrpc": "2.0", "method": "notifications/initialized"});
        let begun = self.post(headers, begun.to_string().into()).await?;
        ensure!(begun.status == StatusCode::ACCEPTED, "the session does not begin: {begun:?}");
        Ok(id.to_str()?.to_owned())
    }

    /// Makes one call in a session, or without one.
    pub(super) async fn call(&mut self, call: &Call, session: Option<&str>) -> anyhow::Result<Answer> {
        let body = format!("{{\"jsonrpc\":\"2.0\",\"id\":1{}", call.rest());
        self.post(call.headers(session)?, body.into()).await
    }
}

/// When a load is over.
#[derive(Debug, Clone, Copy)]
pub(super) enum Until {
    Time(Duration),
    /// So many calls on each connection.
    Calls(u64),
}

/// What a load looked like to its clients.
pub(super) struct Seen {
    pub(super) answered: u64,
    /// How many failed, by how.
    pub(super) failed: BTreeMap<String, u64>,
    /// Of those that were answered, in microseconds.
    pub(super) latency: Histogram<u64>,
    pub(super) took: Duration,
}

impl Seen {
    pub(super) fn per_second(&self) -> f64 {
        self.answered as f64 / self.took.as_secs_f64()
    }

    pub(super) fn millis(&self, quantile: f64) -> f64 {
        self.latency.value_at_quantile(quantile) as f64 / 1000.0
    }

    pub(super) fn failed_with(&self, how: &str) -> u64 {
        self.failed.get(how).copied().unwrap_or_default()
    }

    pub(super) fn and_none_failed(self) -> anyhow::Result<Self> {
        ensure!(self.failed.is_empty(), "calls have failed: {:?}", self.failed);
        Ok(self)
    }
}

/// Connections that are ready to send a call.
pub(super) struct Load(Vec<Client>);

struct Client {
    connection: Connection,
    headers: HeaderMap,
    rest: Arc<str>,
}

impl Load {
    pub(super) async fn open(address: &str, call: &Call, connections: usize) -> anyhow::Result<Self> {
        let rest: Arc<str> = call.rest().into();
        let opening = (0..connections).map(|_| async {
            let mut connection = Connection::open(address).await?;
            let session = if call.way == Way::Session { Some(connection.open_session().await?) } else { None };
            anyhow::Ok(Client { connection, headers: call.headers(session.as_deref())?, rest: rest.clone() })
        });
        Ok(Self(try_join_all(opening).await?))
    }

    /// Sends the call again and again on all connections at once.
    pub(super) async fn send(&mut self, until: Until) -> anyhow::Result<Seen> {
        let began = Instant::now();
        let clients = self.0.iter_mut().map(|client| async move {
            let (mut answered, mut failed, mut latency) = (0, BTreeMap::new(), histogram());
            for at in 1_u64.. {
                let is_over = match until {
                    Until::Time(time) => began.elapsed() >= time,
                    Until::Calls(calls) => at > calls,
                };
                if is_over {
                    break;
                }
                let body = format!("{{\"jsonrpc\":\"2.0\",\"id\":{at}{}", client.rest);
                let sent = Instant::now();
                let answer = client.connection.post(client.headers.clone(), body.into()).await?;
                if let Some(how) = answer.failure() {
                    *failed.entry(how).or_default() += 1;
                    tokio::time::sleep(PAUSE).await;
                } else {
                    answered += 1;
                    latency.saturating_record(micros(sent.elapsed()));
                }
            }
            anyhow::Ok((answered, failed, latency))
        });
        let each = try_join_all(clients).await?;
        let took = began.elapsed();
        let mut seen = Seen { answered: 0, failed: BTreeMap::new(), latency: histogram(), took };
        for (answered, failed, latency) in each {
            seen.answered += answered;
            failed.into_iter().for_each(|(how, count): (String, u64)| *seen.failed.entry(how).or_default() += count);
            seen.latency.add(&latency).context("histograms of the same bounds")?;
        }
        Ok(seen)
    }
}

/// A load from open to end.
pub(super) async fn load(address: &str, call: &Call, connections: usize, until: Until) -> anyhow::Result<Seen> {
    Load::open(address, call, connections).await?.send(until).await
}
