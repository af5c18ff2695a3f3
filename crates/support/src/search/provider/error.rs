//! What can go wrong with a search service, and whose problem it is.

use std::{fmt, time::Duration};

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

/// Why there is no answer. No part of it holds a key or a URL.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("{provider}: {reason}")]
pub struct ProviderError {
    /// [`SearchProvider::name`](super::SearchProvider::name).
    pub provider: String,
    /// What kind of failure it is.
    pub code: ErrorCode,
    /// One short line.
    pub reason: String,
    /// When to try again, where the service says so.
    pub retry_after: Option<Duration>,
    /// Whether the same request may succeed soon.
    pub is_retryable: bool,
}

/// A kind of failure.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "snake_case")]
pub enum ErrorCode {
    /// What was paid for, or may be had for nothing, is used up.
    QuotaExhausted,
    /// Too many requests lately.
    RateLimited,
    /// No answer in time.
    Timeout,
    /// The key is missing, wrong, or not allowed to do this.
    BadKey,
    /// The service failed, cannot be reached, or answered what cannot be read.
    Upstream,
    /// The service does not take this question, or has no such kind of search.
    InvalidQuery,
}

impl ErrorCode {
    /// Its name on the wire.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::QuotaExhausted => "quota_exhausted",
            Self::RateLimited => "rate_limited",
            Self::Timeout => "timeout",
            Self::BadKey => "bad_key",
            Self::Upstream => "upstream",
            Self::InvalidQuery => "invalid_query",
        }
    }
}

impl fmt::Display for ErrorCode {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.write_str(self.as_str())
    }
}

impl ProviderError {
    /// A failure that will be the same next time, unless its kind says otherwise (too many requests, no answer).
    pub fn new(provider: impl Into<String>, code: ErrorCode, reason: impl Into<String>) -> Self {
        let is_retryable = matches!(code, ErrorCode::RateLimited | ErrorCode::Timeout);
        Self { provider: provider.into(), code, reason: reason.into(), retry_after: None, is_retryable }
    }

    /// A failure of the service that may pass.
    pub fn passing(provider: impl Into<String>, reason: impl Into<String>) -> Self {
        Self { is_retryable: true, ..Self::new(provider, ErrorCode::Upstream, reason) }
    }

    /// The service has no such search.
    pub fn unsupported(provider: impl Into<String>, vertical: super::Vertical) -> Self {
        Self::new(provider, ErrorCode::InvalidQuery, format!("it has no search for {vertical}"))
    }
}
