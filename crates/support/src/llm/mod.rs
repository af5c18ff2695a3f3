//! Chat with a language model: one trait, a provider behind it or a small model that is trained at start.
//!
//! * [`ChatModel`], [`ChatRequest`], [`ChatReply`]: what is asked and what comes back, in a handful of types.
//! * [`Sampling`]: the settings, their ranges, and the check of them.
//! * [`ModelError`]: whose problem it is, and whether the same request may succeed later.
//! * [`provider`]: any endpoint that speaks the chat-completions API, Azure included.
//! * [`embedded`]: a small language model that is trained at start on text that ships with this crate, and the sampler
//!   that writes with it.

pub mod embedded;
mod error;
mod message;
pub mod provider;
mod sampling;

use async_trait::async_trait;

pub use self::{
    error::ModelError,
    message::{Message, Part, Tool, ToolCall, ToolChoice},
    sampling::{Sampling, SettingError},
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
    /// The model had no more to say. A provider says so too when one of [`Sampling::stop`] came.
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
