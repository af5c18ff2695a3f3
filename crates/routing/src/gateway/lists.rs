//! What a node says of itself: its lists, and whether it answers at all.

use std::time::Duration;

use mcp_support::client::Revision;
use rmcp::model::{ClientRequest, PingRequest, Prompt, RequestMetaObject, Resource, ResourceTemplate, Tool};

use super::connection::Connection;

/// Time for a list, or for the answer to a probe.
const LISTING: Duration = Duration::from_secs(10);
/// Entries of one kind that are taken from one node.
const MAX_ENTRIES: usize = 1000;

/// What a node has.
#[derive(Debug, Clone, Default, PartialEq)]
pub(super) struct Offered {
    pub(super) tools: Vec<Tool>,
    pub(super) prompts: Vec<Prompt>,
    pub(super) resources: Vec<Resource>,
    pub(super) templates: Vec<ResourceTemplate>,
    /// What there was no room for.
    pub(super) cut: Vec<String>,
}

/// Whether the node answers at all.
pub(super) async fn probe(connection: &Connection) -> bool {
    let peer = connection.peer();
    let asking = async {
        match connection.revision {
            Revision::Legacy => peer.send_request(ClientRequest::PingRequest(PingRequest::default())).await.is_ok(),
            Revision::Modern => peer.discover(RequestMetaObject::default()).await.is_ok(),
        }
    };
    tokio::time::timeout(LISTING, asking).await.unwrap_or(false)
}

/// All lists of a node. One that it does not have is empty.
pub(super) async fn list(connection: &Connection) -> anyhow::Result<Offered> {
    let peer = connection.peer();
    let capabilities = peer.peer_info().map(|info| info.capabilities.clone()).unwrap_or_default();
    let listing = async {
        let mut offered = Offered::default();
        if capabilities.tools.is_some() {
            offered.tools = peer.list_all_tools().await?;
        }
        if capabilities.prompts.is_some() {
            offered.prompts = peer.list_all_prompts().await?;
        }
        if capabilities.resources.is_some() {
            offered.resources = peer.list_all_resources().await?;
            // Many servers with resources have no templates, and say so with an error.
            offered.templates = peer.list_all_resource_templates().await.unwrap_or_default();
        }
        anyhow::Ok(offered)
    };
    let mut offered = tokio::time::timeout(LISTING, listing).await??;
    let cut = [
        cut("tools", &mut offered.tools),
        cut("prompts", &mut offered.prompts),
        cut("resources", &mut offered.resources),
        cut("templates of resources", &mut offered.templates),
    ];
    offered.cut = cut.into_iter().flatten().collect();
    Ok(offered)
}

/// Takes what is too much, and says so.
fn cut<T>(what: &str, entries: &mut Vec<T>) -> Option<String> {
    let all = entries.len();
    entries.truncate(MAX_ENTRIES);
    (all > MAX_ENTRIES).then(|| format!("has {all} {what}, of which the first {MAX_ENTRIES} are shown"))
}
