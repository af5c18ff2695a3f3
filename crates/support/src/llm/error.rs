//! What can go wrong with a model, and whose problem it is.

use std::time::Duration;

/// Why there is no answer. No message holds a key. What an endpoint says about a request that it refuses is repeated as
/// one short line.
#[derive(Debug, Clone, PartialEq, thiserror::Error)]
pub enum ModelError {
    /// The request cannot be sent to this model: an unknown kind of content, a setting out of its range.
    #[error("{model} cannot take this request: {reason}")]
    Request {
        /// [`ChatModel::title`](super::ChatModel::title).
        model: String,
        /// What is wrong, and what would be accepted.
        reason: String,
    },
    /// 401 or 403: the key is missing, wrong, or not allowed to use this model.
    #[error("{model} refused the key")]
    Unauthorized {
        /// Which model.
        model: String,
    },
    /// 429: too many requests or tokens lately.
    #[error("{model} is busy{}", after(*.retry_after))]
    RateLimited {
        /// Which model.
        model: String,
        /// When to try again, where it says so.
        retry_after: Option<Duration>,
    },
    /// The provider's filter refused the conversation.
    #[error("{model} refused the content: {reason}")]
    ContentFiltered {
        /// Which model.
        model: String,
        /// The categories that the filter names.
        reason: String,
    },
    /// It cannot be reached, failed (5xx), took too long, or its answer broke off.
    #[error("{model} is not available: {reason}")]
    Unavailable {
        /// Which model.
        model: String,
        /// What happened.
        reason: String,
    },
    /// It answered what this client does not understand.
    #[error("{model} gave an answer that cannot be read: {reason}")]
    Unreadable {
        /// Which model.
        model: String,
        /// What is wrong with it.
        reason: String,
    },
}

impl ModelError {
    /// Whether the same request may succeed later.
    pub fn is_retryable(&self) -> bool {
        matches!(self, Self::RateLimited { .. } | Self::Unavailable { .. })
    }
}

fn after(time: Option<Duration>) -> String {
    time.map_or_else(String::new, |time| format!("; try again in {} s", time.as_secs().max(1)))
}
