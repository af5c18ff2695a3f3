//! Why there is no issue.

use super::{LOCAL_OWNER, LOCAL_REPO};
use crate::upstream::UpstreamError;

/// Why there is no issue. [`IssueError::hint`] says how to get one.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum IssueError {
    /// No name that GitHub allows for a user or an organisation.
    #[error("'{0}' cannot be an owner")]
    Owner(String),
    /// No name that GitHub allows for a repository.
    #[error("'{0}' cannot be a repository")]
    Repo(String),
    /// No number of an issue.
    #[error("'{0}' cannot be the number of an issue")]
    Number(String),
    /// The changelog has fewer entries.
    #[error("there is no entry {number} in the changelog")]
    NoSuchEntry {
        /// What was asked for.
        number: u32,
        /// The last entry's number.
        last: usize,
    },
    /// Only the changelog is known here.
    #[error("'{repository}' is on GitHub, which this server is not set up to ask")]
    NoGitHub {
        /// `owner/repo`
        repository: String,
    },
    /// Status 404: no such issue, or one that the token may not see.
    #[error("there is no issue {issue}, or it is private")]
    NotFound {
        /// `owner/repo#number`
        issue: String,
    },
    /// Status 410: deleted, or the repository has no issues.
    #[error("the issue {issue} was deleted, or its repository has issues turned off")]
    Gone {
        /// `owner/repo#number`
        issue: String,
    },
    /// Status 301: transferred, or the repository was renamed.
    #[error("the issue {issue} has moved")]
    Moved {
        /// `owner/repo#number`
        issue: String,
        /// GitHub's URL of its new place, on one short line; may be empty.
        to: String,
    },
    /// Status 401: the token is wrong or has expired.
    #[error("{host} does not accept the token")]
    Token {
        /// GitHub's host.
        host: String,
    },
    /// Status 403: the token may not do this.
    #[error("{host} refused to show the issue {issue}")]
    Forbidden {
        /// GitHub's host.
        host: String,
        /// `owner/repo#number`
        issue: String,
    },
    /// Status 403 or 429: too many requests.
    #[error("{host} wants fewer requests")]
    RateLimit {
        /// GitHub's host.
        host: String,
        /// Seconds until it wants to be asked again, if it said that.
        seconds: Option<u64>,
        /// When it wants to be asked again, if it said that, such as `2026-06-21T03:43:00Z`.
        reset: Option<String>,
    },
    /// Everything else that can go wrong with a request.
    #[error("no issue: {0}")]
    Upstream(#[from] UpstreamError),
}

impl IssueError {
    /// What the caller can do about it, in one sentence.
    pub fn hint(&self) -> String {
        match self {
            Self::Owner(_) => "send a user or an organisation: up to 39 letters, digits and hyphens".to_owned(),
            Self::Repo(_) => "send a repository: up to 100 letters, digits, '.', '-' and '_'".to_owned(),
            Self::Number(_) => "send a number from 1, in digits, without leading zeros".to_owned(),
            Self::NoSuchEntry { last: 0, .. } => "the changelog has no entries".to_owned(),
            Self::NoSuchEntry { last, .. } => format!("use 1 to {last}"),
            Self::NoGitHub { .. } => {
                format!("use {LOCAL_OWNER}/{LOCAL_REPO}, or ask the operator to set GITHUB_TOKEN or GITHUB_BASE_URL")
            }
            Self::NotFound { .. } => {
                "check owner, repository and number; for a private one ask the operator for a token that may see it"
                    .to_owned()
            }
            Self::Gone { .. } => "use another issue".to_owned(),
            Self::Moved { to, .. } if to.is_empty() => "ask for it at its new repository and number".to_owned(),
            Self::Moved { to, .. } => format!("ask for it at its new place: {to}"),
            Self::Token { .. } => "ask the operator to renew GITHUB_TOKEN".to_owned(),
            Self::Forbidden { .. } => "ask the operator for a token that may read this repository's issues".to_owned(),
            Self::RateLimit { seconds: Some(seconds), .. } => format!("call again in {seconds} s"),
            Self::RateLimit { reset: Some(reset), .. } => format!("call again after {reset}"),
            // GitHub's advice where it says nothing else.
            Self::RateLimit { .. } => "call again in a minute or later".to_owned(),
            Self::Upstream(error) => error.hint(),
        }
    }

    /// Whether the same call can work later.
    pub fn is_retryable(&self) -> bool {
        match self {
            Self::RateLimit { .. } => true,
            Self::Upstream(error) => error.is_retryable(),
            _ => false,
        }
    }
}
