//! What the tests share.

pub(crate) use mcp_support::client::{structure, text};
use mcp_support::testing::Program;
use rmcp::model::CallToolResult;
use serde_json::Value;

/// The server, whose own feed is silent: nothing comes that a test has not sent.
pub(crate) fn program() -> Program {
    Program::new(env!("CARGO_BIN_EXE_mcp-realtime-search")).with_env("REALTIME_SEARCH_FEED_MS", "0")
}

pub(crate) fn results(result: &CallToolResult) -> Vec<Value> {
    structure(result)["results"].as_array().cloned().unwrap_or_default()
}
