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
//!
//! Learned: a lock with an expiry protects nothing by itself; the token lets whoever keeps the data refuse a late writer.
//! Read on: src/registry.rs, whose epochs are such tokens; Kleppmann, "How to do distributed locking", 2016.

use std::time::Duration;

use mcp_scaling::store::{Store, StoreError};

const KEPT: Duration = Duration::from_secs(3600);

/// Takes the lock for `ttl` and answers a token that is higher than all before; none where somebody has it.
pub(crate) async fn lock(store: &dyn Store, name: &str, ttl: Duration) -> Result<Option<u64>, StoreError> {
    if !store.set_new(&format!("lock:{name}"), "", ttl).await? {
        return Ok(None);
    }
    // Tokens outlive every lock. One that is given out and never used is no loss.
    store.increment(&format!("token:{name}"), KEPT.max(2 * ttl)).await.map(Some)
}

/// Writes what the lock protects, with the token of whoever writes.
pub(crate) async fn write(store: &dyn Store, name: &str, token: u64, value: &str) -> Result<(), StoreError> {
    store.add_field(&format!("value:{name}"), &token.to_string(), value, KEPT).await?;
    Ok(())
}

/// Reads what the lock protects: what the holder with the highest token has written.
pub(crate) async fn read(store: &dyn Store, name: &str) -> Result<Option<String>, StoreError> {
    let fields = store.fields(&format!("value:{name}")).await?;
    let tokens = fields.into_iter().filter_map(|(token, value)| Some((token.parse::<u64>().ok()?, value)));
    Ok(tokens.max_by_key(|(token, _)| *token).map(|(_, value)| value))
}
