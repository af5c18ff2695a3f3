//! What a node says of itself: its lists, and whether it answers at all.

use std::{
    collections::BTreeSet,
    sync::{Mutex, PoisonError},
    time::Duration,
};

use mcp_support::client::Revision;
use rmcp::{
    model::{
        ClientRequest, PaginatedRequestParams, PingRequest, Prompt, RequestMetaObject, Resource, ResourceTemplate, Tool,
    },
    service::ServiceError,
};

use super::{connection::Connection, loops};

/// Time for a list, or for the answer to a probe.
const LISTING: Duration = Duration::from_secs(10);
/// Entries of one kind that are taken from one node.
const MAX_ENTRIES: usize = 1000;
/// Pages of one list that are read.
const MAX_PAGES: usize = 100;

/// What a node has.
#[derive(Debug, Clone, Default, PartialEq)]
pub(super) struct Offered {
    pub(super) tools: Vec<Tool>,
    pub(super) prompts: Vec<Prompt>,
    pub(super) resources: Vec<Resource>,
    pub(super) templates: Vec<ResourceTemplate>,
    /// The gateways that its answers may come through.
    pub(super) through: BTreeSet<String>,
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

/// All lists of a node, for this gateway. One that it does not have is empty.
pub(super) async fn list(connection: &Connection, gateway: &str) -> anyhow::Result<Offered> {
    let peer = connection.peer();
    let capabilities = peer.peer_info().map(|info| info.capabilities.clone()).unwrap_or_default();
    let listing = async {
        let mut offered = Offered::default();
        if capabilities.tools.is_some() {
            let through = &Mutex::new(BTreeSet::new());
            offered.tools = all(|cursor| async move {
                let page = peer.list_tools(cursor).await?;
                through.lock().unwrap_or_else(PoisonError::into_inner).extend(loops::read(page.meta.as_ref()));
                Ok((page.tools, page.next_cursor))
            })
            .await?;
            offered.through = std::mem::take(&mut *through.lock().unwrap_or_else(PoisonError::into_inner));
            anyhow::ensure!(!offered.through.contains(gateway), "it leads back to this gateway");
        }
        if capabilities.prompts.is_some() {
            offered.prompts = all(|cursor| async move {
                let page = peer.list_prompts(cursor).await?;
                Ok((page.prompts, page.next_cursor))
            })
            .await?;
        }
        if capabilities.resources.is_some() {
            offered.resources = all(|cursor| async move {
                let page = peer.list_resources(cursor).await?;
                Ok((page.resources, page.next_cursor))
            })
            .await?;
            // Many servers with resources have no templates, and say so with an error.
            let templates = all(|cursor| async move {
                let page = peer.list_resource_templates(cursor).await?;
                Ok((page.resource_templates, page.next_cursor))
            });
            offered.templates = templates.await.unwrap_or_default();
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

/// The entries of all pages, until there are too many: a node may go on for ever.
async fn all<T, Page>(page: impl Fn(Option<PaginatedRequestParams>) -> Page) -> Result<Vec<T>, ServiceError>
where
    Page: Future<Output = Result<(Vec<T>, Option<String>), ServiceError>>,
{
    let (mut entries, mut cursor) = (Vec::new(), None);
    for _ in 0..MAX_PAGES {
        let (more, next) = page(cursor).await?;
        entries.extend(more);
        cursor = next.map(|next| PaginatedRequestParams::default().with_cursor(Some(next)));
        if cursor.is_none() || entries.len() > MAX_ENTRIES {
            break;
        }
    }
    Ok(entries)
}

/// Takes what is too much, and says so.
fn cut<T>(what: &str, entries: &mut Vec<T>) -> Option<String> {
    let all = entries.len();
    entries.truncate(MAX_ENTRIES);
    (all > MAX_ENTRIES).then(|| format!("has {all} {what} or more, of which the first {MAX_ENTRIES} are shown"))
}
