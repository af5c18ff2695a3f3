//! The three requests that are forwarded, which differ in little.

use std::borrow::Cow;

use mcp_support::refusal::{self, quoted};
use rmcp::{
    ErrorData,
    model::{
        CallToolRequest, CallToolRequestParams, ClientRequest, GetPromptRequest, GetPromptRequestParams,
        InputResponses, JsonObject, ReadResourceRequest, ReadResourceRequestParams, RequestMetaObject,
    },
};

use super::Table;

/// What a request is about.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Kind {
    Tool,
    Prompt,
    Resource,
}

/// A request on its way to a node.
#[derive(Debug, Clone)]
pub(super) enum Forwarded {
    Tool(CallToolRequestParams),
    Prompt(GetPromptRequestParams),
    Resource(ReadResourceRequestParams),
}

impl Forwarded {
    /// Mount and name there; an error for a name that is not one of ours.
    pub(super) fn target(&self, table: &Table) -> Result<(String, String), ErrorData> {
        let (what, name, found) = match self {
            Self::Tool(params) => ("tool", params.name.as_ref(), table.named(&params.name)),
            Self::Prompt(params) => ("prompt", params.name.as_str(), table.named(&params.name)),
            Self::Resource(params) => ("resource", params.uri.as_str(), table.addressed(&params.uri)),
        };
        let (mount, name) = found.ok_or_else(|| match self {
            Self::Resource(params) => not_found(&params.uri),
            _ => ErrorData::invalid_params(format!("no {what} {}", quoted(name)), None),
        })?;
        Ok((mount.to_owned(), name.to_owned()))
    }

    pub(super) fn kind(&self) -> Kind {
        match self {
            Self::Tool(_) => Kind::Tool,
            Self::Prompt(_) => Kind::Prompt,
            Self::Resource(_) => Kind::Resource,
        }
    }

    /// The name of the method, which state is bound to.
    pub(super) fn method(&self) -> &'static str {
        match self {
            Self::Tool(_) => "tools/call",
            Self::Prompt(_) => "prompts/get",
            Self::Resource(_) => "resources/read",
        }
    }

    pub(super) fn arguments(&self) -> Option<&JsonObject> {
        match self {
            Self::Tool(params) => params.arguments.as_ref(),
            Self::Prompt(params) => params.arguments.as_ref(),
            Self::Resource(_) => None,
        }
    }

    /// Takes out what the client sent back.
    pub(super) fn take_answers(&mut self) -> (Option<String>, InputResponses) {
        let (state, responses) = self.returned();
        (state.take(), responses.take().unwrap_or_default())
    }

    /// Puts in what the node is to get back.
    pub(super) fn put_answers(&mut self, new_state: Option<String>, answers: InputResponses) {
        let (state, responses) = self.returned();
        *state = new_state;
        *responses = Some(answers);
    }

    fn returned(&mut self) -> (&mut Option<String>, &mut Option<InputResponses>) {
        match self {
            Self::Tool(params) => (&mut params.request_state, &mut params.input_responses),
            Self::Prompt(params) => (&mut params.request_state, &mut params.input_responses),
            Self::Resource(params) => (&mut params.request_state, &mut params.input_responses),
        }
    }

    /// As the node knows it. What the client said about itself and this connection comes from `meta`.
    pub(super) fn into_request(self, name: &str, meta: &RequestMetaObject) -> ClientRequest {
        let meta = Some(meta.clone());
        match self {
            Self::Tool(mut params) => {
                params.name = Cow::Owned(name.to_owned());
                params.meta = meta;
                ClientRequest::CallToolRequest(CallToolRequest::new(params))
            }
            Self::Prompt(mut params) => {
                params.name = name.to_owned();
                params.meta = meta;
                ClientRequest::GetPromptRequest(GetPromptRequest::new(params))
            }
            Self::Resource(mut params) => {
                params.uri = name.to_owned();
                params.meta = meta;
                ClientRequest::ReadResourceRequest(ReadResourceRequest::new(params))
            }
        }
    }
}

pub(super) fn not_found(uri: &str) -> ErrorData {
    refusal::not_found(format!("no resource {}", quoted(uri)), uri)
}
