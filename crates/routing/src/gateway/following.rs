//! Who hears of it when what the gateway shows has changed.

use std::{
    sync::{Arc, PoisonError},
    time::Duration,
};

use mcp_support::changes::Change;
use tokio::time::Instant;

use super::{Gateway, catalog::Catalog, watching::Lists};

/// How often changes of many nodes are gathered into one.
pub(super) const GATHER: Duration = Duration::from_millis(50);
/// A node may tell of changes that are none, and is believed that often for each kind of list. A gateway that is mounted in
/// itself would tell itself for ever.
const ECHO: Duration = Duration::from_millis(500);

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
        let told = |list: Lists| told.has(list) && self.may_echo(list);
        if old.tools != new.tools || told(Lists::TOOLS) {
            self.0.changes.announce(Change::Tools);
        }
        if old.prompts != new.prompts || told(Lists::PROMPTS) {
            self.0.changes.announce(Change::Prompts);
        }
        let are_others = (&old.resources, &old.templates) != (&new.resources, &new.templates);
        if are_others || told(Lists::RESOURCES) {
            self.0.changes.announce(Change::Resources);
        }
    }

    fn may_echo(&self, list: Lists) -> bool {
        let mut echoed = self.0.echoed.lock().unwrap_or_else(PoisonError::into_inner);
        let may = echoed.get(&list).is_none_or(|last| last.elapsed() >= ECHO);
        if may {
            echoed.insert(list, Instant::now());
        }
        may
    }
}
