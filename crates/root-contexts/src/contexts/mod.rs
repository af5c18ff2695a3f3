//! Named conversations that outlast calls, connections and processes.
//!
//! In reading order:
//!
//! * [`model`], [`handle`]: what a context is, and how it is named.
//! * [`Contexts`]: what can be done with it, in `lifecycle`, `conversation` and `finding`. Every call names who asks.
//! * [`sentences`], [`insights`], [`compaction`], [`summary`]: what is kept of a long conversation.
//! * [`secrets`]: metadata that is encrypted at rest.
//! * [`store`]: the tables in SQLite. [`clock`], [`sweep`]: what happens by itself after a time.

pub mod clock;
pub mod compaction;
mod conversation;
pub mod error;
mod export;
mod finding;
pub mod handle;
pub mod insights;
mod lifecycle;
mod metadata;
pub mod model;
pub mod secrets;
pub mod sentences;
pub mod store;
pub mod summary;
pub mod sweep;

use std::{path::Path, sync::Arc};

use rusqlite::Transaction;
use tokio::sync::Semaphore;

use self::{
    clock::Clock,
    error::ContextError,
    model::Access,
    secrets::Keys,
    store::{
        Store,
        contexts::{Asking, Stored, find},
        in_turn,
    },
};
pub use self::{
    conversation::{Appended, Overview, Transcript},
    export::{Export, Format},
    finding::{Found, Page, SearchFor},
    metadata::{Change, Secrets},
    store::{
        FILE, OpenError,
        search::{Hit, MAX_WORDS, words},
    },
};

/// Long texts that are worked on at a time.
const TEXTS: usize = 2;
/// A day in milliseconds.
pub const DAY_MS: i64 = 24 * 3600 * 1000;

/// What one context, and one owner, may take up.
#[derive(Debug, Clone)]
pub struct Limits {
    /// Contexts that somebody may own. Default: 1000.
    pub contexts_per_owner: u32,
    /// Messages that a context may hold at a time; no context waits for so many before it condenses. Default: 10,000.
    pub messages_per_context: u32,
    /// Size of their text together, in bytes. Default: 4 MiB.
    pub bytes_per_context: u32,
    /// Insights of a context. Default: 200.
    pub insights_per_context: u32,
    /// Metadata fields of a context. Default: 32.
    pub fields_per_context: u32,
    /// Others whom a context is shared with. Default: 32.
    pub shares_per_context: usize,
    /// A context that was not changed for this long is archived, in milliseconds. Default: 30 days.
    pub idle_ms: i64,
}

impl Default for Limits {
    fn default() -> Self {
        Self {
            contexts_per_owner: 1000,
            messages_per_context: 10_000,
            bytes_per_context: 4 * 1024 * 1024,
            insights_per_context: 200,
            fields_per_context: 32,
            shares_per_context: 32,
            idle_ms: 30 * DAY_MS,
        }
    }
}

/// All contexts. Clones share them.
#[derive(Clone)]
pub struct Contexts {
    store: Store,
    keys: Keys,
    clock: Arc<dyn Clock>,
    limits: Arc<Limits>,
    /// Turns for work on long texts: it takes cores, and no connection to the database.
    texts: Arc<Semaphore>,
}

impl Contexts {
    /// Opens the store in `folder`, which has to exist. Blocks for as long as another process migrates it.
    ///
    /// # Errors
    /// See [`OpenError`].
    pub fn open(folder: &Path, keys: Keys, clock: Arc<dyn Clock>, limits: Limits) -> Result<Self, OpenError> {
        Ok(Self {
            store: Store::open(folder)?,
            keys,
            clock,
            limits: Arc::new(limits),
            texts: Arc::new(Semaphore::new(TEXTS)),
        })
    }

    /// Whether metadata can be kept secret.
    pub fn can_keep_secrets(&self) -> bool {
        self.keys.can_encrypt()
    }

    fn asking(&self, principal: &str) -> Asking {
        Asking { principal: principal.to_owned(), now: self.clock.now(), idle_ms: self.limits.idle_ms }
    }

    /// Works on long texts beside the database, so that nobody waits for it but who asked.
    async fn beside<T: Send + 'static>(&self, work: impl FnOnce() -> T + Send + 'static) -> Result<T, ContextError> {
        in_turn(&self.texts, || Ok(work())).await
    }

    /// Finds a context, and runs something that reads if the caller may do that.
    async fn read<T: Send + 'static>(
        &self,
        principal: &str,
        id: &str,
        work: impl FnOnce(&Transaction<'_>, Stored) -> Result<T, ContextError> + Send + 'static,
    ) -> Result<T, ContextError> {
        let (asking, id) = (self.asking(principal), id.to_owned());
        self.store
            .read(move |transaction| {
                let context = find(transaction, &asking, &id)?;
                work(transaction, context)
            })
            .await
    }

    /// Finds a context, and runs something that changes it if the caller may do that.
    async fn write<T: Send + 'static>(
        &self,
        principal: &str,
        id: &str,
        needed: Access,
        work: impl FnOnce(&Transaction<'_>, Stored, &Asking) -> Result<T, ContextError> + Send + 'static,
    ) -> Result<T, ContextError> {
        let (asking, id) = (self.asking(principal), id.to_owned());
        self.store
            .write(move |transaction| {
                let context = find(transaction, &asking, &id)?.allow(needed)?;
                work(transaction, context, &asking)
            })
            .await
    }
}
