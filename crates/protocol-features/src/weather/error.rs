//! Why there is no report.

use super::{FIRST_DAY, LAST_DAY, cities};
use crate::upstream::UpstreamError;

/// Why there is no report. [`WeatherError::hint`] says how to get one.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum WeatherError {
    /// No slug of a known city.
    #[error("unknown city '{0}'")]
    UnknownCity(String),
    /// No day, or none of the range.
    #[error("'{0}' is no day that reports are made for")]
    Date(String),
    /// The provider of the forecast failed.
    #[error("no forecast: {0}")]
    Provider(#[from] UpstreamError),
}

impl WeatherError {
    /// What the caller can do about it, in one sentence.
    pub fn hint(&self) -> String {
        match self {
            Self::UnknownCity(_) => {
                let slugs: Vec<&str> = cities().iter().map(|city| city.slug).collect();
                format!("use one of: {}", slugs.join(", "))
            }
            Self::Date(_) => format!("send a day as YYYY-MM-DD, from {FIRST_DAY} to {LAST_DAY}"),
            Self::Provider(error) => error.hint(),
        }
    }

    /// Whether the same call can work later.
    pub fn is_retryable(&self) -> bool {
        matches!(self, Self::Provider(error) if error.is_retryable())
    }
}

/// As much of a caller's text as an error repeats.
pub(super) fn shown(text: &str) -> String {
    text.chars().take(40).collect()
}
