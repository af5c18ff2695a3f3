//! What the answers of a cluster say.

pub(super) use mcp_support::client::{structure, text};
use std::collections::BTreeMap;

use mcp_support::client::{Recorder, call};
use rmcp::{RoleClient, service::RunningService};
use serde_json::{Value, json};

pub(super) type Client = RunningService<RoleClient, Recorder>;

/// How many calls each node has answered.
pub(super) async fn nodes_that_answer(client: &Client, calls: usize) -> anyhow::Result<BTreeMap<String, usize>> {
    let mut seen = BTreeMap::new();
    for _ in 0..calls {
        let info = structure(&call(client, "node_info", json!({})).await?).clone();
        *seen.entry(name(&info)).or_default() += 1;
    }
    Ok(seen)
}

pub(super) fn name(structure: &Value) -> String {
    structure["node"].as_str().unwrap_or("nobody").to_owned()
}
