//! The parts of a conversation.

use bytes::Bytes;
use serde_json::Value;

/// One message of a conversation.
#[derive(Debug, Clone, PartialEq)]
pub enum Message {
    /// What the model is told before anything else.
    System(String),
    /// What the person, or the program, says.
    User(Vec<Part>),
    /// What the model said before.
    Assistant {
        /// Its text; may be empty when it called tools.
        text: String,
        /// The tools that it called.
        tool_calls: Vec<ToolCall>,
    },
    /// What one of the called tools answered.
    ToolResult {
        /// [`ToolCall::id`].
        call_id: String,
        /// The answer, or what went wrong.
        text: String,
        /// Whether `text` says what went wrong.
        is_error: bool,
    },
}

impl Message {
    /// A person's text.
    pub fn user(text: impl Into<String>) -> Self {
        Self::User(vec![Part::Text(text.into())])
    }

    /// A model's text.
    pub fn assistant(text: impl Into<String>) -> Self {
        Self::Assistant { text: text.into(), tool_calls: Vec::new() }
    }
}

/// A part of what a person says.
#[derive(Debug, Clone, PartialEq)]
pub enum Part {
    /// Text.
    Text(String),
    /// A picture.
    Image {
        /// Such as `image/png`.
        media_type: String,
        /// The file's bytes.
        data: Bytes,
    },
    /// A sound.
    Audio {
        /// Such as `audio/wav`.
        media_type: String,
        /// The file's bytes.
        data: Bytes,
    },
}

/// A tool that a model may call.
#[derive(Debug, Clone, PartialEq)]
pub struct Tool {
    /// Letters, digits, `_` and `-`.
    pub name: String,
    /// When to use it.
    pub description: String,
    /// JSON Schema of its arguments, an object.
    pub parameters: Value,
}

/// Whether tools may, must or must not be called.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub enum ToolChoice {
    /// As the model likes.
    #[default]
    Auto,
    /// At least one.
    Required,
    /// None.
    None,
}

/// A call that a model wants answered.
#[derive(Debug, Clone, PartialEq)]
pub struct ToolCall {
    /// Told apart by this in one conversation.
    pub id: String,
    /// [`Tool::name`], as far as the model keeps to it.
    pub name: String,
    /// The arguments. Models make mistakes: check them against the schema. What is no JSON is here as a string, which the
    /// schema of an object refuses.
    pub arguments: Value,
}
