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
//! Hint: one `Instant` for each owner is enough: when the bucket will be full again. Never seen means full now.
//! Hint: an import moves that instant by `every`, counted from now or from the instant, whichever is later.
//! Hint: it is refused when the moved instant would be more than `burst * every` away; the wait is what is too much.
//! Hint: when there are `OWNERS` of them, forget those whose bucket is full; if none is, refuse a new owner.

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
        // TODO: this lets everything pass, and remembers everybody for ever.
        let _ = (self.burst, self.every);
        self.full_at.insert(owner.to_owned(), now);
        Ok(())
    }
}
