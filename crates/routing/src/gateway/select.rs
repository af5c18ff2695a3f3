//! Which node gets a call: context, then health, then strategy.

use std::{collections::BTreeMap, sync::Arc};

use schemars::JsonSchema;
use serde::Serialize;

use super::node::{Node, Place};
use crate::{
    context::{ContextError, Need, Offer, narrow},
    strategy::{Candidate, Chooser, Strategy},
};

/// Why a call goes to a node, or to none.
#[derive(Debug, Clone, Default, PartialEq, Serialize, JsonSchema)]
pub struct Reasons {
    /// The node; absent where there is none.
    pub node: Option<String>,
    /// How it was chosen among those that were left.
    pub strategy: &'static str,
    /// Who was left to choose from.
    pub candidates: Vec<String>,
    /// Why each of the others was not, by id.
    pub left_out: BTreeMap<String, String>,
    /// What the caller should know, such as a deprecation.
    pub notices: Vec<String>,
}

/// Why there is no node.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum NoNode {
    /// None ever could.
    #[error("{0}")]
    Never(ContextError),
    /// Those that could cannot now.
    #[error("no node of '{mount}' can answer now ({why})")]
    NotNow {
        /// The mount.
        mount: String,
        /// What is the matter with each node.
        why: String,
    },
}

/// A choice to be made.
pub(super) struct Choice<'a> {
    pub(super) mount: &'a str,
    /// The nodes that have what is called.
    pub(super) nodes: Vec<Arc<Node>>,
    pub(super) need: &'a Need,
    pub(super) strategy: Strategy,
    /// What consistent hashing goes by.
    pub(super) key: Option<&'a str>,
    /// Nodes that have failed this call already.
    pub(super) tried: &'a [String],
}

impl Choice<'_> {
    /// Chooses, and says why. The node is not asked yet.
    pub(super) fn make(&self, chooser: &mut Chooser) -> (Result<Arc<Node>, NoNode>, Reasons) {
        let mut reasons = Reasons { strategy: self.strategy.name(), ..Reasons::default() };
        let mut ready: Vec<&Arc<Node>> = Vec::new();
        for node in &self.nodes {
            let id = &node.settings.id;
            match node.refuses() {
                Some(why) => drop(reasons.left_out.insert(id.clone(), why.to_owned())),
                None if self.tried.contains(id) => {
                    drop(reasons.left_out.insert(id.clone(), "was tried already".into()))
                }
                None => ready.push(node),
            }
        }
        let offers: Vec<Offer<'_>> = ready.iter().map(|node| offer(node)).collect();
        let narrowed = match narrow(self.need, &offers) {
            Ok(narrowed) => narrowed,
            Err(error) => {
                // Whether waiting may help: would the call be answered if every node were well?
                let all: Vec<Offer<'_>> = self.nodes.iter().map(|node| offer(node)).collect();
                let why = match narrow(self.need, &all) {
                    Ok(_) => NoNode::NotNow { mount: self.mount.to_owned(), why: told(&reasons.left_out) },
                    Err(never) if never != ContextError::Nobody => NoNode::Never(never),
                    Err(_) => NoNode::NotNow { mount: self.mount.to_owned(), why: error.to_string() },
                };
                return (Err(why), reasons);
            }
        };
        reasons.left_out.extend(narrowed.left_out);
        reasons.notices = narrowed.notices;
        let left: Vec<&Arc<Node>> = narrowed.chosen.iter().map(|&at| ready[at]).collect();
        let candidates: Vec<Candidate<'_>> = left.iter().map(|node| candidate(node)).collect();
        reasons.candidates = left.iter().map(|node| node.settings.id.clone()).collect();
        let chosen = chooser.choose(self.strategy, &candidates, self.key, &mut rand::rng());
        let node = chosen.map(|at| Arc::clone(left[at]));
        reasons.node = node.as_ref().map(|node| node.settings.id.clone());
        (node.ok_or(NoNode::Never(ContextError::Nobody)), reasons)
    }

    /// Chooses, and takes a place at the node.
    pub(super) fn take(&self, chooser: &mut Chooser) -> Result<(Place, Reasons), NoNode> {
        // Somebody else may take the last place between the look and the step.
        for _ in 0..3 {
            let (node, reasons) = self.make(chooser);
            if let Some(place) = node?.admit() {
                return Ok((place, reasons));
            }
        }
        Err(NoNode::NotNow { mount: self.mount.to_owned(), why: "all are busy".to_owned() })
    }
}

fn offer(node: &Arc<Node>) -> Offer<'_> {
    let settings = &node.settings;
    Offer {
        id: &settings.id,
        region: settings.region,
        residency: settings.residency.as_deref(),
        version: &settings.version,
        deprecated: settings.deprecated.as_deref(),
        canary_percent: settings.canary_percent,
    }
}

fn candidate(node: &Arc<Node>) -> Candidate<'_> {
    Candidate {
        id: &node.settings.id,
        weight: node.settings.weight,
        in_flight: node.in_flight(),
        latency: node.latency(),
    }
}

fn told(left_out: &BTreeMap<String, String>) -> String {
    let told: Vec<String> = left_out.iter().map(|(id, why)| format!("{id}: {why}")).collect();
    if told.is_empty() { "there is none".to_owned() } else { told.join("; ") }
}
