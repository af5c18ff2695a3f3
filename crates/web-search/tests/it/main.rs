//! The real binary, driven from outside.

mod client;
mod outage;
mod pages;
mod secret;
mod stand_in;
mod surface;
mod wire;

use mcp_support::client::text;
use mcp_support::testing::Program;
use rmcp::model::CallToolResult;
use serde_json::Value;

/// The program with the bundled collection alone, whose index all tests share.
fn program() -> Program {
    Program::new(env!("CARGO_BIN_EXE_mcp-web-search")).with_env("WEB_SEARCH_DATA", &data("embedded"))
}

/// A folder for a test's program.
fn data(name: &str) -> String {
    format!("{}/web-search-{name}", env!("CARGO_TARGET_TMPDIR"))
}

fn structure(result: &CallToolResult) -> &Value {
    assert_ne!(result.is_error, Some(true), "{}", text(result));
    result.structured_content.as_ref().expect("a structure")
}

/// What a failed search tells programs.
fn failure(result: &CallToolResult) -> Value {
    assert_eq!(result.is_error, Some(true), "{}", text(result));
    let details = result.content.get(1).and_then(|block| block.as_text()).expect("a second block");
    serde_json::from_str::<Value>(&details.text).expect("JSON")["error"].take()
}
