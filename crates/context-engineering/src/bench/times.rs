//! Times of the same thing again and again.

use std::{
    fs,
    time::{Duration, Instant},
};

/// How long something took, each time.
#[derive(Debug, Default)]
pub(super) struct Times {
    each: Vec<Duration>,
    on_core: Duration,
}

impl Times {
    /// Does it once more.
    pub(super) fn take<T>(&mut self, work: impl FnOnce() -> T) -> T {
        let (began, before) = (Instant::now(), on_core());
        let result = work();
        self.each.push(began.elapsed());
        self.on_core += on_core().saturating_sub(before);
        result
    }

    /// The least that this share of the times does not exceed, in milliseconds.
    pub(super) fn quantile(&self, share: f64) -> f64 {
        let mut sorted = self.each.clone();
        sorted.sort_unstable();
        let at = (share * sorted.len() as f64).ceil() as usize;
        sorted.get(at.saturating_sub(1)).map_or(0.0, |time| milliseconds(*time))
    }

    /// The mean time for which the thread had a core, in milliseconds, where the system tells it: what else runs on the
    /// machine does not count.
    pub(super) fn on_core(&self) -> Option<f64> {
        (!self.on_core.is_zero()).then(|| milliseconds(self.on_core) / self.each.len().max(1) as f64)
    }
}

fn milliseconds(time: Duration) -> f64 {
    time.as_secs_f64() * 1000.0
}

fn on_core() -> Duration {
    let text = fs::read_to_string("/proc/thread-self/schedstat").unwrap_or_default();
    let nanoseconds = text.split_whitespace().next().and_then(|first| first.parse().ok());
    Duration::from_nanos(nanoseconds.unwrap_or_default())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn quantiles_are_times_that_were_measured() {
        let each = (1..=200).rev().map(Duration::from_millis).collect();
        let times = Times { each, on_core: Duration::from_millis(400) };
        assert_eq!([0.0, 0.5, 0.99, 1.0].map(|share| times.quantile(share)), [1.0, 100.0, 198.0, 200.0]);
        assert_eq!(times.on_core(), Some(2.0));
        assert_eq!((Times::default().quantile(0.5), Times::default().on_core()), (0.0, None));
    }
}
