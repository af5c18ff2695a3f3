//! Exercise 3, defend it: a server that changes its tools after you have looked at them.
//!
//! A mounted server can describe a tool harmlessly at first, and put instructions for the model into the description a
//! week later ("rug pull"). Whoever approves tools has to notice that they are no longer the ones that were approved.
//!
//! Where to look: `Catalog::of` in `src/gateway/catalog.rs` sees every tool of every node.
//!
//! Hint: pin what a model or a client acts upon: name, description, schemas and annotations. Icons may change.
//! Hint: two JSON objects with the same members in another order are the same object; serialize with sorted keys.
//!
//! Learned: approval is for content, not for a name; what is hashed has to have one form only.
//! Read on: src/gateway/catalog.rs, for what is left out of the catalog; RFC 8785, for canonical JSON.

use std::collections::BTreeMap;

use rmcp::model::Tool;
use serde_json::{Value, json};
use sha2::{Digest, Sha256};

/// What was approved, by name of the tool.
pub(crate) type Pins = BTreeMap<String, String>;

/// Pins for tools as they are now.
pub(crate) fn pins(tools: &[Tool]) -> Pins {
    tools.iter().map(|tool| (tool.name.to_string(), pin(tool))).collect()
}

/// The names of tools that are new, or no longer what was approved, in order.
pub(crate) fn changed(approved: &Pins, tools: &[Tool]) -> Vec<String> {
    let now = pins(tools);
    now.into_iter().filter(|(name, pin)| approved.get(name) != Some(pin)).map(|(name, _)| name).collect()
}

fn pin(tool: &Tool) -> String {
    let content = json!({
        "name": tool.name, "title": tool.title, "description": tool.description, "input": tool.input_schema,
        "output": tool.output_schema, "annotations": tool.annotations,
    });
    let digest = Sha256::digest(sorted(&content).to_string());
    digest.iter().map(|byte| format!("{byte:02x}")).collect()
}

/// The same value with the members of each object in order, whatever order they came in.
fn sorted(value: &Value) -> Value {
    match value {
        Value::Object(members) => {
            let ordered: BTreeMap<&String, Value> = members.iter().map(|(name, value)| (name, sorted(value))).collect();
            // As a list of pairs: an object of `serde_json` may keep another order.
            Value::Array(ordered.into_iter().map(|(name, value)| json!([name, value])).collect())
        }
        Value::Array(items) => Value::Array(items.iter().map(sorted).collect()),
        other => other.clone(),
    }
}
