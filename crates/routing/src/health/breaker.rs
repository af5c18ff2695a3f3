//! (4) A circuit breaker for each node (Nygard, "Release It!", 2018, chapter 5): after too many failures it is left alone for
//! a while, then tried with one call at a time.

use std::time::Duration;

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

/// When a node is given up, and for how long.
#[derive(Debug, Clone, Copy, PartialEq, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub struct BreakerSettings {
    /// Failures one after the other that eject a node. Default: 3.
    pub failures: u32,
    /// Seconds that it is left alone at first; doubled with each ejection that follows. Default: 1.
    pub first_seconds: f64,
    /// The most seconds. Default: 30.
    pub most_seconds: f64,
    /// Successes one after the other that make it whole again. Default: 2.
    pub successes: u32,
}

impl Default for BreakerSettings {
    fn default() -> Self {
        Self { failures: 3, first_seconds: 1.0, most_seconds: 30.0, successes: 2 }
    }
}

/// How a node is.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, JsonSchema)]
#[serde(rename_all = "snake_case")]
pub enum State {
    /// Gets calls.
    Healthy,
    /// Has failed too often, and gets none.
    Ejected,
    /// Was ejected, and gets one call at a time until it has proved itself.
    Recovering,
}

/// The breaker of one node. Times are on one clock of the caller's.
#[derive(Debug, Clone)]
pub struct Breaker {
    settings: BreakerSettings,
    failures: u32,
    successes: u32,
    /// Ejections without a recovery between them.
    ejections: u32,
    ejected_until: Option<Duration>,
    on_trial: bool,
}

impl Breaker {
    /// A node that is taken to be whole.
    pub fn new(settings: BreakerSettings) -> Self {
        Self { settings, failures: 0, successes: 0, ejections: 0, ejected_until: None, on_trial: false }
    }

    /// How the node is.
    pub fn state(&self, now: Duration) -> State {
        match self.ejected_until {
            None => State::Healthy,
            Some(until) if now < until => State::Ejected,
            Some(_) => State::Recovering,
        }
    }

    /// Whether a call may be sent now.
    pub fn would_admit(&self, now: Duration) -> bool {
        match self.state(now) {
            State::Healthy => true,
            State::Ejected => false,
            State::Recovering => !self.on_trial,
        }
    }

    /// The same, and takes the place of the one call that a recovering node gets. Its outcome has to be told.
    pub fn admit(&mut self, now: Duration) -> bool {
        let admits = self.would_admit(now);
        self.on_trial |= admits && self.state(now) == State::Recovering;
        admits
    }

    /// A call, or a probe, was answered.
    pub fn succeeded(&mut self, now: Duration) {
        self.failures = 0;
        if self.state(now) == State::Recovering {
            self.on_trial = false;
            self.successes += 1;
            if self.successes >= self.settings.successes {
                *self = Self::new(self.settings);
            }
        }
    }

    /// A call, or a probe, failed through the node's fault.
    pub fn failed(&mut self, now: Duration) {
        self.failures += 1;
        self.successes = 0;
        // What was sent before the ejection, and fails only now, is no news.
        let again = self.state(now) == State::Recovering;
        if again || (self.state(now) == State::Healthy && self.failures >= self.settings.failures) {
            self.on_trial = false;
            self.ejections += 1;
            let seconds = self.settings.first_seconds * 2_f64.powi((self.ejections - 1).min(30).cast_signed());
            self.ejected_until = Some(now + Duration::from_secs_f64(seconds.min(self.settings.most_seconds)));
        }
    }

    /// A call ended without an outcome: it was cancelled, or answered with an error of the caller's own.
    pub fn ended(&mut self, now: Duration) {
        if self.state(now) == State::Recovering {
            self.on_trial = false;
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn at(millis: u64) -> Duration {
        Duration::from_millis(millis)
    }

    fn ejected() -> Breaker {
        let mut breaker = Breaker::new(BreakerSettings::default());
        for _ in 0..3 {
            breaker.failed(at(0));
        }
        breaker
    }

    #[test]
    fn three_failures_eject_and_one_success_between_them_does_not() {
        let mut breaker = Breaker::new(BreakerSettings::default());
        for outcome in [false, false, true, false, false] {
            if outcome { breaker.succeeded(at(0)) } else { breaker.failed(at(0)) }
        }
        assert!(breaker.admit(at(0)));
        breaker.failed(at(0));
        assert_eq!((breaker.state(at(0)), breaker.admit(at(999))), (State::Ejected, false));
    }

    #[test]
    fn one_call_at_a_time_until_it_has_proved_itself() {
        let mut breaker = ejected();
        assert!(breaker.admit(at(1000)) && !breaker.admit(at(1000)), "one");
        breaker.succeeded(at(1010));
        assert!(breaker.admit(at(1020)) && !breaker.admit(at(1020)), "then another");
        breaker.ended(at(1025));
        assert!(breaker.admit(at(1030)), "a cancelled trial gives its place back");
        breaker.succeeded(at(1040));
        assert_eq!(breaker.state(at(1040)), State::Healthy);
        assert!(breaker.admit(at(1040)) && breaker.admit(at(1040)));
    }

    #[test]
    fn each_failed_trial_doubles_the_wait_up_to_a_limit() {
        let mut breaker = ejected();
        let (mut now, mut waits) = (at(0), Vec::new());
        for _ in 0..8 {
            let from = now;
            while breaker.state(now) == State::Ejected {
                now += at(100);
            }
            waits.push((now - from).as_secs_f64());
            assert!(breaker.admit(now));
            breaker.failed(now);
        }
        assert_eq!(waits, [1.0, 2.0, 4.0, 8.0, 16.0, 30.0, 30.0, 30.0]);
        now += at(30_000);
        for _ in 0..2 {
            assert!(breaker.admit(now));
            breaker.succeeded(now);
        }
        for _ in 0..3 {
            breaker.failed(now);
        }
        assert_eq!(breaker.state(now + at(1000)), State::Recovering, "whole again, it begins anew");
    }

    #[test]
    fn late_failures_of_an_ejected_node_do_not_prolong_it() {
        let mut breaker = ejected();
        for _ in 0..50 {
            breaker.failed(at(900));
        }
        assert_eq!(breaker.state(at(1000)), State::Recovering);
    }
}
