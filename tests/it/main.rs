//! Tests that span lessons: the guards of `support` seen from outside, and the house rules for every lesson.

mod ask;
mod changes;
mod entra_local;
mod guards;
mod hostile;
mod http;
mod installed;
mod lessons;
mod limits;
mod pages;
mod resume;
mod routing;
mod sampling;
mod short_way;
mod shutdown;
mod stdio;

use mcp_support::{
    client::Revision,
    testing::{Program, RawHttp, RawStdio, Reply},
};
use serde_json::{Value, json};

/// The server whose tools misbehave.
fn probe() -> Program {
    Program::new(env!("CARGO_BIN_EXE_probe"))
}

/// Parameters of a tool call.
fn tool(name: &str, arguments: Value) -> Value {
    json!({ "name": name, "arguments": arguments })
}

/// The text of a tool's answer.
#[track_caller]
fn text(answer: &Value) -> &str {
    answer["result"]["content"][0]["text"].as_str().unwrap_or_else(|| panic!("no text: {answer}"))
}

/// One request on stdio or HTTP, for tests that do not care which.
enum Raw {
    Stdio(Box<RawStdio>),
    Http(RawHttp),
}

impl Raw {
    async fn open(program: &Program, http: bool, revision: Revision) -> anyhow::Result<Self> {
        if http {
            return Ok(Self::Http(RawHttp::open(&program.http().await?.url, revision).await?));
        }
        let mut stdio = RawStdio::start(program.path())?;
        stdio.open(revision).await?;
        Ok(Self::Stdio(Box::new(stdio)))
    }

    /// Sends one request and returns every message up to its answer, the answer last.
    async fn request(
        &mut self,
        revision: Revision,
        id: u64,
        method: &str,
        params: Value,
    ) -> anyhow::Result<Vec<Value>> {
        match self {
            Self::Http(http) => {
                let Reply { messages, status, text, .. } = http.request(id, method, params).await?;
                anyhow::ensure!(!messages.is_empty(), "no message: {status} {text}");
                Ok(messages)
            }
            Self::Stdio(stdio) => {
                stdio.send(&mcp_support::testing::request(revision, id, method, params)).await?;
                let mut messages = Vec::new();
                loop {
                    let message = stdio.receive().await?;
                    let done = message["id"] == id && message.get("method").is_none();
                    messages.push(message);
                    if done {
                        return Ok(messages);
                    }
                }
            }
        }
    }

    async fn answer(&mut self, revision: Revision, id: u64, method: &str, params: Value) -> anyhow::Result<Value> {
        Ok(self.request(revision, id, method, params).await?.pop().unwrap_or_default())
    }
}
