//! The embedded back end: what has to be chosen is chosen, and only a text that goes on is written by the n-gram model.

use async_trait::async_trait;

use super::{
    Backend, Completer, CompleterError, Outcome, Request,
    model::{completion, failure},
};
use crate::embedded::SmallModel;

/// The small model of this process.
pub struct EmbeddedCompleter {
    model: SmallModel,
}

impl EmbeddedCompleter {
    /// Asks `model`.
    pub fn new(model: SmallModel) -> Self {
        Self { model }
    }
}

#[async_trait]
impl Completer for EmbeddedCompleter {
    async fn complete(&mut self, _: &str, request: &Request) -> Result<Outcome, CompleterError> {
        let reply = self.model.answer(&request.task, &request.chat()).await.map_err(failure)?;
        Ok(Outcome::Done(Box::new(completion(reply, Backend::Embedded))))
    }
}
