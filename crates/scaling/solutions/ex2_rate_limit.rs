//! Exercise 2, solved.

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
