//! What the tests share.

use std::{net::SocketAddr, path::Path};

use mcp_scaling::cluster::Cluster;
use mcp_support::{
    client::{Recorder, Revision, Target, connect},
    testing::Program,
};
use rmcp::{RoleClient, model::CallToolResult, service::RunningService};
use serde_json::Value;

pub(crate) const BINARY: &str = env!("CARGO_BIN_EXE_mcp-scaling");

pub(crate) type Client = RunningService<RoleClient, Recorder>;

pub(crate) fn program() -> Program {
    Program::new(BINARY).with_env("SCALING_NODE", "only")
}

/// Three nodes, and a client of their balancer.
pub(crate) async fn cluster(revision: Revision) -> anyhow::Result<(Cluster, Client)> {
    let free = SocketAddr::from(([127, 0, 0, 1], 0));
    let cluster = Cluster::start(Path::new(BINARY), 3, None, free, &[]).await?;
    let client = connect(&Target::Url(cluster.url().to_owned()), revision, Recorder::default(), None).await?;
    Ok((cluster, client))
}

pub(crate) fn text(result: &CallToolResult) -> &str {
    result.content.first().and_then(|block| block.as_text()).map_or("no text", |text| &text.text)
}

pub(crate) fn structure(result: &CallToolResult) -> Value {
    result.structured_content.clone().unwrap_or_default()
}
