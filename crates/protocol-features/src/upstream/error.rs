//! How asking a service can fail.

use std::time::Duration;

/// Why a service of somebody else gave no usable answer. No message contains a token or a URL.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum UpstreamError {
    /// The base URL is neither `https` nor `http` on this machine, or has a user name, a query or a fragment.
    #[error("the base URL cannot be used")]
    BaseUrl,
    /// The token holds characters that no token has.
    #[error("the token cannot be used")]
    Token,
    /// The HTTP client cannot be built.
    #[error("the client cannot be built: {0}")]
    Client(String),
    /// No connection.
    #[error("{host} cannot be reached: {cause}")]
    Unreachable {
        /// The service.
        host: String,
        /// What the system says.
        cause: String,
    },
    /// The deadline passed.
    #[error("no answer from {host} within {} s", deadline.as_secs_f64())]
    Late {
        /// The service.
        host: String,
        /// How long it had.
        deadline: Duration,
    },
    /// The connection ended before the answer did.
    #[error("the answer of {host} was cut off: {cause}")]
    CutOff {
        /// The service.
        host: String,
        /// What the system says.
        cause: String,
    },
    /// The answer is longer than what is read of one.
    #[error("the answer of {host} is longer than {most} bytes")]
    Long {
        /// The service.
        host: String,
        /// The limit, in bytes.
        most: usize,
    },
    /// The answer is not what the service documents.
    #[error("the answer of {host} cannot be read: {reason}")]
    Unreadable {
        /// The service.
        host: String,
        /// What is wrong with it.
        reason: String,
    },
    /// A status of 300 to 399.
    #[error("{host} answered {status}, and redirects are not followed")]
    Redirect {
        /// The service.
        host: String,
        /// The status.
        status: u16,
    },
    /// Too many requests.
    #[error("{host} wants fewer requests")]
    Busy {
        /// The service.
        host: String,
        /// When it wants to be asked again, if it said so, in seconds.
        seconds: Option<u64>,
    },
    /// Any other status but 200 to 299.
    #[error("{host} answered {status}{}{words}", if words.is_empty() { "" } else { ": " })]
    Status {
        /// The service.
        host: String,
        /// The status.
        status: u16,
        /// The service's own words, on one short line; may be empty.
        words: String,
    },
}

impl UpstreamError {
    /// What can be done about it, in one sentence.
    pub fn hint(&self) -> String {
        let operator = |what: &str| format!("ask the operator to {what}");
        match self {
            Self::BaseUrl => operator("use https (http on this machine only) without user name, query and fragment"),
            Self::Token => operator("copy the token again, without blanks and line breaks"),
            Self::Client(_) => operator("check the certificates of this machine"),
            Self::Busy { seconds: Some(seconds), .. } => format!("call again in {seconds} s"),
            Self::Unreadable { .. } | Self::Long { .. } | Self::Redirect { .. } => operator("check the base URL"),
            error if error.is_retryable() => "call again later".to_owned(),
            _ => operator("check the base URL and the settings of the service"),
        }
    }

    /// Whether the same call can work later.
    pub fn is_retryable(&self) -> bool {
        match self {
            Self::Unreachable { .. } | Self::Late { .. } | Self::CutOff { .. } | Self::Busy { .. } => true,
            Self::Status { status, .. } => *status == 408 || *status >= 500,
            _ => false,
        }
    }
}
