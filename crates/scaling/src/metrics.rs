//! What a node counts, for people and for Prometheus.

use std::{
    fmt::Write,
    sync::{
        Mutex, MutexGuard, PoisonError,
        atomic::{AtomicU64, Ordering},
    },
    time::Duration,
};

use hdrhistogram::Histogram;
use schemars::JsonSchema;
use serde::Serialize;

/// Counters and one histogram.
pub struct Metrics {
    /// Calls that were turned away.
    pub shed: AtomicU64,
    /// Answers that said that the store is gone.
    pub store_failures: AtomicU64,
    latency: Mutex<Histogram<u64>>,
}

/// The counters at one moment, with what the parts of a node say about themselves.
#[derive(Debug, Clone, Default, PartialEq, Serialize, JsonSchema)]
pub struct Summary {
    /// The node that says so.
    pub node: String,
    /// Calls in flight.
    pub in_flight: u64,
    /// Calls that are let in at a time.
    pub limit: u64,
    /// Calls that were answered.
    pub answered: u64,
    /// Calls that were turned away with 503.
    pub shed: u64,
    /// Calls that could not be answered because the store is gone.
    pub store_failures: u64,
    /// Pieces of work that wait for a worker.
    pub queued: u64,
    /// Workers that are busy.
    pub busy: u64,
    /// Workers.
    pub workers: u64,
    /// Answers from this node's tier of the cache.
    pub cache_node: u64,
    /// Answers from the cluster's tier.
    pub cache_cluster: u64,
    /// Answers that had to be computed.
    pub cache_origin: u64,
    /// Milliseconds that the median call took.
    pub p50_ms: f64,
    /// Milliseconds that 99 of 100 calls did not exceed.
    pub p99_ms: f64,
    /// Seconds since the store last answered; absent where it never did.
    pub store_seen_seconds: Option<f64>,
}

impl Default for Metrics {
    fn default() -> Self {
        Self { shed: AtomicU64::new(0), store_failures: AtomicU64::new(0), latency: Mutex::new(histogram()) }
    }
}

/// Microseconds, from one to ten minutes, to two digits.
pub fn histogram() -> Histogram<u64> {
    Histogram::new_with_bounds(1, 600_000_000, 2).unwrap_or_else(|_| unreachable!("the bounds are in order"))
}

/// Microseconds.
pub fn micros(time: Duration) -> u64 {
    u64::try_from(time.as_micros()).unwrap_or(u64::MAX).max(1)
}

impl Metrics {
    /// Notes that a call was answered.
    pub fn answered(&self, took: Duration) {
        self.latency().saturating_record(micros(took));
    }

    /// Adds one.
    pub fn count(counter: &AtomicU64) {
        counter.fetch_add(1, Ordering::Relaxed);
    }

    /// How many were answered, and how many milliseconds the median and the 99th of 100 took.
    pub fn latencies(&self) -> (u64, f64, f64) {
        let latency = self.latency();
        let millis = |quantile| latency.value_at_quantile(quantile) as f64 / 1000.0;
        (latency.len(), millis(0.5), millis(0.99))
    }

    fn latency(&self) -> MutexGuard<'_, Histogram<u64>> {
        self.latency.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// The text that Prometheus reads.
    pub fn prometheus(&self, summary: &Summary) -> String {
        let mut text = String::new();
        let mut metric = |name: &str, kind: &str, help: &str, values: &[(&str, f64)]| {
            // Writing to a string does not fail.
            let _ = writeln!(text, "# HELP mcp_{name} {help}\n# TYPE mcp_{name} {kind}");
            for (labels, value) in values {
                let _ = writeln!(text, "mcp_{name}{labels} {value}");
            }
        };
        metric("calls_in_flight", "gauge", "Calls in flight.", &[("", summary.in_flight as f64)]);
        metric("calls_limit", "gauge", "Calls that are let in at a time.", &[("", summary.limit as f64)]);
        metric("calls_shed_total", "counter", "Calls turned away with 503.", &[("", summary.shed as f64)]);
        metric(
            "store_failures_total",
            "counter",
            "Calls that the store failed.",
            &[("", summary.store_failures as f64)],
        );
        metric("work_queued", "gauge", "Pieces of work that wait.", &[("", summary.queued as f64)]);
        metric("workers_busy", "gauge", "Workers that are busy.", &[("", summary.busy as f64)]);
        let answers = [
            ("{source=\"node\"}", summary.cache_node as f64),
            ("{source=\"cluster\"}", summary.cache_cluster as f64),
            ("{source=\"origin\"}", summary.cache_origin as f64),
        ];
        metric("cache_answers_total", "counter", "Answers of the cache by where they came from.", &answers);
        let latency = self.latency();
        let name = "mcp_call_seconds";
        let _ = writeln!(text, "# HELP {name} How long calls took.\n# TYPE {name} histogram");
        for bound in [0.001, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1.0, 2.5, 5.0, 10.0] {
            let count = latency.count_between(0, (bound * 1e6) as u64);
            let _ = writeln!(text, "{name}_bucket{{le=\"{bound}\"}} {count}");
        }
        let (count, sum) = (latency.len(), latency.mean() * latency.len() as f64 / 1e6);
        let _ = writeln!(text, "{name}_bucket{{le=\"+Inf\"}} {count}\n{name}_sum {sum}\n{name}_count {count}");
        text
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_histogram_counts_up() {
        let metrics = Metrics::default();
        for millis in [0, 3, 30, 300, 3000] {
            metrics.answered(Duration::from_millis(millis));
        }
        let text = metrics.prometheus(&Summary { in_flight: 7, ..Summary::default() });
        for line in ["mcp_calls_in_flight 7", "mcp_call_seconds_bucket{le=\"0.05\"} 3", "mcp_call_seconds_count 5"] {
            assert!(text.lines().any(|there| there == line), "{line} in {text}");
        }
        let buckets = text.lines().filter(|line| line.starts_with("mcp_call_seconds_bucket"));
        let counts: Vec<u64> =
            buckets.map(|line| line.rsplit(' ').next().and_then(|text| text.parse().ok()).expect("a number")).collect();
        assert!(counts.is_sorted(), "{counts:?}");
        assert_eq!(metrics.latencies().0, 5);
    }
}
