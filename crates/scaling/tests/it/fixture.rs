//! What the tests share.

use std::{net::SocketAddr, path::Path, time::Duration};

use mcp_scaling::cluster::Cluster;
use mcp_support::{
    client::{Recorder, Revision, Target, call, connect},
    testing::Program,
};
use rmcp::{RoleClient, model::CallToolResult, service::RunningService};
use serde_json::{Value, json};

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
    settled(&client, 3).await?;
    Ok((cluster, client))
}

/// Waits until the cluster has this many nodes.
pub(crate) async fn settled(client: &Client, count: usize) -> anyhow::Result<()> {
    let settling = async {
        loop {
            if let Ok(status) = call(client, "cluster_status", json!({})).await
                && structure(&status)["nodes"].as_array().map(Vec::len) == Some(count)
            {
                return;
            }
            tokio::time::sleep(Duration::from_millis(50)).await;
        }
    };
    Ok(tokio::time::timeout(Duration::from_secs(20), settling).await?)
}

pub(crate) fn text(result: &CallToolResult) -> &str {
    result.content.first().and_then(|block| block.as_text()).map_or("no text", |text| &text.text)
}

pub(crate) fn structure(result: &CallToolResult) -> Value {
    result.structured_content.clone().unwrap_or_default()
}
