//! Exercise 1, change it: waits that spread callers out.
//!
//! Callers that have failed together come back together, and fail together again, unless chance spreads them out.
//! "Full jitter" draws each wait anew between nothing and a bound that doubles with each try. A provider that says
//! when it wants to be asked is asked no sooner.
//!
//! Where to look: `Guarded::search` in `src/resilience/guard.rs` adds chance to the bound instead, and its `wait`
//! decides about Retry-After.
//!
//! Hint: the bound of try n (from 0) is `first` times 2 to the n, and never more than `longest`; take care of large n.
//! Hint: with Retry-After the wait is what is asked for and a drawn part of the bound on top; if what is asked for is
//! longer than `longest`, there is no use in waiting.

use std::time::Duration;

/// How long to wait before try `n` (from 0) is sent again; `chance` is drawn from 0 (included) to 1 (excluded). None:
/// give up.
pub(crate) fn wait(
    n: u32,
    first: Duration,
    longest: Duration,
    asked: Option<Duration>,
    chance: f64,
) -> Option<Duration> {
    // TODO: double, bound, draw, and listen to Retry-After.
    let _ = (n, longest, asked, chance);
    Some(first)
}
