//! SQLite: one connection that writes, a few that read, all of them on threads beside the protocol.
//!
//! Other processes may use the same file. A write takes the file's write lock before it reads anything (`BEGIN
//! IMMEDIATE`), so that no two of them decide on the same state; an acknowledged write has been synced to the disk.

pub(super) mod contexts;
pub(super) mod messages;
pub(super) mod metadata;
mod schema;
pub(super) mod search;

use std::{
    path::{Path, PathBuf},
    sync::{Arc, Mutex, PoisonError},
    time::Duration,
};

use rusqlite::{Connection, Transaction, TransactionBehavior};
use tokio::sync::Semaphore;

pub use self::schema::OpenError;
use super::error::ContextError;

/// Name of the file in the data folder.
pub const FILE: &str = "contexts.sqlite";
/// How long a connection waits for another process.
pub(super) const BUSY: Duration = Duration::from_secs(10);
/// How long a call waits for its turn in this process.
const TURN: Duration = Duration::from_secs(20);
/// How long the write-ahead log may take to be emptied.
const TIDYING: Duration = Duration::from_millis(500);
/// Reads at a time.
const READERS: usize = 4;

/// The database. Clones share it.
#[derive(Clone)]
pub(super) struct Store {
    path: Arc<PathBuf>,
    writer: Arc<Mutex<Connection>>,
    readers: Arc<Mutex<Vec<Connection>>>,
    writing: Arc<Semaphore>,
    reading: Arc<Semaphore>,
}

impl Store {
    /// Opens the file in `folder`, and makes or migrates it where that is needed. Blocks.
    pub(super) fn open(folder: &Path) -> Result<Self, OpenError> {
        let path = folder.join(FILE);
        Ok(Self {
            writer: Arc::new(Mutex::new(schema::open(&path)?)),
            path: Arc::new(path),
            readers: Arc::default(),
            writing: Arc::new(Semaphore::new(1)),
            reading: Arc::new(Semaphore::new(READERS)),
        })
    }

    /// Runs something that reads, on one state of the database.
    pub(super) async fn read<T: Send + 'static>(
        &self,
        work: impl FnOnce(&Transaction<'_>) -> Result<T, ContextError> + Send + 'static,
    ) -> Result<T, ContextError> {
        let (path, readers) = (self.path.clone(), self.readers.clone());
        in_turn(&self.reading, move || {
            let idle = readers.lock().unwrap_or_else(PoisonError::into_inner).pop();
            let mut connection = match idle {
                Some(connection) => connection,
                None => schema::reader(&path)?,
            };
            let transaction = connection.transaction()?;
            let result = work(&transaction);
            drop(transaction);
            readers.lock().unwrap_or_else(PoisonError::into_inner).push(connection);
            result
        })
        .await
    }

    /// Runs something that writes. It happens as a whole, or not at all.
    pub(super) async fn write<T: Send + 'static>(
        &self,
        work: impl FnOnce(&Transaction<'_>) -> Result<T, ContextError> + Send + 'static,
    ) -> Result<T, ContextError> {
        let writer = self.writer.clone();
        in_turn(&self.writing, move || {
            // A panic has rolled its transaction back: the connection is as good as before.
            let mut connection = writer.lock().unwrap_or_else(PoisonError::into_inner);
            let transaction = connection.transaction_with_behavior(TransactionBehavior::Immediate)?;
            let result = work(&transaction)?;
            transaction.commit()?;
            Ok(result)
        })
        .await
    }

    /// Empties the write-ahead log into the file, so that what was deleted is in neither. Others who read may prevent
    /// it; then a later one does it.
    pub(super) async fn checkpoint(&self) {
        let writer = self.writer.clone();
        let emptied = in_turn(&self.writing, move || {
            let connection = writer.lock().unwrap_or_else(PoisonError::into_inner);
            // Nobody waits long for tidying up.
            connection.busy_timeout(TIDYING)?;
            let emptied = connection.query_row("PRAGMA wal_checkpoint(TRUNCATE)", [], |_| Ok(()));
            connection.busy_timeout(BUSY)?;
            Ok(emptied?)
        });
        if let Err(error) = emptied.await {
            tracing::debug!(%error, "the write-ahead log stays for now");
        }
    }
}

/// Runs blocking work when it is its turn. Work that has begun goes to its end, whoever still waits for it.
pub(super) async fn in_turn<T: Send + 'static>(
    turns: &Arc<Semaphore>,
    work: impl FnOnce() -> Result<T, ContextError> + Send + 'static,
) -> Result<T, ContextError> {
    let Ok(turn) = tokio::time::timeout(TURN, turns.clone().acquire_owned()).await else {
        return Err(ContextError::Busy);
    };
    let turn = turn.map_err(|error| ContextError::Store(error.to_string()))?;
    let working = tokio::task::spawn_blocking(move || {
        let result = work();
        drop(turn);
        result
    });
    working.await.map_err(|error| ContextError::Store(error.to_string()))?
}
