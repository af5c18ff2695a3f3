//! Why an input was refused. Each message says what was wrong; [`MediaError::hint`] says what is allowed, because the
//! hint is all that a model has to mend its call with.

/// An input that cannot be worked on, or work that could not be finished.
#[derive(Debug, Clone, PartialEq, thiserror::Error)]
pub enum MediaError {
    /// Over a limit, before or while decoding.
    #[error("the {what} is {actual}, and at most {limit} is allowed")]
    TooLarge {
        /// What was measured, such as `image` or `decoded image`.
        what: &'static str,
        /// The measured value with its unit.
        actual: String,
        /// The limit with its unit.
        limit: String,
    },
    /// The bytes are not what they should be: truncated, corrupt, or empty.
    #[error("the {kind} cannot be read: {reason}")]
    Malformed {
        /// `image`, `sound`, `video`, `base64`, ...
        kind: &'static str,
        /// What the decoder found, in one line.
        reason: String,
    },
    /// The bytes are one type, the caller says another.
    #[error("the bytes are {actual}, but the source says {claimed}")]
    WrongType {
        /// MIME type by magic bytes.
        actual: String,
        /// MIME type as claimed.
        claimed: String,
    },
    /// A well-formed input of a type that this server does not read.
    #[error("{found} is not supported")]
    Unsupported {
        /// What was found.
        found: String,
        /// What would be accepted.
        allowed: String,
    },
    /// An argument out of its range.
    #[error("{what}")]
    Invalid {
        /// What was wrong, with the offending value.
        what: String,
        /// The allowed range or values.
        hint: String,
    },
    /// Something that does not exist, or not for this caller.
    #[error("there is no {what}")]
    NotFound {
        /// What was looked for.
        what: String,
        /// What exists instead, or how to find out.
        hint: String,
    },
    /// An outside engine failed, or is not installed.
    #[error("{engine} failed: {reason}")]
    Engine {
        /// Name of the engine.
        engine: String,
        /// What it said, in one line.
        reason: String,
        /// What would help.
        hint: String,
    },
    /// Nobody wants the answer any more.
    #[error("the work was cancelled")]
    Cancelled,
}

impl MediaError {
    /// A `Malformed` from any decoder's error, cut to one short line.
    pub fn malformed(kind: &'static str, reason: impl std::fmt::Display) -> Self {
        let reason = reason.to_string();
        let line = reason.lines().next().unwrap_or("unknown reason");
        Self::Malformed { kind, reason: line.chars().take(200).collect() }
    }

    /// What the caller can do about it, in one sentence.
    pub fn hint(&self) -> String {
        match self {
            Self::TooLarge { limit, .. } => {
                format!("send at most {limit}, or scale, cut or split the input first")
            }
            Self::Malformed { kind, .. } => {
                format!("check that the whole {kind} was sent, unchanged")
            }
            Self::WrongType { actual, .. } => {
                format!("say {actual}, or send the file that was meant")
            }
            Self::Unsupported { allowed, .. } => format!("send one of: {allowed}"),
            Self::Invalid { hint, .. } | Self::NotFound { hint, .. } | Self::Engine { hint, .. } => hint.clone(),
            Self::Cancelled => "call again if the answer is still wanted".to_owned(),
        }
    }
}
