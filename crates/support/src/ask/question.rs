//! The three questions that a server can put to a client.
#![expect(deprecated, reason = "SEP-2577: sampling and roots are deprecated in 2026-07-28 and still in use")]

use rmcp::model::{
    ClientCapabilities, ClientResult, CreateMessageRequest, CreateMessageRequestParams, CreateMessageResult,
    CustomRequest, ElicitRequest, ElicitRequestParams, ElicitResult, ElicitationCapability, InputRequest,
    ListRootsRequest, ListRootsResult, ServerRequest,
};
use serde::de::DeserializeOwned;
use serde_json::Value;

/// A question to the client, in the shapes of both revisions.
pub trait Question: Send {
    /// What a client answers.
    type Answer: DeserializeOwned + Send;

    /// The capability that this question needs and `declared` lacks.
    fn missing(&self, declared: &ClientCapabilities) -> Option<ClientCapabilities>;
    /// As part of an `InputRequiredResult` (2026-07-28).
    fn into_input_request(self) -> InputRequest;
    /// As a request from the server (2025-11-25).
    fn into_server_request(self) -> ServerRequest;
    /// The answer to a request from the server, unless it answers something else.
    fn answer(result: ClientResult) -> Option<Self::Answer>;
}

/// A form to fill in, or a URL to visit.
impl Question for ElicitRequestParams {
    type Answer = ElicitResult;

    fn missing(&self, declared: &ClientCapabilities) -> Option<ClientCapabilities> {
        let has = match (self, &declared.elicitation) {
            (_, None) => false,
            (Self::UrlElicitationParams { .. }, Some(capability)) => capability.url.is_some(),
            // Spec(2025-11-25, elicitation): an empty capability means form mode.
            (_, Some(capability)) => capability.form.is_some() || capability.url.is_none(),
        };
        (!has).then(|| {
            let mut needed = ElicitationCapability::new();
            match self {
                Self::UrlElicitationParams { .. } => needed.url = Some(Default::default()),
                _ => needed.form = Some(Default::default()),
            }
            let mut capabilities = ClientCapabilities::default();
            capabilities.elicitation = Some(needed);
            capabilities
        })
    }

    fn into_input_request(self) -> InputRequest {
        InputRequest::Elicitation(ElicitRequest::new(self))
    }

    fn into_server_request(self) -> ServerRequest {
        ServerRequest::ElicitRequest(ElicitRequest::new(self))
    }

    fn answer(result: ClientResult) -> Option<ElicitResult> {
        match result {
            ClientResult::ElicitResult(answer) => Some(answer),
            _ => None,
        }
    }
}

/// A completion by the client's model.
impl Question for CreateMessageRequestParams {
    type Answer = CreateMessageResult;

    fn missing(&self, declared: &ClientCapabilities) -> Option<ClientCapabilities> {
        let wants_tools = self.tools.is_some() || self.tool_choice.is_some();
        let has = declared.sampling.as_ref().is_some_and(|sampling| !wants_tools || sampling.tools.is_some());
        (!has).then(|| {
            let mut needed = declared.sampling.clone().unwrap_or_default();
            if wants_tools {
                needed.tools = Some(Default::default());
            }
            let mut capabilities = ClientCapabilities::default();
            capabilities.sampling = Some(needed);
            capabilities
        })
    }

    fn into_input_request(self) -> InputRequest {
        InputRequest::CreateMessage(CreateMessageRequest::new(self))
    }

    fn into_server_request(self) -> ServerRequest {
        ServerRequest::CreateMessageRequest(CreateMessageRequest::new(self))
    }

    fn answer(result: ClientResult) -> Option<CreateMessageResult> {
        match result {
            ClientResult::CreateMessageResult(answer) => Some(*answer),
            _ => None,
        }
    }
}

/// The folders that the client works in.
#[derive(Debug, Clone, Copy)]
pub struct Roots;

impl Question for Roots {
    type Answer = ListRootsResult;

    fn missing(&self, declared: &ClientCapabilities) -> Option<ClientCapabilities> {
        declared.roots.is_none().then(|| {
            let mut capabilities = ClientCapabilities::default();
            capabilities.roots = Some(Default::default());
            capabilities
        })
    }

    fn into_input_request(self) -> InputRequest {
        InputRequest::ListRoots(ListRootsRequest::default())
    }

    fn into_server_request(self) -> ServerRequest {
        ServerRequest::ListRootsRequest(ListRootsRequest::default())
    }

    fn answer(result: ClientResult) -> Option<ListRootsResult> {
        match result {
            ClientResult::ListRootsResult(answer) => Some(answer),
            _ => None,
        }
    }
}

/// A question that somebody else has put, and that is only passed on, as a gateway does. Its answer is JSON.
impl Question for InputRequest {
    type Answer = Value;

    fn missing(&self, declared: &ClientCapabilities) -> Option<ClientCapabilities> {
        match self {
            Self::Elicitation(request) => request.params.missing(declared),
            Self::CreateMessage(request) => request.params.missing(declared),
            Self::ListRoots(_) => Roots.missing(declared),
            // A question that this version of the SDK does not know: no client is known to answer it.
            _ => Some(ClientCapabilities::default()),
        }
    }

    fn into_input_request(self) -> InputRequest {
        self
    }

    fn into_server_request(self) -> ServerRequest {
        match self {
            Self::Elicitation(request) => ServerRequest::ElicitRequest(request),
            Self::CreateMessage(request) => ServerRequest::CreateMessageRequest(request),
            Self::ListRoots(request) => ServerRequest::ListRootsRequest(request),
            other => ServerRequest::CustomRequest(CustomRequest::new("unknown", serde_json::to_value(other).ok())),
        }
    }

    fn answer(result: ClientResult) -> Option<Value> {
        serde_json::to_value(result).ok()
    }
}
