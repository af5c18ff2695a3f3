//! Exercise 2, extend it: a rate limit whose window slides.
//!
//! `src/rate.rs` counts the calls of each second in the store. A second that begins empty lets twice the limit through around
//! its beginning. So count what is left of the window before, as if its calls had been spread evenly: after a quarter of this
//! one, three quarters of that.
//!
//! Where to look: `allows_in` in `src/rate.rs`; `increment` and `get` of `Store` in `src/store/mod.rs`.
//!
//! Hint: number the windows: `now_ms / window_ms`. The number belongs into the key, and so does the tenant.
//! Hint: count first, then compare: two nodes that look first and count then both see the last free place.
//! Hint: counters have to outlive the next window: let them expire after two.
//!
//! Learned: two counters slide like a window, cost two small keys a tenant, and hold for all nodes at once.
//! Read on: src/admission.rs; Redis, the command INCR, "Pattern: rate limiter".

use std::time::Duration;

use mcp_scaling::store::{Store, StoreError};

/// Counts one call of a tenant and says whether it is within `limit` calls in any `window_ms` milliseconds.
pub(crate) async fn allow(
    store: &dyn Store,
    tenant: &str,
    limit: u64,
    window_ms: u64,
    now_ms: u64,
) -> Result<bool, StoreError> {
    let window = now_ms / window_ms;
    // The number first: no tenant's name can look like another's window.
    let key = |window: u64| format!("rate:{window}:{tenant}");
    let ttl = Duration::from_millis(2 * window_ms);
    let counted = store.increment(&key(window), ttl).await?;
    let before = match window.checked_sub(1) {
        Some(before) => store.get(&key(before)).await?.and_then(|count| count.parse().ok()).unwrap_or(0_u64),
        None => 0,
    };
    // What was turned away was counted, too: it must not weigh on the next window.
    let left = (window + 1) * window_ms - now_ms;
    let weighed = u128::from(before.min(limit)) * u128::from(left) + u128::from(counted) * u128::from(window_ms);
    Ok(weighed <= u128::from(limit) * u128::from(window_ms))
}
