//! The embedded back end: what has to be chosen is chosen, and only a text that goes on is written by the n-gram model.

use std::sync::Arc;

use async_trait::async_trait;

use super::{Backend, Completer, CompleterError, Completion, Outcome, Request, model::failure, stop_reason};
use crate::embedded::SmallModel;

/// The small model of this process.
pub struct EmbeddedCompleter {
    model: Arc<SmallModel>,
}

impl EmbeddedCompleter {
    /// Asks `model`.
    pub fn new(model: Arc<SmallModel>) -> Self {
        Self { model }
    }
}

#[async_trait]
impl Completer for EmbeddedCompleter {
    fn backend(&self) -> Backend {
        Backend::Embedded
    }

    async fn complete(&mut self, _: &str, request: &Request) -> Result<Outcome, CompleterError> {
        let (model, request) = (self.model.clone(), request.clone());
        // Arithmetic over the whole vocabulary for each word: not for the threads that serve connections.
        let answered = tokio::task::spawn_blocking(move || {
            model.answer(&request.task, &request.messages, &request.tools, request.tool_choice, &request.sampling)
        });
        let reply = answered
            .await
            .map_err(|error| CompleterError::Unavailable(format!("the embedded model failed: {error}")))?
            .map_err(failure)?;
        Ok(Outcome::Done(Box::new(Completion {
            text: reply.text,
            tool_calls: reply.tool_calls,
            stop_reason: stop_reason(reply.stop_reason).to_owned(),
            model: reply.model,
            backend: Backend::Embedded,
            applied: reply.applied,
            usage: reply.usage,
            usage_is_estimated: false,
        })))
    }
}
