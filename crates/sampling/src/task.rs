//! What an answer is for. A large model is told in words; the embedded one, which does not understand words, is held to
//! it: it chooses among what the caller's text holds, by likelihood.

use mcp_support::llm::{Message, Part};
use serde::{Deserialize, Serialize};
use serde_json::Value;

use crate::ask_for::unquoted;

/// Under this name a task stands in `metadata` of a sampling request, for a client whose model can use it.
pub const METADATA: &str = "mcp-samples/task";

/// What an answer is for. Its text does not travel: it stands in the messages already, where people read and redact it.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize)]
#[serde(tag = "kind", rename_all = "snake_case")]
pub enum Task {
    /// A text that goes on from the last message.
    #[default]
    Continue,
    /// A summary of `text`.
    Summarize {
        /// What to summarize.
        #[serde(skip_serializing, default)]
        text: String,
        /// Most words of the summary.
        max_words: usize,
    },
    /// One of `labels`, and nothing else.
    Classify {
        /// What to label.
        #[serde(skip_serializing, default)]
        text: String,
        /// The labels.
        labels: Vec<String>,
    },
    /// A JSON object that is valid against `schema`, with values from `text`.
    Extract {
        /// Where the values stand.
        #[serde(skip_serializing, default)]
        text: String,
        /// JSON Schema of the answer.
        schema: Value,
    },
    /// What is good and bad about `text`, point by point.
    Critique {
        /// What to judge.
        #[serde(skip_serializing, default)]
        text: String,
        /// The points.
        rubric: Vec<String>,
    },
    /// An answer to a question, with tools.
    Answer {
        /// The question.
        #[serde(skip_serializing, default)]
        question: String,
    },
}

impl Task {
    /// The task of a sampling request, with the text that it is about, from the first message of the user.
    #[must_use]
    pub fn about(mut self, messages: &[Message]) -> Self {
        let first = messages.iter().find_map(|message| match message {
            Message::User(parts) => parts.iter().find_map(|part| match part {
                Part::Text(text) => Some(text.as_str()),
                _ => None,
            }),
            _ => None,
        });
        let first = first.unwrap_or_default();
        match &mut self {
            Self::Continue => {}
            Self::Answer { question } => *question = first.to_owned(),
            Self::Summarize { text, .. }
            | Self::Classify { text, .. }
            | Self::Extract { text, .. }
            | Self::Critique { text, .. } => *text = unquoted(first).unwrap_or(first).to_owned(),
        }
        self
    }
}
