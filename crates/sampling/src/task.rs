//! What an answer is for. A large model is told in words; the embedded one, which does not understand words, is held to
//! it: it chooses among what the caller's text holds, by likelihood.

use serde::{Deserialize, Serialize};
use serde_json::Value;

/// Under this name a task stands in `metadata` of a sampling request, for a client whose model can use it.
pub const METADATA: &str = "mcp-samples/task";

/// What an answer is for.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize)]
#[serde(tag = "kind", rename_all = "snake_case")]
pub enum Task {
    /// A text that goes on from the last message.
    #[default]
    Continue,
    /// A summary of `text`.
    Summarize {
        /// What to summarize.
        text: String,
        /// Most words of the summary.
        max_words: usize,
    },
    /// One of `labels`, and nothing else.
    Classify {
        /// What to label.
        text: String,
        /// The labels.
        labels: Vec<String>,
    },
    /// A JSON object that is valid against `schema`, with values from `text`.
    Extract {
        /// Where the values stand.
        text: String,
        /// JSON Schema of the answer.
        schema: Value,
    },
    /// What is good and bad about `text`, point by point.
    Critique {
        /// What to judge.
        text: String,
        /// The points.
        rubric: Vec<String>,
    },
    /// An answer to a question, with tools.
    Answer {
        /// The question.
        question: String,
    },
}
