//! What a node says of itself: its lists, and whether it answers at all.

use std::time::Duration;

use mcp_support::client::Revision;
use rmcp::model::{
    ClientRequest, PingRequest, Prompt, RequestMetaObject, Resource, ResourceTemplate, SubscriptionFilter, Tool,
};

use rmcp::service::Subscription;

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
}

/// 2026-07-28: changes of lists come on a stream of their own. None where there is none.
pub(super) async fn follow(connection: &Connection) -> Option<Subscription> {
    if connection.revision == Revision::Legacy {
        return None;
    }
    let filter = SubscriptionFilter::builder().tools_list_changed().prompts_list_changed().resources_list_changed();
    let listening = connection.peer().listen(filter.build());
    tokio::time::timeout(LISTING, listening).await.ok()?.ok()
}

/// Waits for a change. Never ends where nothing is followed.
pub(super) async fn next(changes: &mut Option<Subscription>) {
    let Some(followed) = changes else { std::future::pending().await };
    if !matches!(followed.next().await, Ok(Some(_))) {
        // Followed anew after the next probe. What has changed in between is listed then.
        *changes = None;
    }
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
    offered.tools.truncate(MAX_ENTRIES);
    offered.prompts.truncate(MAX_ENTRIES);
    offered.resources.truncate(MAX_ENTRIES);
    offered.templates.truncate(MAX_ENTRIES);
    Ok(offered)
}
