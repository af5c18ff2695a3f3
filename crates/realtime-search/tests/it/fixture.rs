//! What the tests share.

use mcp_support::testing::Program;
use rmcp::model::CallToolResult;
use serde_json::Value;

/// The server, whose own feed is silent: nothing comes that a test has not sent.
pub(crate) fn program() -> Program {
    Program::new(env!("CARGO_BIN_EXE_mcp-realtime-search")).with_env("REALTIME_SEARCH_FEED_MS", "0")
}

pub(crate) fn text(result: &CallToolResult) -> &str {
    result.content.first().and_then(|block| block.as_text()).map_or("no text", |text| &text.text)
}

pub(crate) fn structure(result: &CallToolResult) -> Value {
    result.structured_content.clone().unwrap_or_default()
}

pub(crate) fn results(result: &CallToolResult) -> Vec<Value> {
    structure(result)["results"].as_array().cloned().unwrap_or_default()
}
