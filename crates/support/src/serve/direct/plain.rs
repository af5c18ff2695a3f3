//! Which requests go the short way: those that are written as every client writes them.

use axum::http::HeaderMap;
use rmcp::model::{ClientRequest, JsonObject, ProtocolVersion, RequestId, RequestMetaObject, Tool};
use serde_json::Value;

use crate::serve::{said::Said, usual::Usual};

const VERSION: &str = "io.modelcontextprotocol/protocolVersion";
const CAPABILITIES: &str = "io.modelcontextprotocol/clientCapabilities";
/// What asks for notifications before the answer.
const NEWS: [&str; 2] = ["progressToken", "io.modelcontextprotocol/logLevel"];

/// A request in the usual form, which asks for no notifications.
pub(super) struct Plain {
    pub(super) id: RequestId,
    pub(super) version: &'static ProtocolVersion,
    pub(super) request: ClientRequest,
    pub(super) meta: RequestMetaObject,
    /// The method, if this asks for the first page of a list.
    pub(super) list: Option<&'static str>,
}

impl Plain {
    /// `None` for anything unusual, right or wrong.
    pub(super) fn read(
        headers: &HeaderMap,
        body: &[u8],
        stateless: bool,
        tool: impl FnOnce(&str) -> Option<Tool>,
    ) -> Option<Self> {
        let said = Said::read(headers)?;
        let version = ProtocolVersion::KNOWN_VERSIONS.iter().find(|known| known.as_str() == said.version)?;
        let modern = !version.has_initialize();
        if said.in_session || !(modern || stateless) || !said.takes_and_sends_json() {
            return None;
        }
        let Usual { id, method, request, meta, name, list } = Usual::read(body)?;
        let meta = meta.unwrap_or_default();
        if NEWS.iter().any(|key| meta.0.0.contains_key(*key)) {
            return None;
        }
        let named = meta.0.0.get(VERSION);
        if modern {
            let complete = named.and_then(Value::as_str) == Some(version.as_str())
                && has_capabilities(&meta, version)
                && said.method == Some(method)
                && name.as_deref().is_none_or(|name| said.names(name));
            // A tool may want some of its arguments in headers too.
            let mirrored = || match &request {
                ClientRequest::CallToolRequest(call) => {
                    tool(&call.params.name).is_some_and(|tool| mirrors(&tool.input_schema))
                }
                _ => false,
            };
            if !complete || mirrored() {
                return None;
            }
        } else if named.is_some() {
            return None;
        }
        Some(Self { id, version, request, meta, list })
    }
}

/// What 2026-07-28 requires in `_meta`, besides the version. Most often they are none.
fn has_capabilities(meta: &RequestMetaObject, version: &ProtocolVersion) -> bool {
    meta.0.0.get(CAPABILITIES).and_then(Value::as_object).is_some_and(JsonObject::is_empty)
        || meta.missing_required_keys(version).is_empty()
}

/// Whether a schema asks for one of its properties, nested ones included, in a header.
fn mirrors(schema: &JsonObject) -> bool {
    let properties = schema.get("properties").and_then(Value::as_object);
    properties
        .into_iter()
        .flat_map(|properties| properties.values())
        .filter_map(Value::as_object)
        .any(|property| property.contains_key("x-mcp-header") || mirrors(property))
}

#[cfg(test)]
mod tests;
