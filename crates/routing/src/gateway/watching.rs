//! What a node tells on its own: that its lists have changed, or a resource that somebody here is subscribed to.
#![expect(deprecated, reason = "2025-11-25 subscribes to each resource by a request")]

use std::{
    collections::BTreeSet,
    sync::{
        Mutex, MutexGuard, PoisonError,
        atomic::{AtomicU8, Ordering},
    },
    time::Duration,
};

use mcp_support::{
    changes::{Change, Wanted},
    client::Revision,
};
use rmcp::{
    model::{ServerNotification, SubscribeRequestParams, SubscriptionFilter, UnsubscribeRequestParams},
    service::Subscription,
};
use tokio::sync::Notify;

use super::{Gateway, catalog, connection::Connection, node::Node};

/// Time for a subscription to be acknowledged.
const PATIENCE: Duration = Duration::from_secs(10);
/// Most resources of one node that are followed, and changes that wait to be told.
const MOST: usize = 1000;
/// The table of routes, as a resource.
pub(crate) const TABLE: &str = "route://table";
/// Begins the URI of a node.
pub(crate) const NODE: &str = "node://";
/// What the gateway's own resources begin with. They are no node's business, even where one has no name before its URIs.
const OWN_URIS: [&str; 2] = ["route://", NODE];

/// Which lists have changed, as a node says.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub(super) struct Lists(u8);

impl Lists {
    pub(super) const TOOLS: Self = Self(1);
    pub(super) const PROMPTS: Self = Self(2);
    pub(super) const RESOURCES: Self = Self(4);
    /// Any of them may have, and nobody says so.
    const UNKNOWN: Self = Self(8);

    pub(super) fn has(self, one: Self) -> bool {
        self.0 & one.0 != 0
    }
}

/// Changes of lists that nobody has looked at yet.
#[derive(Default)]
pub(super) struct Told(AtomicU8);

impl Told {
    pub(super) fn add(&self, lists: Lists) {
        self.0.fetch_or(lists.0, Ordering::Relaxed);
    }

    pub(super) fn take(&self) -> Lists {
        Lists(self.0.swap(0, Ordering::Relaxed))
    }
}

/// What a node has told and nobody has looked at yet. However often it tells the same, it is kept once.
#[derive(Default)]
pub(super) struct News {
    lists: Told,
    updated: Mutex<BTreeSet<String>>,
    woken: Notify,
}

impl News {
    pub(super) fn changed(&self, lists: Lists) {
        self.lists.add(lists);
        self.woken.notify_one();
    }

    pub(super) fn updated(&self, uri: String) {
        {
            let mut updated = self.lock();
            if updated.len() >= MOST {
                return;
            }
            updated.insert(uri);
        }
        self.woken.notify_one();
    }

    /// Waits for news: which lists have changed, and which resources.
    pub(super) async fn next(&self) -> (Lists, BTreeSet<String>) {
        self.woken.notified().await;
        (self.lists.take(), std::mem::take(&mut *self.lock()))
    }

    fn lock(&self) -> MutexGuard<'_, BTreeSet<String>> {
        self.updated.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

/// What a node was asked to tell.
#[derive(Default)]
pub(super) struct Watching {
    /// 2026-07-28: one stream for all of it.
    stream: Option<Subscription>,
    uris: BTreeSet<String>,
    /// 2025-11-25: what the node does not tell of. It is not asked again while somebody wants it.
    refused: BTreeSet<String>,
}

impl Watching {
    /// Whether a URI is among those that somebody is subscribed to. A node may tell of any.
    pub(super) fn has(&self, uri: &str) -> bool {
        self.uris.contains(uri)
    }

    /// Whether the node has ended its stream, or never had one.
    pub(super) fn is_over(&self, connection: &Connection) -> bool {
        self.stream.is_none() && connection.revision == Revision::Modern
    }

    /// Asks the node to tell of these resources, and of its lists. Returns the resources that it tells of from here on and
    /// did not before: they may have changed in between.
    pub(super) async fn follow(&mut self, connection: &Connection, wanted: BTreeSet<String>) -> BTreeSet<String> {
        let mut wanted = wanted;
        if !connection.tells_of_resources() {
            wanted.clear();
        }
        while wanted.len() > MOST {
            wanted.pop_last();
        }
        match connection.revision {
            Revision::Legacy => self.subscribe(connection, wanted).await,
            Revision::Modern => self.listen(connection, wanted).await,
        }
    }

    /// 2026-07-28: a stream with the new resources takes the place of the old one.
    async fn listen(&mut self, connection: &Connection, wanted: BTreeSet<String>) -> BTreeSet<String> {
        if self.stream.is_some() && self.uris == wanted {
            return BTreeSet::new();
        }
        let mut filter =
            SubscriptionFilter::builder().tools_list_changed().prompts_list_changed().resources_list_changed();
        if !wanted.is_empty() {
            filter = filter.resource_subscriptions(wanted.iter().cloned());
        }
        let listening = connection.peer().listen(filter.build());
        let Ok(Ok(stream)) = tokio::time::timeout(PATIENCE, listening).await else { return BTreeSet::new() };
        let before = if self.stream.is_some() { std::mem::take(&mut self.uris) } else { BTreeSet::new() };
        self.uris = stream.acknowledged().resource_subscriptions.iter().flatten().cloned().collect();
        self.stream = Some(stream);
        self.uris.difference(&before).cloned().collect()
    }

    /// 2025-11-25: a request for each resource.
    async fn subscribe(&mut self, connection: &Connection, wanted: BTreeSet<String>) -> BTreeSet<String> {
        let peer = connection.peer();
        for gone in self.uris.difference(&wanted) {
            let leaving = peer.unsubscribe(UnsubscribeRequestParams::new(gone.clone()));
            let _ = tokio::time::timeout(PATIENCE, leaving).await;
        }
        self.uris.retain(|uri| wanted.contains(uri));
        self.refused.retain(|uri| wanted.contains(uri));
        let (mut new, mut refused) = (BTreeSet::new(), BTreeSet::new());
        for uri in wanted.difference(&self.uris).filter(|uri| !self.refused.contains(*uri)) {
            let joining = peer.subscribe(SubscribeRequestParams::new(uri.clone()));
            match tokio::time::timeout(PATIENCE, joining).await {
                Ok(Ok(())) => drop(new.insert(uri.clone())),
                Ok(Err(error)) => {
                    tracing::debug!(uri, %error, "a node does not tell of a resource");
                    refused.insert(uri.clone());
                }
                // One that is silent now would be so for each.
                Err(_) => break,
            }
        }
        self.uris.extend(new.iter().cloned());
        self.refused.extend(refused);
        new
    }

    /// Puts what the stream says into `news`. Never ends where nothing is followed.
    pub(super) async fn listened(&mut self, news: &News) {
        let Some(stream) = &mut self.stream else { std::future::pending().await };
        match stream.next().await {
            Ok(Some(ServerNotification::ResourceUpdatedNotification(updated))) => news.updated(updated.params.uri),
            Ok(Some(ServerNotification::ToolListChangedNotification(_))) => news.changed(Lists::TOOLS),
            Ok(Some(ServerNotification::PromptListChangedNotification(_))) => news.changed(Lists::PROMPTS),
            Ok(Some(ServerNotification::ResourceListChangedNotification(_))) => news.changed(Lists::RESOURCES),
            Ok(Some(_)) => {}
            // Followed anew after the next probe.
            Ok(None) | Err(_) => {
                self.stream = None;
                self.uris.clear();
            }
        }
    }
}

impl Gateway {
    pub(super) fn has_changed(&self) {
        self.0.changed.notify_one();
    }

    /// A node says that these lists have changed: its clients' clients are told, even if it is not to be seen.
    pub(super) fn have_changed(&self, lists: Lists) {
        self.0.told.add(lists);
        self.has_changed();
    }

    /// What clients are subscribed to.
    pub(super) fn wanted(&self) -> Wanted {
        self.0.changes.wanted()
    }

    /// Follows what clients want to know of a node. Every node of a mount is asked: which of them reads a resource next is
    /// not known.
    pub(super) async fn follow_at(
        &self,
        node: &Node,
        connection: &Connection,
        (watching, news): (&mut Watching, &News),
        wanted: &mut Wanted,
    ) {
        let table = self.table();
        let all = wanted.uris();
        let here = all.iter().filter(|uri| !OWN_URIS.iter().any(|own| uri.starts_with(own)));
        let here = here.filter_map(|uri| table.addressed(uri)).filter(|(mount, _)| *mount == node.mount);
        let here = here.map(|(_, uri)| uri.to_owned()).collect();
        let was_over = watching.is_over(connection);
        let new = watching.follow(connection, here).await;
        if was_over && !watching.is_over(connection) {
            // They may have changed before the node was listened to.
            news.changed(Lists::UNKNOWN);
        }
        self.updated(node, new.iter());
    }

    /// Tells whoever is subscribed to the table of routes.
    pub(super) fn table_changed(&self) {
        self.0.changes.announce(Change::Updated(TABLE.into()));
    }

    /// Tells whoever is subscribed to resources of a node.
    pub(super) fn updated<'a>(&self, node: &Node, uris: impl Iterator<Item = &'a String>) {
        for uri in uris {
            self.0.changes.announce(Change::Updated(catalog::prefixed(&node.mount, node.bare, uri).into()));
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[tokio::test]
    async fn news_that_is_told_twice_is_heard_once() {
        let news = News::default();
        news.updated("a://1".to_owned());
        news.updated("a://1".to_owned());
        news.changed(Lists::TOOLS);
        let (lists, updated) = news.next().await;
        assert_eq!(lists, Lists::TOOLS);
        assert_eq!(updated.into_iter().collect::<Vec<_>>(), ["a://1"]);
        for number in 0..2 * MOST {
            news.updated(number.to_string());
        }
        assert_eq!(news.next().await.1.len(), MOST, "a node cannot fill the gateway");
    }
}
