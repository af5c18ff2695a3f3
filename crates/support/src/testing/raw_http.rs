//! Requests to a server's URL, for what a well-behaved client never sends.

use anyhow::Context as _;
use reqwest::{
    Response, StatusCode,
    header::{ACCEPT, CONTENT_TYPE, HeaderMap, HeaderValue},
};
use serde_json::{Value, json};

use super::{
    PATIENCE,
    raw_stdio::{initialize, request},
};
use crate::client::Revision;

/// A client that sends what it is told, with the headers of its revision.
#[derive(Debug, Clone)]
pub struct RawHttp {
    client: reqwest::Client,
    url: String,
    revision: Revision,
    session: Option<HeaderValue>,
    always: HeaderMap,
}

/// An answer, read to its end.
#[derive(Debug, Clone)]
pub struct Reply {
    /// Status of the response.
    pub status: StatusCode,
    /// Headers of the response.
    pub headers: HeaderMap,
    /// Body as text.
    pub text: String,
    /// The messages in the body, one for JSON, any number for a stream, none for anything else.
    pub messages: Vec<Value>,
}

impl Reply {
    /// The last message, which is the answer.
    pub fn answer(&self) -> &Value {
        self.messages.last().unwrap_or(&Value::Null)
    }
}

impl RawHttp {
    /// Opens a session for 2025-11-25; nothing to do for 2026-07-28.
    ///
    /// # Errors
    /// The handshake fails.
    pub async fn open(url: &str, revision: Revision) -> anyhow::Result<Self> {
        Self::open_with(url, revision, HeaderMap::new()).await
    }

    /// The same with headers that every message has, such as `Authorization`.
    ///
    /// # Errors
    /// The handshake fails.
    pub async fn open_with(url: &str, revision: Revision, always: HeaderMap) -> anyhow::Result<Self> {
        let client = reqwest::Client::builder().no_proxy().build()?;
        let mut raw = Self { client, url: url.to_owned(), revision, session: None, always };
        if revision == Revision::Legacy {
            let reply = raw.post(&initialize(), HeaderMap::new()).await?;
            raw.session = reply.headers.get("mcp-session-id").cloned();
            anyhow::ensure!(raw.session.is_some(), "no session: {} {}", reply.status, reply.text);
            let initialized = json!({"jsonrpc": "2.0", "method": "notifications/initialized"});
            raw.post(&initialized, HeaderMap::new()).await?;
        }
        Ok(raw)
    }

    /// A client of 2025-11-25 for a server without sessions.
    ///
    /// # Errors
    /// There is no HTTP client on this platform.
    pub fn stateless(url: &str) -> anyhow::Result<Self> {
        let client = reqwest::Client::builder().no_proxy().build()?;
        Ok(Self { client, url: url.to_owned(), revision: Revision::Legacy, session: None, always: HeaderMap::new() })
    }

    /// The same client with other headers that every message has; a session stays the same.
    #[must_use]
    pub fn with_headers(mut self, always: HeaderMap) -> Self {
        self.always = always;
        self
    }

    /// Sends a request of this client's revision, and reads the answer to its end.
    ///
    /// # Errors
    /// No answer in time.
    pub async fn request(&self, id: impl Into<Value>, method: &str, params: Value) -> anyhow::Result<Reply> {
        self.post(&request(self.revision, id, method, params), HeaderMap::new()).await
    }

    /// Sends one message with the headers that belong to it, overridden or extended by `headers`.
    ///
    /// # Errors
    /// No answer in time.
    pub async fn post(&self, message: &Value, headers: HeaderMap) -> anyhow::Result<Reply> {
        self.post_bytes(message.to_string().into_bytes(), self.headers(message, headers)).await
    }

    /// Sends any body with any headers.
    ///
    /// # Errors
    /// No answer in time.
    pub async fn post_bytes(&self, body: Vec<u8>, headers: HeaderMap) -> anyhow::Result<Reply> {
        let sending = async { read(self.client.post(&self.url).headers(headers).body(body).send().await?).await };
        tokio::time::timeout(PATIENCE, sending).await.context("no answer in time")?
    }

    /// Sends any body with any headers, and returns the status as soon as it comes; the rest is not read.
    ///
    /// # Errors
    /// No head in time.
    pub async fn head(&self, body: Vec<u8>, headers: HeaderMap) -> anyhow::Result<StatusCode> {
        let sending = self.client.post(&self.url).headers(headers).body(body).send();
        Ok(tokio::time::timeout(PATIENCE, sending).await.context("no answer in time")??.status())
    }

    /// Sends a request and returns the response as soon as its head has come.
    ///
    /// # Errors
    /// No head in time.
    pub async fn start(&self, id: impl Into<Value>, method: &str, params: Value) -> anyhow::Result<Response> {
        let message = request(self.revision, id, method, params);
        let headers = self.headers(&message, HeaderMap::new());
        let sending = self.client.post(&self.url).headers(headers).body(message.to_string()).send();
        Ok(tokio::time::timeout(PATIENCE, sending).await.context("no answer in time")??)
    }

    /// Opens the stream of a session of 2025-11-25.
    ///
    /// # Errors
    /// No head in time.
    pub async fn get(&self) -> anyhow::Result<Response> {
        let mut headers = self.headers(&Value::Null, HeaderMap::new());
        headers.insert(ACCEPT, HeaderValue::from_static("text/event-stream"));
        let sending = self.client.get(&self.url).headers(headers).send();
        Ok(tokio::time::timeout(PATIENCE, sending).await.context("no answer in time")??)
    }

    /// The headers that go with `message`.
    pub fn headers(&self, message: &Value, more: HeaderMap) -> HeaderMap {
        let mut headers = HeaderMap::new();
        headers.insert(ACCEPT, HeaderValue::from_static("application/json, text/event-stream"));
        headers.insert(CONTENT_TYPE, HeaderValue::from_static("application/json"));
        if let Some(session) = &self.session {
            headers.insert("mcp-session-id", session.clone());
        }
        match self.revision {
            Revision::Legacy if message["method"] != "initialize" => {
                headers.insert("mcp-protocol-version", HeaderValue::from_static("2025-11-25"));
            }
            Revision::Legacy => {}
            Revision::Modern => {
                headers.insert("mcp-protocol-version", HeaderValue::from_static("2026-07-28"));
                let params = &message["params"];
                let name = ["name", "uri", "taskId"].iter().find_map(|name| params[*name].as_str());
                for (header, value) in [("mcp-method", message["method"].as_str()), ("mcp-name", name)] {
                    if let Some(value) = value.and_then(|value| HeaderValue::from_str(value).ok()) {
                        headers.insert(header, value);
                    }
                }
            }
        }
        headers.extend(self.always.clone());
        headers.extend(more);
        headers
    }
}

async fn read(response: Response) -> anyhow::Result<Reply> {
    let status = response.status();
    let headers = response.headers().clone();
    let text = response.text().await?;
    let kind = headers.get(CONTENT_TYPE).and_then(|value| value.to_str().ok()).unwrap_or_default();
    let messages = if kind.starts_with("text/event-stream") {
        let data = text.lines().filter_map(|line| line.strip_prefix("data:"));
        data.filter_map(|data| serde_json::from_str(data.trim()).ok()).collect()
    } else {
        serde_json::from_str(&text).into_iter().collect()
    };
    Ok(Reply { status, headers, text, messages })
}
