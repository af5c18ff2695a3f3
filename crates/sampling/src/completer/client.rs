//! The client's model, by `sampling/createMessage`: a request of the server in 2025-11-25, a part of an
//! `InputRequiredResult` in 2026-07-28. `Ask` hides which.
#![expect(deprecated, reason = "SEP-2577: sampling is deprecated in 2026-07-28; what replaces it is in `model`")]

use async_trait::async_trait;
use mcp_support::{
    ask::Ask,
    llm::{Sampling, ToolCall, ToolChoice, Usage},
};
use rmcp::{
    ErrorData,
    model::{
        CreateMessageRequestParams, CreateMessageResult, InputRequiredResult, ModelHint, ModelPreferences, Role,
        SamplingMessageContentBlock as Block,
    },
};
use serde_json::json;

use super::{
    Backend, Completer, CompleterError, Completion, Outcome, Request, estimated_input, estimated_tokens,
    wire::{sampling_messages, sampling_tools},
};
use crate::task::METADATA;

/// Spec(both, sampling): `maxTokens` is required. This is for requests that do not care.
pub(super) const MAX_TOKENS: u32 = 400;
/// Most bytes of an answer that are taken from a client.
const MAX_ANSWER_BYTES: usize = 256 * 1024;
/// How a client says that its user has refused (2025-11-25). In 2026-07-28 it does not call again.
pub const USER_REFUSED: i32 = -1;
/// What `Ask` says when the client did not declare the capability.
const MISSING_CAPABILITY: i32 = -32021;
/// What `Ask` says when no answer came in time, and a client when its own model failed.
const INTERNAL: i32 = -32603;

/// The client's model, for one call.
pub struct ClientCompleter<'a> {
    ask: Ask<'a>,
}

impl<'a> ClientCompleter<'a> {
    /// Asks in the name of the call that `ask` belongs to.
    pub fn new(ask: Ask<'a>) -> Self {
        Self { ask }
    }

    /// The result that asks the client (2026-07-28).
    ///
    /// # Errors
    /// See [`Ask::needs_input`].
    pub fn needs_input(self) -> Result<InputRequiredResult, ErrorData> {
        self.ask.needs_input()
    }

    /// Says that the call is over: its state, sent again, is refused.
    ///
    /// # Errors
    /// See [`Ask::spend`].
    pub fn spend(&self) -> Result<(), ErrorData> {
        self.ask.spend()
    }
}

#[async_trait]
impl Completer for ClientCompleter<'_> {
    async fn complete(&mut self, key: &str, request: &Request) -> Result<Outcome, CompleterError> {
        let params = params(request)?;
        match self.ask.question(key, params).await {
            Ok(Some(answer)) => completion(answer, request).map(|done| Outcome::Done(Box::new(done))),
            Ok(None) => Ok(Outcome::NeedsInput),
            Err(error) => Err(match error.code.0 {
                USER_REFUSED => CompleterError::Refused("the person in front of the client said no".to_owned()),
                MISSING_CAPABILITY => CompleterError::Unavailable(match request.tools.is_empty() {
                    true => "the client did not declare sampling".to_owned(),
                    false => "the client did not declare sampling with tools".to_owned(),
                }),
                INTERNAL => CompleterError::Unavailable(error.message.to_string()),
                // A state that was tampered with, has expired, or was used.
                _ => CompleterError::Protocol(error),
            }),
        }
    }
}

/// The request in the protocol's terms.
fn params(request: &Request) -> Result<CreateMessageRequestParams, CompleterError> {
    let sampling = &request.sampling;
    let max_tokens = sampling.max_tokens.unwrap_or(MAX_TOKENS);
    let mut params = CreateMessageRequestParams::new(sampling_messages(&request.messages), max_tokens)
        .with_system_prompt(request.system.clone())
        .with_model_preferences(preferences(request));
    params.temperature = sampling.temperature.map(|value| value as f32);
    params.stop_sequences = (!sampling.stop.is_empty()).then(|| sampling.stop.clone());
    // Spec(both, sampling): what the protocol has no field for goes into `metadata`, which a client may ignore.
    // `includeContext` stays out: it means none, and its other values are deprecated (SEP-2596).
    params.metadata = Some(json!({
        METADATA: request.task,
        "top_p": sampling.top_p, "top_k": sampling.top_k, "seed": sampling.seed,
        "frequency_penalty": sampling.frequency_penalty, "presence_penalty": sampling.presence_penalty,
    }));
    if !request.tools.is_empty() {
        params.tools = Some(sampling_tools(&request.tools));
        params.tool_choice = Some(match request.tool_choice {
            ToolChoice::Auto => rmcp::model::ToolChoice::auto(),
            ToolChoice::Required => rmcp::model::ToolChoice::required(),
            ToolChoice::None => rmcp::model::ToolChoice::none(),
        });
    }
    // Spec(both, sampling): each tool use is answered by one tool result, in a message of nothing else.
    params.validate().map_err(|error| {
        tracing::error!(error, "made a sampling request that is not valid");
        CompleterError::Unavailable("the request is not valid".to_owned())
    })?;
    Ok(params)
}

fn preferences(request: &Request) -> ModelPreferences {
    let wanted = &request.preferences;
    let mut preferences = ModelPreferences::new();
    if !wanted.hints.is_empty() {
        preferences.hints = Some(wanted.hints.iter().map(ModelHint::new).collect());
    }
    preferences.cost_priority = Some(wanted.cost as f32);
    preferences.speed_priority = Some(wanted.speed as f32);
    preferences.intelligence_priority = Some(wanted.intelligence as f32);
    preferences
}

/// The client's answer, which is checked like anything else from outside.
fn completion(answer: CreateMessageResult, request: &Request) -> Result<Completion, CompleterError> {
    let malformed = |what: &str| CompleterError::Unavailable(format!("the client's answer is malformed: {what}"));
    if answer.message.role != Role::Assistant {
        return Err(malformed("its role is not assistant"));
    }
    let (mut text, mut tool_calls) = (String::new(), Vec::new());
    for block in answer.message.content.into_vec() {
        match block {
            Block::Text(part) => text.push_str(&part.text),
            Block::ToolUse(call) if !request.tools.is_empty() => {
                tool_calls.push(ToolCall { id: call.id, name: call.name, arguments: call.input.into() });
            }
            _ => return Err(malformed("it holds something that was not asked for")),
        }
        if text.len() > MAX_ANSWER_BYTES {
            return Err(malformed(&format!("it is longer than {MAX_ANSWER_BYTES} bytes")));
        }
    }
    if text.trim().is_empty() && tool_calls.is_empty() {
        return Err(malformed("it is empty"));
    }
    let stop_reason = answer.stop_reason.unwrap_or_else(|| "unknown".to_owned());
    Ok(Completion {
        usage: Usage { input_tokens: estimated_input(request), output_tokens: estimated_tokens(&text) },
        usage_is_estimated: true,
        text,
        tool_calls,
        stop_reason: short(&stop_reason),
        model: short(&answer.model),
        backend: Backend::Client,
        // What a client may ignore was asked for, not applied; only what it must respect is certain.
        applied: Sampling { max_tokens: request.sampling.max_tokens.or(Some(MAX_TOKENS)), ..Sampling::default() },
    })
}

/// A name that a client chose, as one short line.
fn short(name: &str) -> String {
    name.chars().filter(|letter| !letter.is_control()).take(120).collect()
}
