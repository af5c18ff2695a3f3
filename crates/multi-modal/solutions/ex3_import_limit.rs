//! Exercise 3, defend it: a limit on how often one owner may import.
//!
//! The store has a quota, and still one runaway agent can import a thousand files a minute: each pushes out another and
//! costs a fetch. Give every owner a bucket: `burst` imports at once, then one more after each `every`. A refusal says
//! how many seconds to wait, because the hint is all that a model has. The guard needs guarding too: an attacker who
//! makes up owners must not fill its memory, nor make it forget what somebody else has used.
//!
//! Where to look: `MediaError::Invalid` in `src/error.rs`, and the quota in `src/store.rs`. The clock comes as an
//! argument, so that no test has to sleep.
//!
//! Learned: a leaky bucket is one instant for each owner, a limit must bound its own memory, and a refusal says when.
//! Read on: src/server/media.rs, where an import would ask first, and the README's production notes on owners.

use std::{
    collections::BTreeMap,
    time::{Duration, Instant},
};

use mcp_multi_modal::error::MediaError;

/// Most owners that are remembered.
pub(crate) const OWNERS: usize = 1_000;

/// How often each owner may import.
pub(crate) struct ImportLimit {
    burst: u32,
    every: Duration,
    /// For each owner whose bucket is not full: when it will be.
    full_at: BTreeMap<String, Instant>,
}

impl ImportLimit {
    /// `burst` imports at once, and one more after each `every`.
    pub(crate) fn new(burst: u32, every: Duration) -> Self {
        Self { burst, every, full_at: BTreeMap::new() }
    }

    /// How many owners are remembered.
    pub(crate) fn owners(&self) -> usize {
        self.full_at.len()
    }

    /// Counts an import of `owner` at `now`.
    ///
    /// # Errors
    /// It is one too many; the hint says in how many whole seconds, rounded up, the next is allowed: "wait 3 s".
    pub(crate) fn admit(&mut self, owner: &str, now: Instant) -> Result<(), MediaError> {
        if self.full_at.len() >= OWNERS {
            self.full_at.retain(|_, full_at| *full_at > now);
        }
        if self.full_at.len() >= OWNERS && !self.full_at.contains_key(owner) {
            return Err(self.refusal(self.every));
        }
        let full_at = self.full_at.get(owner).map_or(now, |full_at| now.max(*full_at)) + self.every;
        let ahead = full_at.saturating_duration_since(now);
        let allowed = self.every * self.burst;
        if ahead > allowed {
            return Err(self.refusal(ahead - allowed));
        }
        self.full_at.insert(owner.to_owned(), full_at);
        Ok(())
    }

    fn refusal(&self, wait: Duration) -> MediaError {
        let Self { burst, every, .. } = self;
        MediaError::Invalid {
            what: format!("too many imports: {burst} at once and one more every {} s", every.as_secs_f64()),
            hint: format!("wait {} s, then import again", wait.as_secs_f64().ceil()),
        }
    }
}
