//! At most so many log messages a second, and a count of those that were left out.

use std::time::{Duration, Instant};

/// A bucket that fills with time.
#[derive(Debug)]
pub struct LogLimit {
    left: f64,
    burst: f64,
    each: Duration,
    last: Instant,
    /// Messages that were left out.
    pub dropped: u64,
}

impl LogLimit {
    /// `burst` messages at once, and then one after each pause of `each`.
    pub fn new(burst: u32, each: Duration, now: Instant) -> Self {
        Self { left: burst.into(), burst: burst.into(), each, last: now, dropped: 0 }
    }

    /// Whether one more message may be sent.
    pub fn allows(&mut self, now: Instant) -> bool {
        let passed = now.saturating_duration_since(self.last).as_secs_f64() / self.each.as_secs_f64();
        self.left = (self.left + passed).min(self.burst);
        self.last = now;
        let allowed = self.left >= 1.0;
        if allowed {
            self.left -= 1.0;
        } else {
            self.dropped += 1;
        }
        allowed
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_burst_and_then_one_at_a_time() {
        let (now, each) = (Instant::now(), Duration::from_millis(100));
        let mut limit = LogLimit::new(3, each, now);
        let sent = (0..10).filter(|_| limit.allows(now)).count();
        assert_eq!((sent, limit.dropped), (3, 7));
        assert!(limit.allows(now + each) && !limit.allows(now + each));
        assert_eq!((0..10).filter(|_| limit.allows(now + 100 * each)).count(), 3, "the bucket is full at some time");
    }
}
