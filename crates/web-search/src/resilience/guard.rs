//! (3) One provider with everything around it that keeps its trouble from being everybody's.

use std::{
    num::NonZeroU32,
    sync::{Arc, Mutex, PoisonError},
    time::Duration,
};

use backon::{ExponentialBuilder, Retryable as _};
use governor::{DefaultDirectRateLimiter, Quota, RateLimiter, clock::Clock as _};
use mcp_support::search::provider::{ErrorCode, ProviderAnswer, ProviderError, ProviderRequest, SearchProvider};
use tokio::{
    sync::Semaphore,
    task::spawn_blocking,
    time::{Instant, sleep, timeout},
};

use super::{
    breaker::{Breaker, Shut, State},
    numbers::{Numbers, Report},
    quota::Ledger,
};

/// Requests to one provider at a time.
const PLACES: usize = 16;

/// How patient a guard is.
#[derive(Debug, Clone, Copy)]
pub struct Patience {
    /// How often a request is sent again.
    pub retries: usize,
    /// About how long it waits before the first time; twice as long before each further one, with jitter.
    pub first_wait: Duration,
    /// The longest wait: for a retry, for `Retry-After`, for a token of the bucket.
    pub longest_wait: Duration,
    /// How long an answer may take, retries and waits included.
    pub deadline: Duration,
}

/// A provider that is asked with care.
pub struct Guarded {
    provider: Arc<dyn SearchProvider>,
    breaker: Breaker,
    /// Requests a second, with a burst of as many.
    bucket: Option<DefaultDirectRateLimiter>,
    ledger: Option<Ledger>,
    places: Semaphore,
    patience: Patience,
    numbers: Mutex<Numbers>,
}

/// Why an attempt has failed, and whether the provider was asked at all.
struct Failed {
    error: ProviderError,
    was_sent: bool,
}

impl Guarded {
    /// A provider with its breaker. Nothing limits it yet.
    pub fn new(provider: Arc<dyn SearchProvider>, breaker: Breaker, patience: Patience) -> Self {
        let places = Semaphore::new(PLACES);
        Self { provider, breaker, bucket: None, ledger: None, places, patience, numbers: Mutex::default() }
    }

    /// The same with a token bucket: so many requests a second, and as many at once after a pause.
    #[must_use]
    pub fn with_rate(self, a_second: NonZeroU32) -> Self {
        Self { bucket: Some(RateLimiter::direct(Quota::per_second(a_second))), ..self }
    }

    /// The same with so many requests a month.
    #[must_use]
    pub fn with_ledger(self, ledger: Ledger) -> Self {
        Self { ledger: Some(ledger), ..self }
    }

    /// The provider.
    pub fn provider(&self) -> &dyn SearchProvider {
        &*self.provider
    }

    /// Searches, with retries where they may help. Dropping the future ends the work.
    ///
    /// # Errors
    /// What the last attempt has met.
    pub async fn search(&self, request: &ProviderRequest) -> Result<ProviderAnswer, ProviderError> {
        let patience = self.patience;
        let backoff = ExponentialBuilder::default()
            .with_min_delay(patience.first_wait)
            .with_max_delay(patience.longest_wait)
            .with_max_times(patience.retries)
            // Clients that have failed together do not come back together.
            .with_jitter();
        let searched = (|| self.attempt(request))
            .retry(backoff)
            .when(|failed: &Failed| failed.was_sent && failed.error.is_retryable && self.is_let_through())
            .adjust(|failed, delay| wait(failed.error.retry_after, delay?, patience.longest_wait))
            .notify(|failed, delay| {
                let (provider, code) = (self.provider.name(), failed.error.code);
                let millis = delay.as_millis() as u64;
                tracing::warn!(provider, %code, reason = failed.error.reason, millis, "tries again");
            });
        match timeout(patience.deadline, searched).await {
            Ok(answer) => answer.map_err(|failed| failed.error),
            Err(_) => Err(self.error(ErrorCode::Timeout, &format!("no answer within {:?}", patience.deadline))),
        }
    }

    /// What has been counted. Blocks, where there is a ledger.
    pub fn report(&self) -> Report {
        // The ledger is on a disk, and searches wait for the numbers.
        let (state, quota) = (self.breaker.state(), self.ledger.as_ref().map(Ledger::count));
        let numbers = self.numbers.lock().unwrap_or_else(PoisonError::into_inner);
        numbers.report(self.provider.name(), state, quota)
    }

    /// A circuit that this request itself has opened is not waited for.
    fn is_let_through(&self) -> bool {
        !matches!(self.breaker.state(), State::Open(_))
    }

    async fn attempt(&self, request: &ProviderRequest) -> Result<ProviderAnswer, Failed> {
        let not_sent = |error| Failed { error, was_sent: false };
        let passage = self.breaker.enter().map_err(|shut| not_sent(self.left_alone(shut)))?;
        // (a) A place: nobody has more than so many requests open. The deadline bounds the wait.
        let place = self.places.acquire().await;
        let _place = place.map_err(|_| not_sent(self.error(ErrorCode::Upstream, "it is not used any more")))?;
        // (b) A token, then (c) a line in the ledger: what waits has not been paid for yet.
        self.token().await.map_err(not_sent)?;
        self.pay().await.map_err(not_sent)?;
        let started = Instant::now();
        let answer = self.provider.search(request).await;
        passage.finished(answer.as_ref().map(|_| ()));
        let mut numbers = self.numbers.lock().unwrap_or_else(PoisonError::into_inner);
        numbers.count(started.elapsed(), answer.as_ref().err());
        drop(numbers);
        answer.map_err(|error| Failed { error, was_sent: true })
    }

    /// What a provider that is not asked would say. Who only an operator can help says that until he has.
    fn left_alone(&self, Shut { left, why }: Shut) -> ProviderError {
        match why {
            ErrorCode::BadKey => self.error(why, "it has refused the key and is left alone for a while"),
            ErrorCode::QuotaExhausted => self.error(why, "its quota is used up and it is left alone for a while"),
            _ => {
                let error = self.error(ErrorCode::Upstream, "it has failed too often and is left alone for a while");
                ProviderError { retry_after: Some(left), is_retryable: true, ..error }
            }
        }
    }

    async fn token(&self) -> Result<(), ProviderError> {
        let Some(bucket) = &self.bucket else { return Ok(()) };
        let until = Instant::now() + self.patience.longest_wait;
        while let Err(not_yet) = bucket.check() {
            let wait = not_yet.wait_time_from(bucket.clock().now());
            if Instant::now() + wait > until {
                let error = self.error(ErrorCode::RateLimited, "this server asks it as often as it may");
                return Err(ProviderError { retry_after: Some(wait), ..error });
            }
            sleep(wait).await;
        }
        Ok(())
    }

    async fn pay(&self) -> Result<(), ProviderError> {
        let Some(ledger) = self.ledger.clone() else { return Ok(()) };
        let limit = ledger.limit();
        match spawn_blocking(move || ledger.take()).await {
            Ok(Ok(true)) => Ok(()),
            Ok(Ok(false)) => {
                let reason = format!("this server's {limit} requests of the month are used up");
                Err(self.error(ErrorCode::QuotaExhausted, &reason))
            }
            // What cannot be counted is not spent.
            Ok(Err(error)) => {
                tracing::error!(%error, provider = self.provider.name(), "the quota cannot be counted");
                Err(self.error(ErrorCode::Upstream, "this server cannot count its requests"))
            }
            Err(_) => Err(self.error(ErrorCode::Upstream, "this server cannot count its requests")),
        }
    }

    fn error(&self, code: ErrorCode, reason: &str) -> ProviderError {
        ProviderError::new(self.provider.name(), code, reason)
    }
}

/// As long as the provider asks for, if that is bearable; otherwise there is no use in another try.
fn wait(asked: Option<Duration>, planned: Duration, longest: Duration) -> Option<Duration> {
    match asked {
        None => Some(planned.min(longest)),
        Some(asked) if asked > longest => None,
        Some(asked) => Some(asked.max(planned).min(longest)),
    }
}
