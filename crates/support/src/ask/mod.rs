//! One way to ask the client (elicitation, sampling, roots) in both revisions.
//!
//! In 2025-11-25 a question is a request from the server to the client, and the call waits for its answer. In 2026-07-28
//! it is an `InputRequiredResult`: the call ends, and the client calls again with the answers and with the state that
//! the server sealed. A tool reads the same in both:
//!
//! ```text
//! let mut ask = Ask::new(&self.sealer, &context, "tools/call delete", &arguments)?;
//! let Some(confirmation) = ask.question("confirm", form).await? else {
//!     return Ok(ask.needs_input()?.into());
//! };
//! ```
//!
//! Ask in the task of the call itself: in 2025-11-25 over HTTP a question goes out on the stream of the call that its
//! task belongs to, and a spawned task belongs to none.
//!
//! Several questions in one round: ask all of them, then return `needs_input` if one has no answer yet.

mod form;
mod page;
mod question;
mod seal;

use std::{collections::BTreeMap, time::Duration};

use rand::RngExt;
use rmcp::{
    ErrorData, RoleServer,
    model::{InputRequest, InputRequiredResult, InputResponses},
    service::{PeerRequestOptions, RequestContext},
};
use serde::{Deserialize, Serialize};
use serde_json::Value;

pub use self::{
    form::form,
    question::{Question, Roots},
    seal::{SealError, Sealer},
};
use crate::{harden::Deadline, revision::is_modern};

/// How long a person may take to answer: the deadline of a server request in 2025-11-25, and the life of the sealed
/// state in 2026-07-28.
pub const PATIENCE: Duration = Duration::from_secs(600);

/// The answers and the state that a client sent back, as `harden` found them in the request.
#[derive(Debug, Clone)]
struct Returned {
    state: Option<String>,
    responses: InputResponses,
}

/// Puts the client's answers where [`Ask`] finds them.
pub(crate) fn remember_answers(
    context: &mut RequestContext<RoleServer>,
    state: &Option<String>,
    responses: &Option<InputResponses>,
) {
    if state.is_some() || responses.is_some() {
        let returned = Returned { state: state.clone(), responses: responses.clone().unwrap_or_default() };
        context.extensions.insert(returned);
    }
}

/// What the sealed state holds: the questions that were put, and the answers that came.
#[derive(Debug, Default, Serialize, Deserialize)]
struct State {
    /// Tells states apart that are otherwise alike; the same in all rounds of one call.
    number: String,
    asked: Vec<String>,
    answers: BTreeMap<String, Value>,
}

/// The questions of one call.
pub struct Ask<'a> {
    sealer: &'a Sealer,
    context: &'a RequestContext<RoleServer>,
    binding: Vec<u8>,
    number: Option<String>,
    answers: BTreeMap<String, Value>,
    pending: BTreeMap<String, InputRequest>,
}

impl<'a> Ask<'a> {
    /// Opens what the client sent back, if anything. `method` and `arguments` say what is being asked for: an answer
    /// counts only for the same principal, the same method and the same arguments.
    ///
    /// # Errors
    /// -32602 when the state was tampered with, has expired, or belongs to another caller or another call.
    pub fn new(
        sealer: &'a Sealer,
        context: &'a RequestContext<RoleServer>,
        method: &str,
        arguments: &impl Serialize,
    ) -> Result<Self, ErrorData> {
        let principal = crate::serve::principal(context);
        let binding = seal::binding(&principal, method, arguments);
        let (mut number, mut answers) = (None, BTreeMap::new());
        // Without our state an answer proves nothing: it may belong to a question that was never put.
        if let Some(Returned { state: Some(state), responses }) = context.extensions.get::<Returned>() {
            let state: State = sealer.open(state, &binding).map_err(invalid_state)?;
            sealer.check_unspent(&state.number).map_err(invalid_state)?;
            number = Some(state.number);
            answers = state.answers;
            for (key, value) in responses {
                // Answers to questions that were not put are ignored, and an answer is final.
                if state.asked.contains(key) {
                    answers.entry(key.clone()).or_insert_with(|| value.clone());
                }
            }
        }
        Ok(Self { sealer, context, binding, number, answers, pending: BTreeMap::new() })
    }

    /// Puts a question. `None` means that it was put and is not answered yet: return [`Ask::needs_input`].
    ///
    /// # Errors
    /// -32021 when the client did not declare the capability; -32602 when its answer is malformed; the client's own
    /// error, or -32603 when it gave no answer in time (2025-11-25).
    pub async fn question<Q: Question>(&mut self, key: &str, question: Q) -> Result<Option<Q::Answer>, ErrorData> {
        let declared = self.context.client_capabilities().unwrap_or_default();
        if let Some(missing) = question.missing(&declared) {
            return Err(ErrorData::missing_required_client_capability(missing));
        }
        if !is_modern(self.context) {
            return self.request(question).await.map(Some);
        }
        let Some(answer) = self.answers.get(key) else {
            self.pending.insert(key.to_owned(), question.into_input_request());
            return Ok(None);
        };
        serde_json::from_value(answer.clone())
            .map(Some)
            .map_err(|error| ErrorData::invalid_params(format!("the answer to '{key}' is malformed: {error}"), None))
    }

    /// Whether the client has sent an answer to this question along (2026-07-28). It may be to one that is no longer
    /// worth putting.
    pub fn has_answer(&self, key: &str) -> bool {
        self.answers.contains_key(key)
    }

    /// The result that puts all pending questions at once (2026-07-28), with the answers so far sealed into its state.
    ///
    /// # Errors
    /// -32603 when the state cannot be sealed.
    pub fn needs_input(self) -> Result<InputRequiredResult, ErrorData> {
        let number = self.number.unwrap_or_else(|| format!("{:032x}", rand::rng().random::<u128>()));
        let state = State { number, asked: self.pending.keys().cloned().collect(), answers: self.answers };
        let sealed = self.sealer.seal(&state, &self.binding).map_err(|error| {
            tracing::error!(%error, "cannot seal the state of a call");
            ErrorData::internal_error("internal error", None)
        })?;
        Ok(InputRequiredResult::new(Some(self.pending), Some(sealed)))
    }

    /// Says that the answers are about to be acted upon, which may happen once: the same state, sent again, is refused.
    /// Call it before an act that must not be repeated. Spec(2026-07-28, mrtr): a seal alone does not make a state
    /// single-use; the server has to.
    ///
    /// # Errors
    /// -32602 when the state has been acted upon already.
    pub fn spend(&self) -> Result<(), ErrorData> {
        let Some(number) = &self.number else { return Ok(()) };
        self.sealer.spend(number).map_err(invalid_state)
    }

    /// 2025-11-25: a request to the client, answered while the call waits.
    async fn request<Q: Question>(&self, question: Q) -> Result<Q::Answer, ErrorData> {
        if let Some(deadline) = self.context.extensions.get::<Deadline>() {
            deadline.extend(PATIENCE);
        }
        let options = PeerRequestOptions::with_timeout(PATIENCE);
        let answer = async {
            let handle = self.context.peer.send_request_with_option(question.into_server_request(), options).await?;
            handle.await_response().await
        };
        match answer.await {
            Ok(result) => {
                Q::answer(result).ok_or_else(|| ErrorData::internal_error("the client answered another question", None))
            }
            Err(rmcp::ServiceError::McpError(error)) => Err(error),
            Err(error) => Err(ErrorData::internal_error(format!("the client gave no answer: {error}"), None)),
        }
    }
}

fn invalid_state(error: SealError) -> ErrorData {
    ErrorData::invalid_params(format!("requestState is not valid here: {error}"), None)
}
