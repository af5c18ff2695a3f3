//! The requests that clients send most, read without detours.
//!
//! The SDK finds out what a message is by trying: each of its kinds, and for a request each method, on a copy of the
//! whole. That costs a quarter of a small call. Here the method is looked at first. What is read is what the SDK
//! would have read; `None` means that this has to be left to it.

use rmcp::model::{
    CallToolRequest, CallToolRequestParams, ClientJsonRpcMessage, ClientRequest, GetExtensions, GetPromptRequest,
    GetPromptRequestParams, ListPromptsRequest, ListResourceTemplatesRequest, ListResourcesRequest, ListToolsRequest,
    PaginatedRequestParams, ReadResourceRequest, ReadResourceRequestParams, RequestId, RequestMetaObject,
    RequestParamsMeta, SubscriptionsListenRequest, SubscriptionsListenRequestParams,
};
use serde::{Deserialize, de::DeserializeOwned};
use serde_json::value::RawValue;

/// A request in the usual form.
pub(super) struct Usual<'a> {
    pub(super) id: RequestId,
    pub(super) method: &'a str,
    pub(super) request: ClientRequest,
    pub(super) meta: Option<RequestMetaObject>,
    /// What the request is about, which `Mcp-Name` repeats: a tool, a prompt, or the URI of a resource.
    pub(super) name: Option<String>,
    /// The method, if this asks for the first page of a list.
    pub(super) list: Option<&'static str>,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Envelope<'a> {
    jsonrpc: &'a str,
    id: RequestId,
    method: &'a str,
    #[serde(borrow)]
    params: Option<&'a RawValue>,
}

/// The parameters of one of the usual methods.
struct Parameters {
    request: ClientRequest,
    meta: Option<RequestMetaObject>,
    name: Option<String>,
    list: Option<&'static str>,
}

impl<'a> Usual<'a> {
    pub(super) fn read(message: &'a [u8]) -> Option<Self> {
        let Envelope { jsonrpc, id, method, params } = serde_json::from_slice(message).ok()?;
        if jsonrpc != "2.0" {
            return None;
        }
        let Parameters { request, meta, name, list } = Parameters::read(method, params)?;
        Some(Self { id, method, request, meta, name, list })
    }

    /// The message as the SDK would have read it.
    pub(super) fn into_message(mut self) -> ClientJsonRpcMessage {
        if let Some(meta) = self.meta {
            self.request.extensions_mut().insert(meta);
        }
        ClientJsonRpcMessage::request(self.request, self.id)
    }
}

impl Parameters {
    fn read(method: &str, raw: Option<&RawValue>) -> Option<Self> {
        Some(match method {
            "tools/call" => {
                let (params, meta) = with_meta::<CallToolRequestParams>(raw?)?;
                let name = params.name.clone().into_owned();
                Self::named(CallToolRequest::new(params).into(), meta, name)
            }
            "prompts/get" => {
                let (params, meta) = with_meta::<GetPromptRequestParams>(raw?)?;
                let name = params.name.clone();
                Self::named(GetPromptRequest::new(params).into(), meta, name)
            }
            "resources/read" => {
                let (params, meta) = with_meta::<ReadResourceRequestParams>(raw?)?;
                let name = params.uri.clone();
                Self::named(ReadResourceRequest::new(params).into(), meta, name)
            }
            "subscriptions/listen" => {
                let (params, meta) = with_meta::<SubscriptionsListenRequestParams>(raw?)?;
                Self { request: SubscriptionsListenRequest::new(params).into(), meta, name: None, list: None }
            }
            "tools/list" => Self::page("tools/list", raw, |page| ListToolsRequest::with_param(page).into())?,
            "prompts/list" => Self::page("prompts/list", raw, |page| ListPromptsRequest::with_param(page).into())?,
            "resources/list" => {
                Self::page("resources/list", raw, |page| ListResourcesRequest::with_param(page).into())?
            }
            "resources/templates/list" => Self::page("resources/templates/list", raw, |page| {
                ListResourceTemplatesRequest::with_param(page).into()
            })?,
            _ => return None,
        })
    }

    fn named(request: ClientRequest, meta: Option<RequestMetaObject>, name: String) -> Self {
        Self { request, meta, name: Some(name), list: None }
    }

    fn page(
        method: &'static str,
        raw: Option<&RawValue>,
        request: impl FnOnce(PaginatedRequestParams) -> ClientRequest,
    ) -> Option<Self> {
        let (page, meta) = match raw {
            Some(raw) => with_meta::<PaginatedRequestParams>(raw)?,
            None => Default::default(),
        };
        let list = page.cursor.is_none().then_some(method);
        Some(Self { request: request(page), meta, name: None, list })
    }
}

/// The parameters, and the `_meta` that was among them.
fn with_meta<P: DeserializeOwned + RequestParamsMeta>(raw: &RawValue) -> Option<(P, Option<RequestMetaObject>)> {
    let mut params: P = serde_json::from_str(raw.get()).ok()?;
    let meta = params.meta_mut().take();
    Some((params, meta))
}

#[cfg(test)]
mod tests {
    use serde_json::{Value, json};

    use super::*;

    #[test]
    fn what_is_read_is_what_the_sdk_reads() {
        let meta = json!({ "progressToken": "a", "io.modelcontextprotocol/protocolVersion": "2026-07-28", "x": [1] });
        let cases: [(&str, Value); 14] = [
            ("subscriptions/listen", json!({ "notifications": { "toolsListChanged": true }, "_meta": meta })),
            ("subscriptions/listen", json!({ "notifications": { "resourceSubscriptions": ["a://b"], "more": 1 } })),
            ("tools/call", json!({ "name": "echo", "arguments": { "text": "a\n\u{e9}" }, "_meta": meta })),
            ("tools/call", json!({ "name": "echo" })),
            ("tools/call", json!({ "name": "e", "requestState": "s", "inputResponses": { "a": { "roots": [] } } })),
            ("tools/call", json!({ "name": "echo", "unknown": { "a": 1 }, "_meta": {} })),
            ("prompts/get", json!({ "name": "p", "arguments": { "a": "b" }, "_meta": meta })),
            ("resources/read", json!({ "uri": "a://b", "_meta": meta })),
            ("tools/list", json!({ "_meta": meta })),
            ("tools/list", json!({ "cursor": "2" })),
            ("prompts/list", json!({})),
            ("resources/list", json!({ "cursor": null })),
            ("resources/templates/list", json!({ "_meta": meta })),
            ("tools/call", json!({ "name": "n", "arguments": { "n": 1.5e300, "m": -7, "z": null } })),
        ];
        for (method, params) in cases {
            for id in [json!(1), json!("a")] {
                let text = json!({ "jsonrpc": "2.0", "id": id, "method": method, "params": params }).to_string();
                let usual = Usual::read(text.as_bytes()).expect("a usual request");
                let sdk: ClientJsonRpcMessage = serde_json::from_str(&text).expect("a message");
                let ours = usual.into_message();
                assert_eq!(format!("{ours:?}"), format!("{sdk:?}"), "{text}");
                assert_eq!(serde_json::to_value(&ours).ok(), serde_json::to_value(&sdk).ok(), "{text}");
            }
        }
    }

    #[test]
    fn everything_else_is_left_to_the_sdk() {
        for text in [
            "",
            "{",
            "[]",
            r#"{"jsonrpc":"2.0","method":"tools/list"}"#,
            r#"{"jsonrpc":"2.0","id":null,"method":"tools/list"}"#,
            r#"{"jsonrpc":"2.0","id":1.5,"method":"tools/list"}"#,
            r#"{"jsonrpc":"2.0","id":1,"method":"tools/call"}"#,
            r#"{"jsonrpc":"2.0","id":1,"method":"tools/call","params":[]}"#,
            r#"{"jsonrpc":"2.0","id":1,"method":"tools/call","params":{"arguments":{}}}"#,
            r#"{"jsonrpc":"2.0","id":1,"method":"tools/list","params":{"cursor":5}}"#,
            r#"{"jsonrpc":"2.0","id":1,"method":"ping"}"#,
            r#"{"jsonrpc":"2.0","id":1,"method":"tools/list","result":{}}"#,
        ] {
            assert!(Usual::read(text.as_bytes()).is_none(), "{text}");
        }
    }
}
