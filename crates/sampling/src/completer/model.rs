//! What replaces sampling: the server calls a model itself, a provider's or the embedded one.

use std::sync::Arc;

use async_trait::async_trait;
use mcp_support::llm::{ChatModel, ChatReply, ModelError};

use super::{Backend, Completer, CompleterError, Completion, Outcome, Request, stop_reason};

/// A model that this server calls.
pub struct ModelCompleter {
    backend: Backend,
    model: Arc<dyn ChatModel>,
}

impl ModelCompleter {
    /// Calls `model`, which `backend` runs.
    pub fn new(backend: Backend, model: Arc<dyn ChatModel>) -> Self {
        Self { backend, model }
    }
}

#[async_trait]
impl Completer for ModelCompleter {
    async fn complete(&mut self, _: &str, request: &Request) -> Result<Outcome, CompleterError> {
        let reply = self.model.chat(&request.chat()).await.map_err(failure)?;
        Ok(Outcome::Done(Box::new(completion(reply, self.backend))))
    }
}

/// A model's reply as the answer of a back end.
pub(super) fn completion(reply: ChatReply, backend: Backend) -> Completion {
    Completion {
        text: reply.text,
        tool_calls: reply.tool_calls,
        stop_reason: stop_reason(reply.stop_reason).to_owned(),
        model: reply.model,
        backend,
        applied: reply.applied,
        usage: reply.usage,
        usage_is_estimated: false,
    }
}

/// Whose problem it is decides who may be asked instead.
pub(super) fn failure(error: ModelError) -> CompleterError {
    match error {
        ModelError::ContentFiltered { .. } => CompleterError::Refused(error.to_string()),
        _ => CompleterError::Unavailable(error.to_string()),
    }
}
