//! Gateways in front of each other: none of them may lead back to itself, or each would tell the other of its changes for ever.
//!
//! Over HTTP a gateway cannot know whom it mounts. So each says in its list of tools whom a call may come through, as the paths
//! of BGP do (RFC 4271, 9.1.2: a route with the own number in it is not taken). A program is stopped earlier: what it would
//! start could start it again.

use std::collections::BTreeSet;

use mcp_support::cli::UsageError;
use rmcp::model::MetaObject;
use serde_json::json;

/// Under which key of `_meta` a gateway says through which gateways its answers may come.
const THROUGH: &str = "com.example.routing/through";
/// Gateways behind one node that are looked at.
const MOST: usize = 100;
/// Variable with the routes of the gateways that have started this one, the outermost first.
pub(super) const ABOVE: &str = "ROUTING_ABOVE";
/// Gateways that may start one another.
const DEEPEST: usize = 8;

/// What a list of tools says of where it comes from.
pub(super) fn told(gateways: &BTreeSet<String>) -> MetaObject {
    let mut meta = MetaObject::default();
    meta.0.insert(THROUGH.to_owned(), json!(gateways));
    meta
}

/// The gateways that a list of tools has come through.
pub(super) fn read(meta: Option<&MetaObject>) -> BTreeSet<String> {
    let gateways = meta.and_then(|meta| meta.0.get(THROUGH)).and_then(|gateways| gateways.as_array());
    gateways.into_iter().flatten().take(MOST).filter_map(|gateway| gateway.as_str()).map(str::to_owned).collect()
}

/// The value of [`ABOVE`] for the programs of a gateway with these routes, by their digest.
///
/// # Errors
/// The gateway was started, directly or not, by one with the same routes; or there are too many above it.
pub(super) fn below(own: &str, above: &str) -> Result<String, UsageError> {
    let mut above: Vec<&str> = above.split_whitespace().collect();
    if above.contains(&own) {
        return Err(UsageError("these routes start the gateway itself, which would never end".to_owned()));
    }
    if above.len() >= DEEPEST {
        return Err(UsageError(format!("more than {DEEPEST} gateways start one another")));
    }
    above.push(own);
    Ok(above.join(" "))
}
