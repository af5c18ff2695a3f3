//! What a tool says when it cannot do what was asked.

pub use mcp_support::refusal::quoted;

/// Why a tool call has no answer. Each says what is wrong and how it can be mended.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum Refusal {
    /// An argument that the caller can mend.
    #[error("{what}; hint: {hint}")]
    Argument {
        /// What is wrong, with the offending value.
        what: String,
        /// What would be accepted.
        hint: String,
    },
    /// The arguments are fine, and it still cannot be done.
    #[error("{what}; retryable: {retryable}; hint: {hint}")]
    Business {
        /// What stands in the way.
        what: String,
        /// What can be done about it.
        hint: String,
        /// Whether the same call may succeed later.
        retryable: bool,
    },
    /// Our fault. The cause is in the log, and nowhere else.
    #[error("internal error; hint: try again, and tell the operator if it stays")]
    Internal,
}

impl Refusal {
    /// An argument that the caller can mend.
    pub fn argument(what: impl Into<String>, hint: impl Into<String>) -> Self {
        Self::Argument { what: what.into(), hint: hint.into() }
    }

    /// Something that will not succeed by calling again.
    pub fn business(what: impl Into<String>, hint: impl Into<String>) -> Self {
        Self::Business { what: what.into(), hint: hint.into(), retryable: false }
    }

    /// Something that may succeed later.
    pub fn later(what: impl Into<String>, hint: impl Into<String>) -> Self {
        Self::Business { what: what.into(), hint: hint.into(), retryable: true }
    }

    /// Logs what went wrong, and keeps it from the caller.
    pub fn internal(doing: &str, error: impl std::fmt::Display) -> Self {
        tracing::error!(%error, doing, "failed");
        Self::Internal
    }

    /// Whether the same call may succeed later.
    pub fn is_retryable(&self) -> bool {
        matches!(self, Self::Business { retryable: true, .. } | Self::Internal)
    }
}
