//! The lesson over the wire: the real binary, a real client, four legs.

mod agent;
mod client_model;
mod contract;
mod errors;
#[cfg(unix)]
mod host;
mod principals;
mod provider;
mod state;
mod tools;

use mcp_support::{
    client::Recorder,
    testing::{Leg, Program},
};
use rmcp::{RoleClient, model::CallToolResult, service::RunningService};
use serde_json::Value;

/// The lesson's binary, which asks nobody but its embedded model.
fn embedded() -> Program {
    Program::new(env!("CARGO_BIN_EXE_mcp-sampling")).with_env("SAMPLING_BACKENDS", "embedded")
}

/// The lesson's binary, which asks its client and nobody else.
fn asking() -> Program {
    Program::new(env!("CARGO_BIN_EXE_mcp-sampling")).with_env("SAMPLING_BACKENDS", "client")
}

/// A client without a model, on one leg.
async fn plain(program: &Program, leg: Leg) -> anyhow::Result<RunningService<RoleClient, Recorder>> {
    program.client(leg, Recorder::default()).await
}

fn text(result: &CallToolResult) -> &str {
    result.content.first().and_then(|block| block.as_text()).map_or("no text", |text| &text.text)
}

fn structure(result: &CallToolResult) -> &Value {
    static NONE: Value = Value::Null;
    result.structured_content.as_ref().unwrap_or(&NONE)
}
