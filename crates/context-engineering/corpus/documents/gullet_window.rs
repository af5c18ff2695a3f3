//! Whether a record's time can be right.
//!
//! A record from the future would be the "latest value" until the real time has caught up with it, and one from long ago
//! would be written into a part of the store that has been merged and is expensive to open again. Both limits are settings.

use std::time::Duration;

/// What a record may be told about its time.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum TimeCheck {
    /// Live: flagged by sieve, seen by bellman.
    Live,
    /// Late: flagged by sieve in the nightly run, not seen by bellman.
    Late,
    /// For the archive only: too old for the neighbours' medians, so it never gets a flag.
    ArchiveOnly,
    /// Refused, with a code for the quarantine.
    Refused(Code),
}

/// Codes of refusals, as they stand in the quarantine and in `gullet_refused_total`.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Code {
    /// `GUL-4107`: the clock is ahead.
    ClockAhead,
    /// `GUL-4108`: older than the logger can remember, so its clock must be wrong.
    TooOld,
}

/// The limits. All of them can be set; the defaults are what production runs with.
#[derive(Debug, Clone, Copy)]
pub struct Window {
    /// `GULLET_MAX_SKEW_SECS`: how far a clock may be ahead.
    pub lead: Duration,
    /// `GULLET_MAX_AGE_DAYS`: how old a record may be.
    pub age: Duration,
    /// Beyond this a reading is no reason to wake anybody.
    pub live: Duration,
    /// Beyond this sieve does not judge.
    pub judged: Duration,
}

impl Default for Window {
    fn default() -> Self {
        const DAY: u64 = 24 * 60 * 60;
        Self {
            lead: Duration::from_secs(300),
            age: Duration::from_secs(60 * DAY),
            live: Duration::from_secs(20 * 60),
            judged: Duration::from_secs(14 * DAY),
        }
    }
}

impl Window {
    /// Judges a record's time. Both times are seconds since 1970, UTC.
    ///
    /// The lead is checked first: a clock that is ahead is the one fault that harms other people's view of the map.
    pub fn check(&self, observed_at: i64, now: i64) -> TimeCheck {
        let age = now - observed_at;
        if age < -seconds(self.lead) {
            return TimeCheck::Refused(Code::ClockAhead);
        }
        if age > seconds(self.age) {
            return TimeCheck::Refused(Code::TooOld);
        }
        if age > seconds(self.judged) {
            TimeCheck::ArchiveOnly
        } else if age > seconds(self.live) {
            TimeCheck::Late
        } else {
            TimeCheck::Live
        }
    }

    /// What to add to a record's time so that it would pass, if a whole logger's clock is off by the same amount. Used
    /// by `gulletctl quarantine replay --shift`, which shows the proposal and asks before it does anything.
    ///
    /// The proposal is the median of the leads over at least 20 records. Fewer records say too little, and then there
    /// is no proposal.
    pub fn proposed_shift(leads: &mut [i64]) -> Option<i64> {
        const FEWEST: usize = 20;
        if leads.len() < FEWEST {
            return None;
        }
        leads.sort_unstable();
        Some(-leads[leads.len() / 2])
    }
}

/// A limit as seconds that can be compared with differences of times.
fn seconds(limit: Duration) -> i64 {
    i64::try_from(limit.as_secs()).unwrap_or(i64::MAX)
}

#[cfg(test)]
mod tests {
    use super::*;

    const NOW: i64 = 1_785_000_000;

    #[test]
    fn the_clocks_of_august_2025_would_pass_today() {
        // INC-2025-031: 181 seconds ahead, and the limit was 120.
        assert_eq!(Window::default().check(NOW + 181, NOW), TimeCheck::Live);
        let old = Window { lead: Duration::from_secs(120), ..Window::default() };
        assert_eq!(old.check(NOW + 181, NOW), TimeCheck::Refused(Code::ClockAhead));
    }

    #[test]
    fn sixty_days_fit_and_sixty_one_do_not() {
        let day = 24 * 60 * 60;
        assert_eq!(Window::default().check(NOW - 60 * day, NOW), TimeCheck::ArchiveOnly);
        assert_eq!(Window::default().check(NOW - 61 * day, NOW), TimeCheck::Refused(Code::TooOld));
    }
}
