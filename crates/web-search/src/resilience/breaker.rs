//! A circuit breaker: who fails again and again is left alone for a while, then tried with one request.

use std::{
    sync::{Mutex, MutexGuard, PoisonError},
    time::Duration,
};

use mcp_support::search::provider::{ErrorCode, ProviderError};
use tokio::time::Instant;

/// The longest time that a provider is left alone after failures.
const LONGEST: Duration = Duration::from_secs(5 * 60);
/// How long one is left alone that refuses the key, or has nothing left of its quota: only its operator can help.
const PARKED: Duration = Duration::from_secs(15 * 60);

/// What a breaker does at the moment.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum State {
    /// Everything goes through.
    Closed,
    /// Nothing goes through for so long.
    Open(Duration),
    /// One request goes through; its outcome decides.
    HalfOpen,
}

/// One for each provider.
#[derive(Debug)]
pub struct Breaker {
    provider: &'static str,
    threshold: u32,
    cooldown: Duration,
    inner: Mutex<Inner>,
}

#[derive(Debug, Clone, Copy)]
enum Inner {
    Closed { failures: u32 },
    Open { until: Instant, cooldown: Duration, why: ErrorCode },
    Probing { why: ErrorCode },
}

/// Why and for how long nothing goes through.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Shut {
    /// The time until the next probe.
    pub left: Duration,
    /// The failure that has opened the circuit.
    pub why: ErrorCode,
}

impl Breaker {
    /// Opens after `threshold` failures in a row, for `cooldown`, and for twice as long each time that a probe fails.
    pub fn new(provider: &'static str, threshold: u32, cooldown: Duration) -> Self {
        Self { provider, threshold, cooldown, inner: Mutex::new(Inner::Closed { failures: 0 }) }
    }

    /// Lets a request through, or says how long to wait, and for what.
    ///
    /// # Errors
    /// The circuit is open.
    pub fn enter(&self) -> Result<Passage<'_>, Shut> {
        let mut inner = self.lock();
        match *inner {
            Inner::Closed { .. } => Ok(Passage { breaker: self, probe: None }),
            Inner::Open { until, cooldown, why } if until <= Instant::now() => {
                tracing::info!(provider = self.provider, "circuit half open: one request goes through");
                *inner = Inner::Probing { why };
                Ok(Passage { breaker: self, probe: Some((cooldown, why)) })
            }
            Inner::Open { until, why, .. } => Err(Shut { left: until - Instant::now(), why }),
            // Whoever probes has a deadline, so this does not last.
            Inner::Probing { why } => Err(Shut { left: Duration::from_secs(1), why }),
        }
    }

    /// What it does at the moment.
    pub fn state(&self) -> State {
        match *self.lock() {
            Inner::Closed { .. } => State::Closed,
            Inner::Open { until, .. } => match until.checked_duration_since(Instant::now()) {
                Some(left) if !left.is_zero() => State::Open(left),
                _ => State::HalfOpen,
            },
            Inner::Probing { .. } => State::HalfOpen,
        }
    }

    fn open(&self, time: Duration, cooldown: Duration, why: ErrorCode) {
        tracing::warn!(provider = self.provider, code = %why, seconds = time.as_secs_f64(), "circuit opened");
        *self.lock() = Inner::Open { until: Instant::now() + time, cooldown, why };
    }

    fn lock(&self) -> MutexGuard<'_, Inner> {
        self.inner.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

/// A request that was let through. Whoever drops it without an outcome, because its caller has gone, proves nothing.
#[derive(Debug)]
#[must_use]
pub struct Passage<'a> {
    breaker: &'a Breaker,
    /// The cooldown after which this is the one request that decides, and what it followed on.
    probe: Option<(Duration, ErrorCode)>,
}

impl Passage<'_> {
    /// Tells how it went.
    pub fn finished(mut self, outcome: Result<(), &ProviderError>) {
        let probe = self.probe.take().map(|(cooldown, _)| cooldown);
        match outcome {
            Ok(()) => self.worked(),
            Err(error) => match error.code {
                // The provider is well, and has said so.
                ErrorCode::InvalidQuery => self.worked(),
                ErrorCode::BadKey | ErrorCode::QuotaExhausted => {
                    self.breaker.open(PARKED, self.breaker.cooldown, error.code);
                }
                ErrorCode::RateLimited | ErrorCode::Timeout | ErrorCode::Upstream => self.failed(probe, error),
            },
        }
    }

    fn worked(&self) {
        let mut inner = self.breaker.lock();
        if !matches!(*inner, Inner::Closed { .. }) {
            tracing::info!(provider = self.breaker.provider, "circuit closed: it answers again");
        }
        *inner = Inner::Closed { failures: 0 };
    }

    fn failed(&self, probe: Option<Duration>, error: &ProviderError) {
        // Sooner than it wants to be asked, it is not asked.
        let at_least = error.retry_after.unwrap_or_default().min(PARKED);
        if let Some(cooldown) = probe {
            let cooldown = (cooldown * 2).min(LONGEST);
            return self.breaker.open(cooldown.max(at_least), cooldown, error.code);
        }
        let is_too_often = match &mut *self.breaker.lock() {
            Inner::Closed { failures } => {
                *failures += 1;
                *failures >= self.breaker.threshold
            }
            // Others have failed first.
            Inner::Open { .. } | Inner::Probing { .. } => false,
        };
        if is_too_often {
            self.breaker.open(self.breaker.cooldown.max(at_least), self.breaker.cooldown, error.code);
        }
    }
}

impl Drop for Passage<'_> {
    fn drop(&mut self) {
        if let Some((cooldown, why)) = self.probe {
            *self.breaker.lock() = Inner::Open { until: Instant::now(), cooldown, why };
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const COOLDOWN: Duration = Duration::from_secs(30);

    fn failing(breaker: &Breaker, code: ErrorCode) {
        let error = ProviderError::new("p", code, "x");
        breaker.enter().expect("let through").finished(Err(&error));
    }

    #[tokio::test(start_paused = true)]
    async fn opens_waits_probes_and_closes() {
        let breaker = Breaker::new("p", 3, COOLDOWN);
        failing(&breaker, ErrorCode::Upstream);
        failing(&breaker, ErrorCode::Timeout);
        breaker.enter().expect("let through").finished(Ok(()));
        for _ in 0..3 {
            assert_eq!(breaker.state(), State::Closed, "a success has started the count again");
            failing(&breaker, ErrorCode::Upstream);
        }
        let shut = Shut { left: COOLDOWN, why: ErrorCode::Upstream };
        assert_eq!((breaker.enter().err(), breaker.state()), (Some(shut), State::Open(COOLDOWN)));

        tokio::time::advance(COOLDOWN).await;
        let probe = breaker.enter().expect("one goes through");
        assert!(breaker.enter().is_err(), "and no second one");
        probe.finished(Err(&ProviderError::new("p", ErrorCode::Upstream, "still")));
        assert_eq!(breaker.state(), State::Open(2 * COOLDOWN), "twice as long");

        tokio::time::advance(2 * COOLDOWN).await;
        drop(breaker.enter().expect("a probe whose caller goes"));
        assert_eq!(breaker.state(), State::HalfOpen);
        breaker.enter().expect("the next probe").finished(Ok(()));
        assert_eq!(breaker.state(), State::Closed);
    }

    #[tokio::test(start_paused = true)]
    async fn what_only_an_operator_can_mend_opens_at_once() {
        for code in [ErrorCode::BadKey, ErrorCode::QuotaExhausted] {
            let breaker = Breaker::new("p", 3, COOLDOWN);
            failing(&breaker, code);
            assert_eq!(breaker.state(), State::Open(PARKED), "{code}");
            assert_eq!(breaker.enter().err(), Some(Shut { left: PARKED, why: code }), "it goes on saying why");
        }
        let breaker = Breaker::new("p", 1, COOLDOWN);
        failing(&breaker, ErrorCode::InvalidQuery);
        assert_eq!(breaker.state(), State::Closed, "a bad question is no failure");
        let busy =
            ProviderError { retry_after: Some(3 * COOLDOWN), ..ProviderError::new("p", ErrorCode::RateLimited, "") };
        breaker.enter().expect("let through").finished(Err(&busy));
        assert_eq!(breaker.state(), State::Open(3 * COOLDOWN), "as long as it asks for");
    }
}
