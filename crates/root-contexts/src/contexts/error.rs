//! Why something cannot be done with a context.

use rusqlite::ErrorCode;

use super::{model::Access, secrets::SecretError};
use crate::error::{Refusal, quoted};

/// Why something cannot be done with a context. What the caller may not see does not exist for the caller.
#[derive(Debug, thiserror::Error)]
pub enum ContextError {
    /// There is no such context, or it is none of the caller's business: nobody can tell which.
    #[error("there is no context {}", quoted(.0))]
    NotFound(String),
    /// The caller may see it, and not do this.
    #[error("you are its {access}, and this needs the {needed}")]
    NotAllowed {
        /// What the caller is.
        access: Access,
        /// What the caller would have to be.
        needed: Access,
    },
    /// It is archived, and can be read only.
    #[error("the context {} is archived", quoted(.0))]
    Archived(String),
    /// Somebody else has changed the metadata meanwhile.
    #[error("the metadata has version {current}, not {given}")]
    Conflict {
        /// What the caller has read.
        given: u32,
        /// What it is now.
        current: u32,
    },
    /// There is no room.
    #[error("{what}")]
    Quota {
        /// Which limit, with its number.
        what: String,
        /// What makes room.
        hint: &'static str,
    },
    /// Secret metadata cannot be kept or shown.
    #[error(transparent)]
    Secret(#[from] SecretError),
    /// Too many others are reading or writing.
    #[error("others are using the store of contexts")]
    Busy,
    /// The database has failed, or what is in it makes no sense.
    #[error("the store of contexts: {0}")]
    Store(String),
}

impl From<rusqlite::Error> for ContextError {
    fn from(error: rusqlite::Error) -> Self {
        match error.sqlite_error_code() {
            Some(ErrorCode::DatabaseBusy | ErrorCode::DatabaseLocked) => Self::Busy,
            _ => Self::Store(error.to_string()),
        }
    }
}

impl From<ContextError> for Refusal {
    fn from(error: ContextError) -> Self {
        let hint = match &error {
            ContextError::NotFound(_) => "list_contexts names yours, and those that are shared with you",
            ContextError::NotAllowed { .. } => "ask its owner, who can use share_context",
            ContextError::Archived(_) => "use restore_context first; reading works as it is",
            ContextError::Conflict { .. } => "read it again with get_context, and send the version that it has then",
            ContextError::Quota { hint, .. } => hint,
            ContextError::Secret(SecretError::OtherKey { .. }) => {
                "nothing is lost: the operator can add that key behind the new one in ROOT_CONTEXTS_SECRET_KEY"
            }
            ContextError::Secret(SecretError::NoKey) => {
                "leave secrets out, or ask the operator to set ROOT_CONTEXTS_SECRET_KEY"
            }
            ContextError::Secret(_) => "set the field again with update_context_metadata",
            ContextError::Busy => "try again in a few seconds",
            ContextError::Store(cause) => return Self::internal("the store of contexts", cause),
        };
        Self::argument(error.to_string(), hint)
    }
}
