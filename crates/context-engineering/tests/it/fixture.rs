//! What the tests share.

pub(crate) use mcp_support::client::{structure, text};
use mcp_support::{
    client::{Recorder, call},
    testing::Program,
};
use rmcp::{RoleClient, service::RunningService};
use serde_json::{Value, json};

pub(crate) type Client = RunningService<RoleClient, Recorder>;

pub(crate) fn program() -> Program {
    Program::new(env!("CARGO_BIN_EXE_mcp-context-engineering"))
}

/// The structure of a call that has to succeed.
pub(crate) async fn done(client: &Client, tool: &str, arguments: Value) -> anyhow::Result<Value> {
    let result = call(client, tool, arguments).await?;
    anyhow::ensure!(result.is_error != Some(true), "{tool}: {}", text(&result));
    Ok(structure(&result).clone())
}

/// A context that was just opened.
pub(crate) async fn opened(client: &Client) -> anyhow::Result<String> {
    let opened = done(client, "open_context", json!({"query": "What does GUL-4112 mean?"})).await?;
    Ok(opened["context_id"].as_str().unwrap_or_default().to_owned())
}
