//! Retries: a budget for all, and waits that do not come in step.

use std::time::Duration;

use rand::{Rng, RngExt};

/// A budget: calls earn retries, retries spend them. When everything fails, retries add a tenth to the load instead of
/// multiplying it (Google, "Site Reliability Engineering", 2016, chapter 22).
#[derive(Debug, Clone)]
pub struct RetryBudget {
    tenths: u32,
}

/// Retries that may be saved up, in tenths.
const MOST: u32 = 100;
/// What a gateway begins with, in tenths: the first failures are retried before there was time to save.
const BEGIN: u32 = 50;

impl Default for RetryBudget {
    fn default() -> Self {
        Self { tenths: BEGIN }
    }
}

impl RetryBudget {
    /// A call that is no retry was made.
    pub fn earn(&mut self) {
        self.tenths = (self.tenths + 1).min(MOST);
    }

    /// Takes a retry out, if there is one.
    pub fn spend(&mut self) -> bool {
        let can = self.tenths >= 10;
        self.tenths -= if can { 10 } else { 0 };
        can
    }
}

/// How long to wait before a retry: anything up to a bound that doubles, "full jitter" (Brooker, "Exponential Backoff And
/// Jitter", 2015).
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Backoff {
    /// The first bound.
    pub first: Duration,
    /// The last.
    pub most: Duration,
}

impl Default for Backoff {
    fn default() -> Self {
        Self { first: Duration::from_millis(20), most: Duration::from_secs(1) }
    }
}

impl Backoff {
    /// The wait before retry number `retry`, which counts from 0.
    pub fn wait(&self, retry: u32, random: &mut impl Rng) -> Duration {
        let bound = self.first.saturating_mul(2_u32.saturating_pow(retry)).min(self.most);
        bound.mul_f64(random.random::<f64>())
    }
}

#[cfg(test)]
mod tests {
    use rand::{SeedableRng, rngs::ChaCha8Rng};

    use super::*;

    #[test]
    fn when_everything_fails_retries_add_a_tenth() {
        let mut budget = RetryBudget::default();
        let retries = (0..10_000).filter(|_| {
            budget.earn();
            budget.spend()
        });
        assert!(retries.count() <= 10_000 / 10 + 5);
        let mut rested = RetryBudget::default();
        (0..100_000).for_each(|_| rested.earn());
        assert_eq!((0..100).filter(|_| rested.spend()).count(), 10, "saved up, but not without bound");
    }

    #[test]
    fn waits_are_spread_below_a_bound_that_doubles() {
        let (backoff, mut random) = (Backoff::default(), ChaCha8Rng::seed_from_u64(1));
        for (retry, bound) in [(0, 20), (1, 40), (3, 160), (20, 1000), (u32::MAX, 1000)] {
            let waits: Vec<Duration> = (0..200).map(|_| backoff.wait(retry, &mut random)).collect();
            let bound = Duration::from_millis(bound);
            assert!(waits.iter().all(|wait| *wait <= bound) && waits.iter().any(|wait| *wait > bound / 2), "{retry}");
            assert!(waits.iter().any(|wait| *wait < bound / 4), "{retry}");
        }
    }
}
