//! How much a key may ask: per minute, at the same time, and per day.
//!
//! The limit per minute is a bucket of tokens. A bucket that is full holds [`BURST`] tokens and gains
//! [`PER_MINUTE`] of them in sixty seconds, so a client that asks every half second never waits, and one that was quiet
//! may ask twenty times at once. Answers with status 304 give their token back.

use std::time::{Duration, Instant};

/// Requests of version 2 in a minute. Version 1 has 60, and keeps them.
pub const PER_MINUTE: u32 = 120;
/// Requests at once after a pause.
pub const BURST: u32 = 20;
/// Requests of one key that are being answered at the same time (`ALM-4291`).
pub const AT_ONCE: u32 = 3;
/// Readings in a day, from midnight UTC (`ALM-4292`).
pub const READINGS_A_DAY: u64 = 5_000_000;
/// A client that goes on for so long without regard for `Retry-After` is locked out for [`LOCKED`].
pub const PATIENCE: Duration = Duration::from_secs(10 * 60);
/// See [`PATIENCE`].
pub const LOCKED: Duration = Duration::from_secs(60 * 60);

/// Why a request has to wait, and for how long.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Refusal {
    /// `ALM-4290`
    TooMany { retry_after: Duration },
    /// `ALM-4291`
    TooManyAtOnce,
    /// `ALM-4292`
    TooMuchToday { retry_after: Duration },
    /// `ALM-4290` as well, so that a loop without a pause cannot tell that it is being treated differently.
    LockedOut { retry_after: Duration },
}

/// What is remembered about a key. It fits into 64 bytes; there are about 600 keys in use.
#[derive(Debug, Clone)]
pub struct Bucket {
    tokens: f64,
    filled_at: Instant,
    in_flight: u32,
    readings_today: u64,
    refused_since: Option<Instant>,
    locked_until: Option<Instant>,
}

impl Bucket {
    /// A key that has not asked before starts with a full bucket.
    pub fn new(now: Instant) -> Self {
        Self {
            tokens: f64::from(BURST),
            filled_at: now,
            in_flight: 0,
            readings_today: 0,
            refused_since: None,
            locked_until: None,
        }
    }

    /// Takes a token, or says why there is none. `until_midnight` is what is left of the day in UTC.
    ///
    /// # Errors
    /// The request has to be refused.
    pub fn take(&mut self, now: Instant, until_midnight: Duration) -> Result<(), Refusal> {
        if let Some(until) = self.locked_until.filter(|until| *until > now) {
            return Err(Refusal::LockedOut { retry_after: until - now });
        }
        if self.readings_today >= READINGS_A_DAY {
            return Err(Refusal::TooMuchToday { retry_after: until_midnight });
        }
        if self.in_flight >= AT_ONCE {
            return Err(Refusal::TooManyAtOnce);
        }
        let per_second = f64::from(PER_MINUTE) / 60.0;
        let gained = now.duration_since(self.filled_at).as_secs_f64() * per_second;
        self.tokens = (self.tokens + gained).min(f64::from(BURST));
        self.filled_at = now;
        if self.tokens < 1.0 {
            let since = *self.refused_since.get_or_insert(now);
            if now.duration_since(since) >= PATIENCE {
                self.locked_until = Some(now + LOCKED);
                self.refused_since = None;
                return Err(Refusal::LockedOut { retry_after: LOCKED });
            }
            return Err(Refusal::TooMany { retry_after: Duration::from_secs_f64((1.0 - self.tokens) / per_second) });
        }
        self.tokens -= 1.0;
        self.in_flight += 1;
        // Whoever got an answer has waited long enough: the patience begins anew.
        self.refused_since = None;
        Ok(())
    }

    /// The answer has been sent. `readings` counts towards the day; an answer with 304 gives its token back.
    pub fn done(&mut self, readings: u64, not_modified: bool) {
        self.in_flight = self.in_flight.saturating_sub(1);
        self.readings_today = self.readings_today.saturating_add(readings);
        if not_modified {
            self.tokens = (self.tokens + 1.0).min(f64::from(BURST));
        }
    }

    /// Called at midnight UTC.
    pub fn new_day(&mut self) {
        self.readings_today = 0;
    }
}
