//! (2) From a question to an answer, over providers that fail.
//!
//! In reading order: this file (what is kept, who is asked next), `guard` (one provider with deadline, retries, bucket
//! and ledger around it), `breaker`, `quota`, `numbers`.

mod breaker;
mod guard;
mod numbers;
mod quota;
#[cfg(test)]
mod tests;

use std::{sync::Arc, time::Duration};

use mcp_support::{
    clock::Clock,
    search::provider::{ErrorCode, ProviderAnswer, ProviderError, ProviderRequest},
};
use moka::future::Cache;

pub use self::{
    breaker::{Breaker, Passage, Shut, State},
    guard::{Guarded, Patience},
    numbers::Report,
    quota::{Count, Ledger},
};

/// Answers that are kept at a time, of each kind.
const KEPT: u64 = 1_000;

/// What was found, and who found it.
#[derive(Debug, Clone, PartialEq)]
pub struct Found {
    /// The answer.
    pub answer: ProviderAnswer,
    /// Who gave it.
    pub provider: &'static str,
    /// When, in seconds since 1970.
    pub fetched_at: i64,
    /// Who was asked before, in vain.
    pub passed_over: Vec<ProviderError>,
}

/// Where an answer comes from.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Served {
    /// A provider was asked just now.
    Live,
    /// It was asked a short time ago, or for another caller at the same moment.
    Cached,
    /// No provider answers; this is what was found before.
    Stale,
}

/// Why there is no answer: one error for each provider that was asked.
#[derive(Debug, Clone, PartialEq, thiserror::Error)]
#[error("no provider has answered: {}", .attempts.iter().map(ToString::to_string).collect::<Vec<_>>().join("; "))]
pub struct SearchError {
    /// In the order in which they were asked. Never empty.
    pub attempts: Vec<ProviderError>,
}

impl SearchError {
    /// What kind of failure it is: that of the provider which is asked first.
    pub fn code(&self) -> ErrorCode {
        self.attempts.first().map_or(ErrorCode::Upstream, |error| error.code)
    }

    /// Whether the same question may be answered soon.
    pub fn is_retryable(&self) -> bool {
        self.attempts.iter().any(|error| error.is_retryable)
    }

    /// When to ask again, where a provider says so.
    pub fn retry_after(&self) -> Option<Duration> {
        self.attempts.iter().filter(|error| error.is_retryable).filter_map(|error| error.retry_after).min()
    }
}

/// All providers, and what they have answered.
pub struct Search {
    providers: Vec<Arc<Guarded>>,
    fresh: Cache<ProviderRequest, Arc<Found>>,
    /// The same answers, for longer: better than none.
    stale: Cache<ProviderRequest, Arc<Found>>,
    clock: Clock,
}

impl Search {
    /// Asks these providers in this order; answers are good for `fresh`, and better than nothing for `stale`.
    pub fn new(providers: Vec<Guarded>, fresh: Duration, stale: Duration, clock: Clock) -> Self {
        let cache = |time| Cache::builder().max_capacity(KEPT).time_to_live(time).build();
        let providers = providers.into_iter().map(Arc::new).collect();
        Self { providers, fresh: cache(fresh), stale: cache(stale.max(fresh)), clock }
    }

    /// The answer to a question: kept, asked for now, or, where nobody answers, an old one.
    ///
    /// # Errors
    /// Nobody answers, and nobody has before.
    pub async fn search(&self, request: &ProviderRequest) -> Result<(Arc<Found>, Served), SearchError> {
        // One request for all who ask the same at the same time. If its caller goes, another one's takes its place.
        let asked = self.fresh.entry_by_ref(request).or_try_insert_with(self.ask(request)).await;
        match asked {
            Ok(entry) if entry.is_fresh() => Ok((entry.into_value(), Served::Live)),
            Ok(entry) => Ok((entry.into_value(), Served::Cached)),
            Err(error) => match self.stale.get(request).await {
                Some(found) => {
                    let seconds = self.clock.now() - found.fetched_at;
                    tracing::warn!(%error, seconds, "an old answer is served");
                    Ok((found, Served::Stale))
                }
                None => Err(Arc::unwrap_or_clone(error)),
            },
        }
    }

    /// The providers as they are. Blocks.
    pub fn reports(&self) -> Vec<Report> {
        self.providers.iter().map(|guarded| guarded.report()).collect()
    }

    /// Their names, in the order in which they are asked.
    pub fn providers(&self) -> impl Iterator<Item = &'static str> {
        self.providers.iter().map(|guarded| guarded.provider().name())
    }

    /// Answers that are kept: fresh ones, and all.
    pub fn kept(&self) -> (u64, u64) {
        (self.fresh.entry_count(), self.stale.entry_count())
    }

    async fn ask(&self, request: &ProviderRequest) -> Result<Arc<Found>, SearchError> {
        let mut attempts = Vec::new();
        for guarded in self.providers.iter().filter(|guarded| guarded.provider().supports(request.vertical)) {
            match guarded.search(request).await {
                Ok(answer) => {
                    let provider = guarded.provider().name();
                    let found = Found { answer, provider, fetched_at: self.clock.now(), passed_over: attempts };
                    let found = Arc::new(found);
                    self.stale.insert(request.clone(), Arc::clone(&found)).await;
                    return Ok(found);
                }
                Err(error) => {
                    let (provider, code) = (guarded.provider().name(), error.code);
                    tracing::warn!(provider, %code, reason = error.reason, "is passed over");
                    attempts.push(error);
                }
            }
        }
        if attempts.is_empty() {
            attempts.push(ProviderError::unsupported("this server", request.vertical));
        }
        Err(SearchError { attempts })
    }
}
