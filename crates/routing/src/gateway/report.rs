//! What the gateway says about itself.

use std::collections::BTreeMap;

use schemars::JsonSchema;
use serde::Serialize;

use super::{
    Gateway, Node,
    request::Kind,
    select::{NoNode, Reasons},
};
use crate::{
    context::{Need, Region},
    health::State,
    strategy::Strategy,
};

/// A node, at one moment.
#[derive(Debug, Clone, PartialEq, Serialize, JsonSchema)]
pub struct NodeReport {
    /// Its id.
    pub id: String,
    /// The mount that it belongs to.
    pub mount: String,
    /// How it is.
    pub state: State,
    /// Which revision it speaks, while it is connected.
    pub revision: Option<String>,
    /// Whether it was taken out.
    pub drained: bool,
    /// Where it runs.
    pub region: Region,
    /// Where data stays.
    pub residency: Option<String>,
    /// Version of its tools.
    pub version: String,
    /// Its share.
    pub weight: u32,
    /// Calls that it has not answered yet.
    pub in_flight: usize,
    /// How long it takes to answer, in milliseconds, as far as is known.
    pub latency_ms: Option<f64>,
    /// Calls so far.
    pub calls: u64,
    /// Calls that it failed.
    pub failures: u64,
    /// Connections that were opened to it.
    pub connections: u64,
    /// Why the last connection was lost.
    pub last_error: Option<String>,
}

/// The table of routes.
#[derive(Debug, Clone, PartialEq, Serialize, JsonSchema)]
pub struct TableReport {
    /// Mounts with their strategies.
    pub strategies: BTreeMap<String, &'static str>,
    /// Categories of texts, with the mounts that they go to.
    pub categories: BTreeMap<&'static str, Vec<String>>,
    /// Nodes by mount, with what each is configured for.
    pub nodes: BTreeMap<String, Vec<String>>,
    /// What was left out of the catalog, and why.
    pub problems: Vec<String>,
}

impl Gateway {
    /// All nodes, in the order of the routes.
    pub fn nodes(&self) -> Vec<NodeReport> {
        self.table().nodes.iter().map(|node| report(node)).collect()
    }

    /// One node.
    pub fn node(&self, id: &str) -> Option<NodeReport> {
        self.table().nodes.iter().find(|node| node.settings.id == id).map(|node| report(node))
    }

    /// Names of the mounts.
    pub fn mounts(&self) -> Vec<String> {
        self.table().mounts.iter().map(|mount| mount.name.clone()).collect()
    }

    /// Takes a node out, or lets it in again. False when there is none of this id.
    pub fn drain(&self, id: &str, drained: bool) -> bool {
        let table = self.table();
        let node = table.nodes.iter().find(|node| node.settings.id == id);
        node.inspect(|node| node.drain(drained)).is_some()
    }

    /// Sets the strategy of a mount. False when there is none of this name.
    pub fn set_strategy(&self, mount: &str, strategy: Strategy) -> bool {
        let old = self.table();
        if !old.mounts.iter().any(|known| known.name == mount) {
            return false;
        }
        let mut strategies = old.strategies.clone();
        strategies.insert(mount.to_owned(), strategy);
        let new = super::Table {
            settings: old.settings.clone(),
            mounts: old.mounts.clone(),
            nodes: old.nodes.clone(),
            strategies,
        };
        *self.0.table.write().unwrap_or_else(std::sync::PoisonError::into_inner) = new.into();
        self.table_changed();
        true
    }

    /// The table of routes.
    pub fn report(&self) -> TableReport {
        let table = self.table();
        let mut report = TableReport {
            strategies: BTreeMap::new(),
            categories: BTreeMap::new(),
            nodes: BTreeMap::new(),
            problems: self.catalog().problems.iter().cloned().collect(),
        };
        for mount in &table.mounts {
            report.strategies.insert(mount.name.clone(), table.strategy(&mount.name).name());
            for category in &mount.categories {
                report.categories.entry(category.name()).or_default().push(mount.name.clone());
            }
            report.nodes.insert(mount.name.clone(), mount.nodes.iter().map(|node| node.id.clone()).collect());
        }
        report
    }

    /// Where a call of this tool would go, and why. Nothing is sent. None for a tool that no node has.
    pub fn explain(&self, tool: &str, need: &Need, key: Option<&str>) -> Option<(Reasons, Option<NoNode>)> {
        let table = self.table();
        let (mount, name) = table.named(tool)?;
        self.catalog().tool(tool)?;
        let choice = self.choice(&table, mount, |node| node.has(Kind::Tool, name), need, key, &[]);
        // A look must not move the turn of round robin.
        let (chosen, reasons) = choice.make(&mut crate::strategy::Chooser::default());
        Some((reasons, chosen.err()))
    }
}

fn report(node: &Node) -> NodeReport {
    let look = node.look();
    let settings = &node.settings;
    NodeReport {
        id: settings.id.clone(),
        mount: node.mount.clone(),
        state: look.state,
        revision: look.connected.map(|revision| revision.to_string()),
        drained: look.drained,
        region: settings.region,
        residency: settings.residency.clone(),
        version: settings.version.to_string(),
        weight: settings.weight,
        in_flight: look.in_flight,
        latency_ms: look.latency.map(|seconds| (seconds * 100_000.0).round() / 100.0),
        calls: look.stats.calls,
        failures: look.stats.failures,
        connections: look.stats.connections,
        last_error: look.stats.last_error,
    }
}
