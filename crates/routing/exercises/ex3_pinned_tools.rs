//! Exercise 3, defend it: a server that changes its tools after you have looked at them.
//!
//! A mounted server can describe a tool harmlessly at first, and put instructions for the model into the description a
//! week later ("rug pull"). Whoever approves tools has to notice that they are no longer the ones that were approved.
//!
//! Where to look: `Catalog::of` in `src/gateway/catalog.rs` sees every tool of every node.
//!
//! Hint: pin what a model or a client acts upon: name, description, schemas and annotations. Icons may change.
//! Hint: two JSON objects with the same members in another order are the same object; serialize with sorted keys.

use std::collections::BTreeMap;

use rmcp::model::Tool;

/// What was approved, by name of the tool.
pub(crate) type Pins = BTreeMap<String, String>;

/// Pins for tools as they are now.
pub(crate) fn pins(tools: &[Tool]) -> Pins {
    // TODO: a hash of everything that matters.
    tools.iter().map(|tool| (tool.name.to_string(), String::new())).collect()
}

/// The names of tools that are new, or no longer what was approved, in order.
pub(crate) fn changed(approved: &Pins, tools: &[Tool]) -> Vec<String> {
    let now = pins(tools);
    now.into_iter().filter(|(name, pin)| approved.get(name) != Some(pin)).map(|(name, _)| name).collect()
}
