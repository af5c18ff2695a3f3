//! What a provider has been like: for `provider_status`, and for whoever looks into the log.

use std::{
    collections::{BTreeMap, VecDeque},
    time::Duration,
};

use mcp_support::search::provider::{ErrorCode, ProviderError};
use schemars::JsonSchema;
use serde::Serialize;

use super::{breaker::State, quota::Count};

/// Answers that are looked back on.
const REMEMBERED: usize = 200;

/// Counts since the start.
#[derive(Debug, Default)]
pub(super) struct Numbers {
    requests: u64,
    failures: BTreeMap<ErrorCode, u64>,
    last_error: Option<String>,
    times: VecDeque<Duration>,
}

/// A provider as it is now.
#[derive(Debug, Clone, PartialEq, Serialize, JsonSchema)]
pub struct Report {
    /// Its name.
    pub provider: String,
    /// `closed` (it is asked), `open` (it is left alone) or `half_open` (one request will decide).
    pub circuit: &'static str,
    /// Seconds until an open circuit lets one request through.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub opens_in_seconds: Option<u64>,
    /// Requests sent since this server started, retries included.
    pub requests: u64,
    /// Those that failed, by code.
    pub failures: BTreeMap<ErrorCode, u64>,
    /// What the last failure said.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub last_error: Option<String>,
    /// Half of the last requests took at most so many milliseconds.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub median_ms: Option<u64>,
    /// 95 of 100 took at most so many milliseconds.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub p95_ms: Option<u64>,
    /// Requests of this month, where they are limited.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub month_used: Option<u64>,
    /// Their limit.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub month_limit: Option<u64>,
}

impl Numbers {
    pub(super) fn count(&mut self, took: Duration, error: Option<&ProviderError>) {
        self.requests += 1;
        if let Some(error) = error {
            *self.failures.entry(error.code).or_default() += 1;
            self.last_error = Some(format!("{}: {}", error.code, error.reason));
        }
        if self.times.len() == REMEMBERED {
            self.times.pop_front();
        }
        self.times.push_back(took);
    }

    pub(super) fn report(&self, provider: &str, state: State, quota: Option<Count>) -> Report {
        let mut times: Vec<Duration> = self.times.iter().copied().collect();
        times.sort_unstable();
        let quantile = |percent: usize| times.get((times.len() * percent / 100).min(times.len().saturating_sub(1)));
        let millis = |time: &Duration| u64::try_from(time.as_millis()).unwrap_or(u64::MAX);
        Report {
            provider: provider.to_owned(),
            circuit: match state {
                State::Closed => "closed",
                State::Open(_) => "open",
                State::HalfOpen => "half_open",
            },
            opens_in_seconds: match state {
                State::Open(left) => Some(left.as_secs_f64().ceil() as u64),
                State::Closed | State::HalfOpen => None,
            },
            requests: self.requests,
            failures: self.failures.clone(),
            last_error: self.last_error.clone(),
            median_ms: quantile(50).map(millis),
            p95_ms: quantile(95).map(millis),
            month_used: quota.map(|quota| quota.used),
            month_limit: quota.map(|quota| quota.limit),
        }
    }
}
