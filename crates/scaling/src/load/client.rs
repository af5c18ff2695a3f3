//! One call over HTTP, without a client's machinery: what a load generator spends on itself, it cannot measure.

use std::time::Duration;

use mcp_support::cli::UsageError;
use serde_json::{Value, json};

/// Sends calls in 2026-07-28.
#[derive(Clone)]
pub(super) struct Caller {
    client: reqwest::Client,
    url: String,
}

/// What became of a call.
#[derive(Debug)]
pub(super) enum Reply {
    /// The structure of the answer.
    Answer(Value),
    /// The tool has refused for good.
    Refused(String),
    /// It may be sent again: nobody was reached, or whoever was asked is lost, busy or without its store.
    Again(&'static str),
}

/// How long one attempt may take: a little longer than a node's deadline.
const ATTEMPT: Duration = Duration::from_secs(6);

impl Caller {
    pub(super) fn new(url: &str) -> anyhow::Result<Self> {
        if !url.starts_with("http://") && !url.starts_with("https://") {
            return Err(UsageError(format!("{url} is no http:// or https:// URL")).into());
        }
        let client = reqwest::Client::builder()
            .no_proxy()
            .connect_timeout(Duration::from_secs(1))
            .timeout(ATTEMPT)
            .pool_max_idle_per_host(1024)
            .build()?;
        Ok(Self { client, url: url.to_owned() })
    }

    pub(super) fn url(&self) -> &str {
        &self.url
    }

    pub(super) async fn call(&self, tool: &str, arguments: &Value) -> Reply {
        let body = json!({
            "jsonrpc": "2.0", "id": 1, "method": "tools/call",
            "params": { "name": tool, "arguments": arguments, "_meta": {
                "io.modelcontextprotocol/protocolVersion": "2026-07-28",
                "io.modelcontextprotocol/clientInfo": { "name": "mcp-scaling-load", "version": env!("CARGO_PKG_VERSION") },
                "io.modelcontextprotocol/clientCapabilities": {},
            } },
        });
        let request = self
            .client
            .post(&self.url)
            .header("content-type", "application/json")
            .header("accept", "application/json, text/event-stream")
            .header("mcp-protocol-version", "2026-07-28")
            .header("mcp-method", "tools/call")
            .header("mcp-name", tool)
            .body(body.to_string());
        let Ok(response) = request.send().await else { return Reply::Again("no answer") };
        match response.status().as_u16() {
            200 => {}
            502 | 504 => return Reply::Again("a node was lost"),
            429 => return Reply::Again("over its rate"),
            503 => return Reply::Again("turned away"),
            other => return Reply::Refused(format!("HTTP {other}")),
        }
        let Ok(text) = response.text().await else { return Reply::Again("half an answer") };
        // A node that streams sends the same as the data of an event.
        let text = text.lines().find_map(|line| line.strip_prefix("data:")).unwrap_or(&text);
        let Ok(mut answer) = serde_json::from_str::<Value>(text) else { return Reply::Again("half an answer") };
        let result = answer["result"].take();
        if result["isError"] == false {
            return Reply::Answer(result["structuredContent"].clone());
        }
        let said = result["content"][0]["text"].as_str().unwrap_or("a protocol error");
        // What the hint says: a store that is gone, a full queue, a deadline that has passed.
        if ["again in a second", "no answer within"].iter().any(|hint| said.contains(hint)) {
            return Reply::Again("told to come back");
        }
        Reply::Refused(said.to_owned())
    }
}
