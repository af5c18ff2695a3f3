//! Exercise 3, defend it: a lock whose holder may be asleep.
//!
//! A lock with an expiry does not keep two nodes from writing: the first may be paused, lose the lock, wake up, and write what
//! it meant to write before. So each holder gets a token that is higher than all before, each write carries it, and readers go
//! by the highest: what a stale holder writes is seen by nobody.
//!
//! Where to look: `Registry` in `src/registry.rs` does the same with the epochs of nodes.
//!
//! Hint: `set_new` with a time to live is the lock, `increment` gives out the tokens.
//! Hint: write the value as a field of a hash, named after the token; two writes of one holder are one field, so the first
//! stays.

use std::time::Duration;

use mcp_scaling::store::{Store, StoreError};

/// Takes the lock for `ttl` and answers a token that is higher than all before; none where somebody has it.
pub(crate) async fn lock(store: &dyn Store, name: &str, ttl: Duration) -> Result<Option<u64>, StoreError> {
    let taken = store.set_new(&format!("lock:{name}"), "", ttl).await?;
    // TODO: every holder has the same token.
    Ok(taken.then_some(1))
}

/// Writes what the lock protects, with the token of whoever writes.
pub(crate) async fn write(store: &dyn Store, name: &str, token: u64, value: &str) -> Result<(), StoreError> {
    // TODO: whoever writes last wins, even one that was asleep.
    let _ = token;
    store.set(&format!("value:{name}"), value, Duration::from_secs(3600)).await
}

/// Reads what the lock protects: what the holder with the highest token has written.
pub(crate) async fn read(store: &dyn Store, name: &str) -> Result<Option<String>, StoreError> {
    store.get(&format!("value:{name}")).await
}
