//! The calls that are measured beside those of tools that only one of them uses.

use mcp_support::load::{Call, Way};
use serde_json::json;

pub(crate) fn echo(way: Way) -> Call {
    Call::tool(way, "echo", json!({ "text": "hello, world" }))
}

pub(crate) fn list(way: Way) -> Call {
    Call::new(way, "tools/list", json!({}))
}

pub(crate) fn listen(uri: &str) -> Call {
    Call::new(Way::Modern, "subscriptions/listen", json!({ "notifications": { "resourceSubscriptions": [uri] } }))
}
