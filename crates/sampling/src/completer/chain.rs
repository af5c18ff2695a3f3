//! Several back ends in the operator's order: who is not there is passed over, and the answer says so. Who says no is not.

use std::{sync::Arc, time::Instant};

use mcp_support::llm::ChatModel;
use rmcp::{ErrorData, model::InputRequiredResult};
use schemars::JsonSchema;
use serde::Serialize;

use super::{
    Backend, Completer, CompleterError, Completion, Outcome, Request, client::ClientCompleter,
    embedded::EmbeddedCompleter, estimated_cost, model::ModelCompleter,
};
use crate::{embedded::SmallModel, limits::Limits};

/// The back ends that this server has, and the order in which they are tried.
#[derive(Clone)]
pub struct Backends {
    /// In this order.
    pub order: Vec<Backend>,
    /// The provider's model, if one is configured.
    pub provider: Option<Arc<dyn ChatModel>>,
    /// The model of this process.
    pub embedded: SmallModel,
}

/// A back end that was passed over, and why.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, JsonSchema)]
pub struct Fallback {
    /// Which one.
    pub backend: Backend,
    /// Why it gave no answer.
    pub reason: String,
}

/// The back ends of one call.
pub struct Chain<'a> {
    backends: &'a Backends,
    limits: &'a Limits,
    caller: String,
    client: ClientCompleter<'a>,
    /// Passed over in this call: not tried again for its later requests.
    pub fallbacks: Vec<Fallback>,
}

impl<'a> Chain<'a> {
    /// The back ends for a call of `caller`, whose client is asked through `client`.
    pub fn new(backends: &'a Backends, limits: &'a Limits, caller: String, client: ClientCompleter<'a>) -> Self {
        Self { backends, limits, caller, client, fallbacks: Vec::new() }
    }

    /// The first answer, in order. `None`: the client has to be asked, return [`Chain::needs_input`].
    ///
    /// # Errors
    /// Somebody said no, the request is at fault, or nobody is left.
    pub async fn complete(&mut self, key: &str, request: &Request) -> Result<Option<Completion>, CompleterError> {
        for backend in self.backends.order.clone() {
            if self.fallbacks.iter().any(|fallback| fallback.backend == backend) {
                continue;
            }
            match self.attempt(backend, key, request).await {
                Ok(Outcome::Done(completion)) => return Ok(Some(*completion)),
                Ok(Outcome::NeedsInput) => return Ok(None),
                Err(CompleterError::Unavailable(reason)) => {
                    tracing::info!(%backend, reason, "passed over");
                    self.fallbacks.push(Fallback { backend, reason });
                }
                Err(other) => return Err(other),
            }
        }
        let reasons: Vec<String> =
            self.fallbacks.iter().map(|fallback| format!("{}: {}", fallback.backend, fallback.reason)).collect();
        Err(CompleterError::Unavailable(reasons.join("; ")))
    }

    async fn attempt(&mut self, backend: Backend, key: &str, request: &Request) -> Result<Outcome, CompleterError> {
        let mut completer: Box<dyn Completer> = match (backend, &self.backends.provider) {
            (Backend::Client, _) => return self.client.complete(key, request).await,
            (Backend::Provider, None) => {
                return Err(CompleterError::Unavailable("no provider is configured".to_owned()));
            }
            (Backend::Provider, Some(model)) => Box::new(ModelCompleter::new(backend, model.clone())),
            (Backend::Embedded, _) => Box::new(EmbeddedCompleter::new(self.backends.embedded.clone())),
        };
        let reserved = estimated_cost(request);
        self.limits.reserve(&self.caller, reserved, Instant::now()).map_err(CompleterError::Limit)?;
        let outcome = completer.complete(key, request).await;
        // Charged when it was answered, whatever becomes of the answer. A call that is dropped meanwhile stays charged
        // with what was reserved: it may have been answered all the same.
        let cost = match &outcome {
            Ok(Outcome::Done(completion)) => completion.usage.input_tokens + completion.usage.output_tokens,
            _ => 0,
        };
        self.limits.settle(&self.caller, reserved, cost);
        outcome
    }

    /// The result that asks the client (2026-07-28).
    ///
    /// # Errors
    /// See [`mcp_support::ask::Ask::needs_input`].
    pub fn needs_input(self) -> Result<InputRequiredResult, ErrorData> {
        self.client.needs_input()
    }

    /// Says that the call is over: its state, sent again, is refused.
    ///
    /// # Errors
    /// See [`mcp_support::ask::Ask::spend`].
    pub fn spend(&self) -> Result<(), ErrorData> {
        self.client.spend()
    }
}
