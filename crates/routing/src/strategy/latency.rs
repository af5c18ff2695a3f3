//! How fast a node is, as far as anybody can tell now.

use std::time::Duration;

/// An exponentially weighted moving average of latencies that believes bad news at once and good news slowly (Peak EWMA,
/// as in Twitter's Finagle): a node that has become slow loses its calls with the first slow answer.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct PeakEwma {
    seconds: f64,
    at: Duration,
}

/// Time in which an old measurement loses all but 1/e of its weight.
const DECAY: f64 = 10.0;

impl PeakEwma {
    /// The first measurement, at a time on the caller's clock.
    pub fn new(measured: Duration, now: Duration) -> Self {
        Self { seconds: measured.as_secs_f64(), at: now }
    }

    /// One more.
    pub fn add(&mut self, measured: Duration, now: Duration) {
        let measured = measured.as_secs_f64();
        let old = (-now.saturating_sub(self.at).as_secs_f64() / DECAY).exp();
        self.seconds = if measured > self.seconds { measured } else { self.seconds * old + measured * (1.0 - old) };
        self.at = now;
    }

    /// The average in seconds, fading while nothing is heard, so that a node that was slow is tried again.
    pub fn seconds(&self, now: Duration) -> f64 {
        self.seconds * (-now.saturating_sub(self.at).as_secs_f64() / DECAY).exp()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn bad_news_at_once_and_good_news_slowly() {
        let at = Duration::from_secs;
        let mut latency = PeakEwma::new(Duration::from_millis(10), at(0));
        latency.add(Duration::from_millis(500), at(1));
        assert!((latency.seconds(at(1)) - 0.5).abs() < 1e-9);
        latency.add(Duration::from_millis(10), at(2));
        assert!(latency.seconds(at(2)) > 0.4);
        for second in 3..60 {
            latency.add(Duration::from_millis(10), at(second));
        }
        assert!(latency.seconds(at(59)) < 0.02);
        let mut silent = PeakEwma::new(Duration::from_secs(1), at(0));
        assert!(silent.seconds(at(60)) < 0.01, "forgotten in a minute");
        silent.add(Duration::from_millis(1), at(0));
        assert!(silent.seconds(at(0)) > 0.9, "a clock that stands still divides by nothing");
    }
}
