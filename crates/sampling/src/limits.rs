//! What one caller may use up of the models that this server pays for: requests in a minute, tokens in an hour. What a
//! client's own model costs is the client's to limit.

use std::{
    collections::HashMap,
    sync::Mutex,
    time::{Duration, Instant},
};

use crate::error::Refusal;

/// Callers that are counted. One more forgets those that used nothing for an hour.
const CALLERS: usize = 10_000;
const MINUTE: Duration = Duration::from_secs(60);
const HOUR: Duration = Duration::from_secs(3600);

/// What a caller has used: since when, and how much.
#[derive(Debug, Clone, Copy)]
struct Used {
    minute: (Instant, u32),
    hour: (Instant, u64),
}

/// Counts what callers use. In this process only.
// Production: several processes need a shared store.
#[derive(Debug)]
pub struct Limits {
    requests_per_minute: u32,
    tokens_per_hour: u64,
    used: Mutex<HashMap<String, Used>>,
}

impl Limits {
    /// The same limits for every caller.
    pub fn new(requests_per_minute: u32, tokens_per_hour: u64) -> Self {
        Self { requests_per_minute, tokens_per_hour, used: Mutex::default() }
    }

    /// Counts a request that is about to be made at `now`, and reserves what it may cost: many at once cannot spend more
    /// than there is.
    ///
    /// # Errors
    /// The caller has used up its requests or its tokens.
    pub fn reserve(&self, caller: &str, tokens: u64, now: Instant) -> Result<(), Refusal> {
        let Ok(mut all) = self.used.lock() else { return Err(Refusal::Internal) };
        if all.len() >= CALLERS && !all.contains_key(caller) {
            all.retain(|_, used| now.duration_since(used.hour.0) < HOUR);
            if all.len() >= CALLERS {
                return Err(Refusal::argument("too many callers", "try again later"));
            }
        }
        let used = all.entry(caller.to_owned()).or_insert(Used { minute: (now, 0), hour: (now, 0) });
        if now.duration_since(used.minute.0) >= MINUTE {
            used.minute = (now, 0);
        }
        if now.duration_since(used.hour.0) >= HOUR {
            used.hour = (now, 0);
        }
        if used.minute.1 >= self.requests_per_minute {
            let left = (MINUTE - now.duration_since(used.minute.0)).as_secs() + 1;
            let what = format!("{} requests in this minute", self.requests_per_minute);
            return Err(Refusal::argument(what, format!("try again in {left} s")));
        }
        if used.hour.1 >= self.tokens_per_hour {
            let left = (HOUR - now.duration_since(used.hour.0)).as_secs().div_ceil(60);
            let what = format!("{} tokens in this hour", self.tokens_per_hour);
            return Err(Refusal::argument(what, format!("try again in {left} min")));
        }
        used.minute.1 += 1;
        used.hour.1 = used.hour.1.saturating_add(tokens);
        Ok(())
    }

    /// Puts what a request did cost in the place of what was reserved for it.
    pub fn settle(&self, caller: &str, reserved: u64, cost: u64) {
        if let Ok(mut all) = self.used.lock()
            && let Some(used) = all.get_mut(caller)
        {
            used.hour.1 = used.hour.1.saturating_sub(reserved).saturating_add(cost);
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn requests_and_tokens_run_out_and_come_back() {
        let limits = Limits::new(2, 100);
        let start = Instant::now();
        assert!(limits.reserve("ada", 10, start).is_ok() && limits.reserve("ada", 10, start).is_ok());
        let refused = limits.reserve("ada", 10, start + Duration::from_secs(20)).expect_err("the third");
        assert!(refused.to_string().contains("try again in 41 s"), "{refused}");
        assert!(limits.reserve("bob", 10, start).is_ok(), "each caller for itself");
        assert!(limits.reserve("ada", 79, start + MINUTE).is_ok());
        assert!(
            limits.reserve("ada", 79, start + MINUTE).is_ok(),
            "one token is left, and the last request may use it"
        );
        limits.settle("ada", 79, 1);
        let refused = limits.reserve("ada", 1, start + 2 * MINUTE).expect_err("no tokens left");
        assert!(refused.to_string().contains("100 tokens in this hour; hint: try again in 58 min"), "{refused}");
        assert!(limits.reserve("ada", 1, start + HOUR).is_ok());
    }
}
