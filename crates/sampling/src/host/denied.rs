//! Why a server gets no completion, and how it is told.

use rmcp::{ErrorData, model::ErrorCode};
use serde_json::json;

use super::budget::OverBudget;

/// Spec(2025-11-25, sampling): the code for "User rejected sampling request".
const USER_REJECTED: ErrorCode = ErrorCode(-1);

/// Why a server gets no completion.
#[derive(Debug, Clone, PartialEq, thiserror::Error)]
pub(super) enum Denied {
    /// Nobody approved.
    #[error("the sampling request was rejected: {0}")]
    Rejected(Rejection),
    /// The server has used up what it may.
    #[error("over budget: {0}")]
    OverBudget(OverBudget),
    /// The request is at fault.
    #[error("{0}")]
    Invalid(String),
    /// No call of this host is under way.
    #[error("this host answers sampling requests only while a call of its own is under way")]
    Uncalled,
    /// This host cannot, now.
    #[error("{0}")]
    Unavailable(String),
    /// The model gave no answer that can be used.
    #[error("the model gave no answer: {0}")]
    Model(String),
    /// The server does not want it any more.
    #[error("the server withdrew its request")]
    Withdrawn,
}

/// Why nobody approved.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub(super) enum Rejection {
    #[error("the person said no")]
    Person,
    #[error("this host is set to deny every request")]
    Policy,
    #[error("nobody decided within {0} s")]
    TimedOut(u64),
    #[error("the input ended before anybody decided")]
    EndOfInput,
    #[error("it could not be shown to anybody")]
    NotShown,
}

impl Denied {
    /// In the audit trail.
    pub(super) fn word(&self) -> &'static str {
        match self {
            Self::Rejected(Rejection::Person) => "refused",
            Self::Rejected(Rejection::Policy) => "denied_by_policy",
            Self::Rejected(Rejection::TimedOut(_)) => "timed_out",
            Self::Rejected(Rejection::EndOfInput) => "end_of_input",
            Self::Rejected(Rejection::NotShown) => "not_shown",
            Self::OverBudget(_) => "over_budget",
            Self::Invalid(_) => "invalid",
            Self::Uncalled => "uncalled",
            Self::Unavailable(_) => "unavailable",
            Self::Model(_) => "model_failed",
            Self::Withdrawn => "withdrawn",
        }
    }
}

impl From<OverBudget> for Denied {
    fn from(over: OverBudget) -> Self {
        Self::OverBudget(over)
    }
}

impl From<&Denied> for ErrorData {
    fn from(denied: &Denied) -> Self {
        let (code, message) = match denied {
            Denied::Rejected(_) => (USER_REJECTED, "User rejected sampling request".to_owned()),
            Denied::Invalid(_) => (ErrorCode::INVALID_PARAMS, denied.to_string()),
            Denied::Uncalled => (ErrorCode::INVALID_REQUEST, denied.to_string()),
            _ => (ErrorCode::INTERNAL_ERROR, denied.to_string()),
        };
        ErrorData::new(code, message, Some(json!({ "reason": denied.word() })))
    }
}
