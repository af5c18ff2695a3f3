//! The lesson over the wire: the real binary, a real client, four legs.

mod ask;
mod contract;
mod course;
mod download;
mod errors;
mod features;
mod legacy_tasks;
mod logs;
mod pages;
mod resources;
mod tasks;
mod tools;

use mcp_support::client::{structure, text};
use mcp_support::{
    client::Revision,
    testing::{Leg, Program, RawHttp, RawStdio},
};
use serde_json::{Value, json};

/// The lesson's binary.
fn program() -> Program {
    Program::new(env!("CARGO_BIN_EXE_mcp-protocol-features"))
}

/// Parameters of a tool call.
fn tool(name: &str, arguments: Value) -> Value {
    json!({ "name": name, "arguments": arguments })
}

/// One answer to one request, on any leg.
async fn answer(program: &Program, leg: Leg, method: &str, params: Value) -> anyhow::Result<Value> {
    if leg.http {
        let http = RawHttp::open(&program.http().await?.url, leg.revision).await?;
        let reply = http.request(1, method, params).await?;
        return Ok(reply.messages.last().cloned().unwrap_or_default());
    }
    let mut stdio = RawStdio::start(program.path())?;
    stdio.open(leg.revision).await?;
    stdio.send(&mcp_support::testing::request(leg.revision, 1, method, params)).await?;
    stdio.answer(&json!(1)).await
}

/// Parameters with a client's capabilities, as 2026-07-28 carries them.
fn with_capabilities(mut params: Value, capabilities: Value) -> Value {
    params["_meta"]["io.modelcontextprotocol/clientCapabilities"] = capabilities;
    params
}

const MODERN_HTTP: Leg = Leg { http: true, revision: Revision::Modern };
