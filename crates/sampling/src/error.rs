//! What a tool says when it cannot do what was asked.

/// Why a call has no answer. Each says what is wrong and how it can be mended.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum Refusal {
    /// Something that the caller can mend.
    #[error("{what}; hint: {hint}")]
    Argument {
        /// What is wrong, with the offending value.
        what: String,
        /// What would be accepted.
        hint: String,
    },
    /// Our fault. The cause is in the log, and nowhere else.
    #[error("internal error; hint: try again, and tell the operator if it stays")]
    Internal,
}

impl Refusal {
    /// Something that the caller can mend.
    pub fn argument(what: impl Into<String>, hint: impl Into<String>) -> Self {
        Self::Argument { what: what.into(), hint: hint.into() }
    }

    /// Logs what went wrong, and keeps it from the caller.
    pub fn internal(doing: &str, error: impl std::fmt::Display) -> Self {
        tracing::error!(%error, doing, "failed");
        Self::Internal
    }
}

/// Text that stands in an error, cut to a reasonable length.
pub fn quoted(text: &str) -> String {
    const MOST: usize = 80;
    let mut shown: String = text.chars().filter(|letter| !letter.is_control()).take(MOST).collect();
    if text.chars().count() > MOST {
        shown.push_str("...");
    }
    format!("'{shown}'")
}
