//! Who hears of it when what the gateway shows has changed.

use std::{
    sync::{Arc, PoisonError},
    time::Duration,
};

use mcp_support::changes::Change;

use super::{Gateway, catalog::Catalog, watching::Lists};

/// How often changes of many nodes are gathered into one.
pub(super) const GATHER: Duration = Duration::from_millis(50);

impl Gateway {
    /// Waits until each node has been connected once, at most for `patience`. Returns how many are.
    pub async fn settled(&self, patience: Duration) -> usize {
        let connected = || self.table().nodes.iter().filter(|node| node.look().connected.is_some()).count();
        let all = self.table().nodes.len();
        let waiting = async {
            while connected() < all {
                tokio::time::sleep(GATHER).await;
            }
        };
        let _ = tokio::time::timeout(patience, waiting).await;
        self.refresh();
        connected()
    }

    /// Brings the catalog up to date whenever a node has news, and tells whoever listens.
    pub(super) async fn follow(&self) {
        loop {
            self.0.changed.notified().await;
            tokio::time::sleep(GATHER).await;
            self.refresh();
        }
    }

    fn refresh(&self) {
        let told = self.0.told.take();
        let new = Arc::new(Catalog::of(&self.table().nodes));
        let old =
            std::mem::replace(&mut *self.0.catalog.write().unwrap_or_else(PoisonError::into_inner), Arc::clone(&new));
        if old.problems != new.problems {
            self.table_changed();
        }
        for problem in new.problems.difference(&old.problems) {
            tracing::warn!(problem, "something of a node is left out");
        }
        if old.tools != new.tools || told.has(Lists::TOOLS) {
            self.0.changes.announce(Change::Tools);
        }
        if old.prompts != new.prompts || told.has(Lists::PROMPTS) {
            self.0.changes.announce(Change::Prompts);
        }
        let are_others = (&old.resources, &old.templates) != (&new.resources, &new.templates);
        if are_others || told.has(Lists::RESOURCES) {
            self.0.changes.announce(Change::Resources);
        }
    }
}
