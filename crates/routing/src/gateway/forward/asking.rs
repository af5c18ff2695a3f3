//! Questions of a node on their way to the client.

use std::collections::BTreeMap;

use mcp_support::ask::{Ask, Question as _};
use rmcp::{
    ErrorData,
    model::{InputRequest, InputRequiredResult, InputResponses},
};
use serde_json::Value;

use super::{Attempt, Outcome, QUESTION, state::State};
use crate::gateway::{parked::Parked, request::Forwarded};

impl Attempt<'_> {
    /// Ends the client's request with a question, and keeps the node's call.
    pub(super) fn park(&self, mut parked: Parked, question: InputRequest, call: &Forwarded) -> Outcome {
        let declared = self.context.client_capabilities().unwrap_or_default();
        if let Some(missing) = question.missing(&declared) {
            return Outcome::Answer(Err(ErrorData::missing_required_client_capability(missing)));
        }
        parked.running.call.park();
        let Some(number) = self.gateway.parking().park(parked) else {
            return Outcome::Failed("too many calls wait for their clients".to_owned());
        };
        match self.seal(&State::Parked { number }, call) {
            Ok(sealed) => {
                let questions = BTreeMap::from([(QUESTION.to_owned(), question)]);
                Outcome::Ask(InputRequiredResult::new(Some(questions), Some(sealed)))
            }
            Err(error) => Outcome::Answer(Err(error)),
        }
    }

    /// 2025-11-25: asks the client while its call waits.
    pub(super) async fn ask(&self, key: &str, question: InputRequest) -> Result<Value, ErrorData> {
        let mut ask = Ask::new(self.gateway.sealer(), self.context, "gateway", &())?;
        let answer = ask.question(key, question).await?;
        answer.ok_or_else(|| ErrorData::internal_error("the client was not asked", None))
    }

    pub(super) async fn answers(&self, questions: BTreeMap<String, InputRequest>) -> Result<InputResponses, ErrorData> {
        let mut answers = InputResponses::new();
        for (key, question) in questions {
            let answer = self.ask(&key, question).await?;
            answers.insert(key, answer);
        }
        Ok(answers)
    }
}
