//! The routes in force, and which mount a name belongs to.

use std::{collections::BTreeMap, sync::Arc};

use super::{
    catalog,
    config::{GatewaySettings, Mount},
    node::Node,
};
use crate::strategy::Strategy;

/// What `routes.toml` says, with the nodes that follow from it.
pub(super) struct Table {
    pub(super) settings: GatewaySettings,
    pub(super) mounts: Vec<Mount>,
    pub(super) nodes: Vec<Arc<Node>>,
    /// Strategies that were set while the gateway runs, by mount.
    pub(super) strategies: BTreeMap<String, Strategy>,
}

impl Table {
    /// Mount and name there of a tool or a prompt: what begins with no mount belongs to the bare one.
    pub(super) fn named<'a>(&'a self, name: &'a str) -> Option<(&'a str, &'a str)> {
        catalog::split(name).filter(|(mount, _)| self.has(mount)).or_else(|| Some((self.bare()?, name)))
    }

    /// The same for a URI.
    pub(super) fn addressed<'a>(&'a self, uri: &'a str) -> Option<(&'a str, &'a str)> {
        catalog::split_uri(uri).filter(|(mount, _)| self.has(mount)).or_else(|| Some((self.bare()?, uri)))
    }

    pub(super) fn has(&self, name: &str) -> bool {
        self.mounts.iter().any(|mount| mount.name == name && !mount.bare)
    }

    pub(super) fn bare(&self) -> Option<&str> {
        self.mounts.iter().find(|mount| mount.bare).map(|mount| mount.name.as_str())
    }

    pub(super) fn strategy(&self, mount: &str) -> Strategy {
        let configured = || self.mounts.iter().find(|known| known.name == mount).and_then(|mount| mount.strategy);
        self.strategies.get(mount).copied().or_else(configured).unwrap_or(self.settings.strategy)
    }
}
