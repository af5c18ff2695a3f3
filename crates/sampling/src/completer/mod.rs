//! A model that a tool can ask, whoever runs it: one trait, three back ends, one contract.
//!
//! * [`client`]: the client's model, by `sampling/createMessage`. Deprecated (SEP-2577).
//! * [`model`]: a provider's, by its own API, or the embedded one. What sampling is replaced by.
//! * [`chain`]: several of them in the operator's order.

pub mod chain;
pub mod client;
pub mod embedded;
pub mod model;
pub mod wire;

use async_trait::async_trait;
use mcp_support::llm::{ChatRequest, Message, Part, Sampling, StopReason, Tool, ToolCall, ToolChoice, Usage};
use rmcp::ErrorData;
use schemars::JsonSchema;
use serde::Serialize;

use crate::{error::Refusal, task::Task};

/// What a tool asks of a model.
#[derive(Debug, Clone)]
pub struct Request {
    /// What the answer is for. Large models are told in words; the embedded one is held to it.
    pub task: Task,
    /// What the model is told before anything else.
    pub system: String,
    /// The conversation so far, oldest first, without a system message.
    pub messages: Vec<Message>,
    /// Tools that the model may call.
    pub tools: Vec<Tool>,
    /// Whether it may, must or must not call them.
    pub tool_choice: ToolChoice,
    /// How the next token is chosen, and when to stop.
    pub sampling: Sampling,
    /// What matters in the choice of a model, where there is a choice.
    pub preferences: Preferences,
}

impl Request {
    /// The request in the terms of a chat model: the system message first.
    pub fn chat(&self) -> ChatRequest {
        let system = Message::System(self.system.clone());
        ChatRequest {
            messages: std::iter::once(system).chain(self.messages.iter().cloned()).collect(),
            tools: self.tools.clone(),
            tool_choice: self.tool_choice,
            sampling: self.sampling.clone(),
        }
    }
}

/// What matters in the choice of a model, each from 0 to 1.
#[derive(Debug, Clone, Default, PartialEq)]
pub struct Preferences {
    /// Names of models or families, the best first. A part of a name is enough.
    pub hints: Vec<String>,
    /// How much it matters that the model is cheap.
    pub cost: f64,
    /// How much it matters that the model is fast.
    pub speed: f64,
    /// How much it matters that the model is capable.
    pub intelligence: f64,
}

/// What a model answered.
#[derive(Debug, Clone, PartialEq)]
pub struct Completion {
    /// The answer; empty when the model only calls tools.
    pub text: String,
    /// Calls that it wants answered.
    pub tool_calls: Vec<ToolCall>,
    /// Why it ends here, as the model says.
    pub stop_reason: String,
    /// The model that answered, as it calls itself.
    pub model: String,
    /// Who ran it.
    pub backend: Backend,
    /// The settings that were applied, as far as the back end knows.
    pub applied: Sampling,
    /// Tokens read and written.
    pub usage: Usage,
    /// Whether `usage` is this server's estimate: sampling results do not say what they cost.
    pub usage_is_estimated: bool,
}

/// Who runs the model.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, JsonSchema, clap::ValueEnum)]
#[serde(rename_all = "lowercase")]
#[schemars(inline)]
pub enum Backend {
    /// The client, by `sampling/createMessage` (deprecated in 2026-07-28).
    Client,
    /// A provider with an OpenAI-compatible endpoint.
    Provider,
    /// This process: a small n-gram model, trained at start.
    Embedded,
}

impl std::fmt::Display for Backend {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str(match self {
            Self::Client => "client",
            Self::Provider => "provider",
            Self::Embedded => "embedded",
        })
    }
}

/// How an attempt ended.
#[derive(Debug)]
pub enum Outcome {
    /// With an answer.
    Done(Box<Completion>),
    /// With a question to the client that is not answered yet (2026-07-28): return `Ask::needs_input`.
    NeedsInput,
}

/// Why a back end gave no answer.
#[derive(Debug, thiserror::Error)]
pub enum CompleterError {
    /// It is not there, not now, or cannot take this request: another back end may answer instead.
    #[error("{0}")]
    Unavailable(String),
    /// Somebody said no: a person, or a filter. Nobody else is asked behind their back.
    #[error("{0}")]
    Refused(String),
    /// The caller has used up its share.
    #[error("{0}")]
    Limit(Refusal),
    /// A protocol error, such as a state that was tampered with.
    #[error("{}", .0.message)]
    Protocol(ErrorData),
}

/// A model that a tool can ask. One is made for each call.
#[async_trait]
pub trait Completer: Send {
    /// Answers `request`. `key` names it among the requests of one call: the same in each round.
    ///
    /// # Errors
    /// See [`CompleterError`].
    async fn complete(&mut self, key: &str, request: &Request) -> Result<Outcome, CompleterError>;
}

/// Why an answer ends, in the words of `sampling/createMessage`.
pub(crate) fn stop_reason(reason: StopReason) -> &'static str {
    match reason {
        StopReason::EndTurn => "endTurn",
        StopReason::StopSequence => "stopSequence",
        StopReason::MaxTokens => "maxTokens",
        StopReason::ToolUse => "toolUse",
        StopReason::ContentFilter => "contentFilter",
    }
}

/// About how many tokens a request reads.
pub(crate) fn estimated_input(request: &Request) -> u64 {
    let message = |message: &Message| match message {
        Message::System(text) | Message::Assistant { text, .. } | Message::ToolResult { text, .. } => {
            estimated_tokens(text)
        }
        // Pictures and sounds cost too, each model in its own way; this server does not know.
        Message::User(parts) => {
            parts.iter().map(|part| if let Part::Text(text) = part { estimated_tokens(text) } else { 0 }).sum()
        }
    };
    request.messages.iter().map(message).sum::<u64>() + estimated_tokens(&request.system)
}

/// About how many tokens a request may cost.
fn estimated_cost(request: &Request) -> u64 {
    estimated_input(request) + u64::from(request.sampling.max_tokens.unwrap_or(client::MAX_TOKENS))
}

/// About how many tokens a text has: English has four letters for each, which is what providers' own rules of thumb say.
pub(crate) fn estimated_tokens(text: &str) -> u64 {
    text.chars().count().div_ceil(4) as u64
}
