//! Chat with a language model: one trait, a provider behind it or a small model that is trained at start.
//!
//! * [`ChatModel`], [`ChatRequest`], [`ChatReply`]: what is asked and what comes back, in a handful of types.
//! * [`ModelError`]: whose problem it is, and whether the same request may succeed later.

mod error;
mod message;

use async_trait::async_trait;

pub use self::{
    error::ModelError,
    message::{Message, Part, Tool, ToolCall, ToolChoice},
};

/// What is asked of a model.
#[derive(Debug, Clone, Default)]
pub struct ChatRequest {
    /// The conversation so far, oldest first.
    pub messages: Vec<Message>,
    /// Tools that the model may call. Empty: none.
    pub tools: Vec<Tool>,
    /// Whether it may, must or must not call them.
    pub tool_choice: ToolChoice,
    /// How the next token is chosen, and when to stop.
    pub sampling: Sampling,
}

/// How the next token is chosen, and when to stop. What is `None` is the model's own default.
///
/// Ranges are those of the chat-completions API; `top_k` is not part of that API, and a provider ignores it.
#[derive(Debug, Clone, Default, PartialEq, serde::Serialize)]
pub struct Sampling {
    /// Divides the log-odds of tokens: 0 is greedy, 1 is the model's own distribution, at most 2.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub temperature: Option<f64>,
    /// Only the smallest set of tokens whose probabilities sum to this counts (nucleus sampling): over 0, at most 1.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub top_p: Option<f64>,
    /// Only this many of the most probable tokens count: at least 1.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub top_k: Option<u32>,
    /// Taken from a token's log-odds for each time that it was generated before: -2 to 2.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub frequency_penalty: Option<f64>,
    /// Taken from a token's log-odds once it was generated at all: -2 to 2.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub presence_penalty: Option<f64>,
    /// Texts that end the answer where they first appear; they are not part of it.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub stop: Vec<String>,
    /// Most tokens of the answer: at least 1.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub max_tokens: Option<u32>,
    /// Equal seeds give equal text: always with the embedded model, as far as it can with a provider.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub seed: Option<u64>,
}

/// What a model answered.
#[derive(Debug, Clone, PartialEq)]
pub struct ChatReply {
    /// The answer; empty when the model only calls tools.
    pub text: String,
    /// Calls that it wants answered, each by one [`Message::ToolResult`].
    pub tool_calls: Vec<ToolCall>,
    /// Why it ends here.
    pub stop_reason: StopReason,
    /// What it cost.
    pub usage: Usage,
    /// The model that answered, as it calls itself.
    pub model: String,
    /// The settings that were applied: those asked for, less what the model does not know, with its defaults where it
    /// tells them.
    pub applied: Sampling,
}

/// Why an answer ends.
#[derive(Debug, Clone, Copy, PartialEq, Eq, serde::Serialize)]
#[serde(rename_all = "camelCase")]
pub enum StopReason {
    /// The model had no more to say.
    EndTurn,
    /// One of [`Sampling::stop`] came.
    StopSequence,
    /// [`Sampling::max_tokens`] was reached.
    MaxTokens,
    /// It waits for the results of its tool calls.
    ToolUse,
    /// The provider's filter cut the answer.
    ContentFilter,
}

/// Tokens, as the model counts them.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, serde::Serialize)]
pub struct Usage {
    /// Tokens read.
    pub input_tokens: u64,
    /// Tokens written.
    pub output_tokens: u64,
}

/// A language model that holds a conversation.
#[async_trait]
pub trait ChatModel: Send + Sync {
    /// What it is, for people: the model, and where it runs.
    fn title(&self) -> String;

    /// Answers the conversation.
    ///
    /// # Errors
    /// See [`ModelError`].
    async fn chat(&self, request: &ChatRequest) -> Result<ChatReply, ModelError>;

    /// The same, told piece by piece while it is being written.
    ///
    /// # Errors
    /// As [`ChatModel::chat`]; pieces may have been told before.
    async fn stream(
        &self,
        request: &ChatRequest,
        piece: &mut (dyn for<'a> FnMut(&'a str) + Send),
    ) -> Result<ChatReply, ModelError>;
}
