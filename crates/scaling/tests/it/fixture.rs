//! What the tests share.

pub(crate) use mcp_support::client::{structure, text};
use std::{net::SocketAddr, path::Path};

use mcp_scaling::cluster::Cluster;
use mcp_support::{
    client::{Recorder, Revision, Target, connect},
    testing::Program,
};
use rmcp::{RoleClient, service::RunningService};

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
