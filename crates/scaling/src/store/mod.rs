//! What the nodes of a cluster share, as the few commands that all of it is built from.
//!
//! Each is atomic at the store and has no script, so Redis has them all as they are, and the stand-in of a bare machine
//! is small enough to be read. What looks like it needs compare-and-set is built so that it does not: locks are terms
//! that end by themselves, records of a node carry its epoch, and an entry is written under a name of its own.

mod contract;
mod keyspace;
mod redis;
mod resp;

use std::{sync::Arc, time::Duration};

use async_trait::async_trait;
use secrecy::SecretString;

pub use self::{
    contract::contract,
    keyspace::Keyspace,
    redis::Redis,
    resp::{StoreArgs, run, serve},
};

/// How long one command may take. A store that is slower than this is as good as gone.
pub const COMMAND_DEADLINE: Duration = Duration::from_millis(500);

/// Where a cluster keeps what its nodes share. Values are text; keys begin with what they are for.
#[async_trait]
pub trait Store: Send + Sync + 'static {
    /// The value of a key that has not expired.
    async fn get(&self, key: &str) -> Result<Option<String>, StoreError>;

    /// Writes a value that expires.
    async fn set(&self, key: &str, value: &str, ttl: Duration) -> Result<(), StoreError>;

    /// Writes a value that expires, unless there is one; true if it was written.
    async fn set_new(&self, key: &str, value: &str, ttl: Duration) -> Result<bool, StoreError>;

    /// Removes a key of any kind.
    async fn delete(&self, key: &str) -> Result<(), StoreError>;

    /// Adds one to a counter, which is 0 before, and has it expire `ttl` from now. Answers the new value.
    async fn increment(&self, key: &str, ttl: Duration) -> Result<u64, StoreError>;

    /// Writes a field of a hash unless it is there, and has the hash expire `ttl` from now; true if it was written.
    async fn add_field(&self, key: &str, field: &str, value: &str, ttl: Duration) -> Result<bool, StoreError>;

    /// One field of a hash.
    async fn field(&self, key: &str, field: &str) -> Result<Option<String>, StoreError>;

    /// All fields of a hash, in no order.
    async fn fields(&self, key: &str) -> Result<Vec<(String, String)>, StoreError>;

    /// Removes a field of a hash.
    async fn remove_field(&self, key: &str, field: &str) -> Result<(), StoreError>;

    /// What it is, for people: `in this process` or `redis`.
    fn kind(&self) -> &'static str;
}

/// Why a command was not carried out, or why nobody knows whether it was.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum StoreError {
    /// It cannot be reached, or does not answer in time. A write may have been carried out.
    #[error("the store cannot be reached")]
    Unavailable,
    /// It has refused the command, or answered something that nobody expects.
    #[error("the store refused: {0}")]
    Refused(String),
    /// It holds as much as it may.
    #[error("the store is full")]
    Full,
}

/// The store at `url`, or one in this process where there is none. Does not wait for it: it may come later.
///
/// # Errors
/// The URL is none of Redis.
pub fn open(url: Option<&SecretString>) -> Result<Arc<dyn Store>, StoreError> {
    Ok(match url {
        Some(url) => Arc::new(Redis::open(url)?),
        None => Arc::new(Keyspace::default()),
    })
}

#[cfg(test)]
mod tests;
