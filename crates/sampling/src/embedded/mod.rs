//! What a model of a few thousand words can do honestly: it writes what sounds like English, and for everything else
//! it chooses among what the caller's text holds.

use mcp_support::llm::{ChatReply, ChatRequest, ModelError, embedded::Embedded};

use crate::task::Task;

/// The small model of this process, or of a host.
pub struct SmallModel {
    ngram: &'static Embedded,
}

impl SmallModel {
    /// Trained at the first call.
    pub fn new() -> Self {
        Self { ngram: Embedded::shared() }
    }

    /// Answers `chat` as `task` asks for it.
    ///
    /// # Errors
    /// The request is at fault: a setting out of its range, or a text without what is asked for.
    pub async fn answer(&self, task: &Task, chat: &ChatRequest) -> Result<ChatReply, ModelError> {
        todo!()
    }
}
