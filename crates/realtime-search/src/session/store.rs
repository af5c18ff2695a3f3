//! Sessions on disk, in SQLite: what is forgotten is overwritten, not only unlinked.

use std::{
    path::Path,
    sync::{Arc, Mutex, PoisonError},
    time::Duration,
};

use mcp_support::private_file;
use rand::RngExt;
use rusqlite::{Connection, OptionalExtension, TransactionBehavior, params};

use super::Session;

#[cfg(test)]
mod tests;

/// Sessions that one caller may have at a time.
pub const MAX_SESSIONS: i64 = 100;
/// Another process writes for no longer than this.
const BUSY: Duration = Duration::from_secs(5);
const FILE: &str = "sessions.sqlite";
/// The owner is part of every condition: a handle alone opens nothing.
const SCHEMA: &str = "CREATE TABLE IF NOT EXISTS sessions (
    id TEXT PRIMARY KEY, owner TEXT NOT NULL, expires INTEGER NOT NULL, body TEXT NOT NULL) STRICT;
    CREATE INDEX IF NOT EXISTS by_owner ON sessions (owner, expires);";

/// Why a session cannot be used.
#[derive(Debug, thiserror::Error)]
pub enum StoreError {
    /// There is none, it is another's, or it has ended.
    #[error("there is no session '{0}'")]
    Unknown(String),
    /// The caller has as many as may be.
    #[error("there are {MAX_SESSIONS} sessions already")]
    TooMany,
    /// The file cannot be read or written.
    #[error("the store failed: {0}")]
    Failed(String),
}

impl From<rusqlite::Error> for StoreError {
    fn from(error: rusqlite::Error) -> Self {
        Self::Failed(error.to_string())
    }
}

/// All sessions. Clones share one file.
#[derive(Clone)]
pub struct Sessions {
    connection: Arc<Mutex<Connection>>,
    lifetime: i64,
}

impl Sessions {
    /// The sessions in a folder, which end `lifetime` seconds after their last use.
    ///
    /// # Errors
    /// The folder cannot be used.
    pub fn open(folder: &Path, lifetime: i64) -> Result<Self, StoreError> {
        private_file::make_folder(folder).map_err(|error| StoreError::Failed(error.to_string()))?;
        let file = private_file::make(folder, FILE).map_err(|error| StoreError::Failed(error.to_string()))?;
        Self::over(Connection::open(file)?, lifetime)
    }

    /// Sessions that no file ever holds: they are gone with the process, however it ends.
    ///
    /// # Errors
    /// SQLite fails.
    pub fn in_memory(lifetime: i64) -> Result<Self, StoreError> {
        Self::over(Connection::open_in_memory()?, lifetime)
    }

    fn over(connection: Connection, lifetime: i64) -> Result<Self, StoreError> {
        connection.busy_timeout(BUSY)?;
        // What is deleted or replaced is overwritten with zeros, and the journal, which has the old pages, is emptied
        // with each commit.
        connection.pragma_update(None, "secure_delete", true)?;
        connection.pragma_update_and_check(None, "journal_mode", "truncate", |_| Ok(()))?;
        // What is sorted on the way does not go to a temporary file either.
        connection.pragma_update(None, "temp_store", "memory")?;
        connection.pragma_update(None, "synchronous", "full")?;
        connection.execute_batch(SCHEMA)?;
        Ok(Self { connection: Arc::new(Mutex::new(connection)), lifetime })
    }

    /// Opens a session for `owner`, which `begin` may fill, and returns its handle: 128 random bits.
    ///
    /// # Errors
    /// [`StoreError::TooMany`], [`StoreError::Failed`].
    pub async fn create(
        &self,
        owner: &str,
        now: i64,
        begin: impl FnOnce(&mut Session) + Send + 'static,
    ) -> Result<(String, Session), StoreError> {
        let (owner, lifetime) = (owner.to_owned(), self.lifetime);
        self.run(move |connection| {
            let transaction = connection.transaction_with_behavior(TransactionBehavior::Immediate)?;
            transaction.execute("DELETE FROM sessions WHERE expires <= ?1", params![now])?;
            let count: i64 =
                transaction
                    .query_row("SELECT count(*) FROM sessions WHERE owner = ?1", params![owner], |row| row.get(0))?;
            if count >= MAX_SESSIONS {
                // What has ended goes all the same.
                transaction.commit()?;
                return Err(StoreError::TooMany);
            }
            let mut session = Session::new(now, lifetime);
            begin(&mut session);
            let id = format!("{:032x}", rand::rng().random::<u128>());
            transaction.execute(
                "INSERT INTO sessions (id, owner, expires, body) VALUES (?1, ?2, ?3, ?4)",
                params![id, owner, session.time.expires, written(&session)?],
            )?;
            transaction.commit()?;
            Ok((id, session))
        })
        .await
    }

    /// A session as it is.
    ///
    /// # Errors
    /// [`StoreError::Unknown`], [`StoreError::Failed`].
    pub async fn get(&self, owner: &str, id: &str, now: i64) -> Result<Session, StoreError> {
        let (owner, id) = (owner.to_owned(), id.to_owned());
        self.run(move |connection| read(connection, &owner, &id, now)).await
    }

    /// Changes a session, and moves its end on. Two changes at once happen one after the other.
    ///
    /// # Errors
    /// [`StoreError::Unknown`], [`StoreError::Failed`].
    pub async fn change<T: Send + 'static>(
        &self,
        owner: &str,
        id: &str,
        now: i64,
        change: impl FnOnce(&mut Session) -> T + Send + 'static,
    ) -> Result<(Session, T), StoreError> {
        let (owner, id, lifetime) = (owner.to_owned(), id.to_owned(), self.lifetime);
        self.run(move |connection| {
            let transaction = connection.transaction_with_behavior(TransactionBehavior::Immediate)?;
            let mut session = read(&transaction, &owner, &id, now)?;
            let result = change(&mut session);
            session.time.used = now;
            session.time.expires = now.saturating_add(lifetime);
            transaction.execute(
                "UPDATE sessions SET body = ?3, expires = ?4 WHERE owner = ?1 AND id = ?2",
                params![owner, id, written(&session)?, session.time.expires],
            )?;
            transaction.commit()?;
            Ok((session, result))
        })
        .await
    }

    /// Forgets a session, and gives its pages back. Says what it was; `None` where that could not be read any more:
    /// what is damaged is forgotten all the same.
    ///
    /// # Errors
    /// [`StoreError::Unknown`], [`StoreError::Failed`].
    pub async fn forget(&self, owner: &str, id: &str) -> Result<Option<Session>, StoreError> {
        let (owner, id) = (owner.to_owned(), id.to_owned());
        self.run(move |connection| {
            let session = connection
                .query_row("SELECT body FROM sessions WHERE owner = ?1 AND id = ?2", params![owner, id], |row| {
                    Ok(row.get_ref(0)?.as_bytes().ok().and_then(|body| serde_json::from_slice(body).ok()))
                })
                .optional()?
                .ok_or_else(|| unknown(&id))?;
            connection.execute("DELETE FROM sessions WHERE owner = ?1 AND id = ?2", params![owner, id])?;
            // Zeros are left in its place, and then not even the place.
            connection.execute_batch("VACUUM")?;
            Ok(session)
        })
        .await
    }

    /// Handles of a caller's sessions, the one that was used last first.
    ///
    /// # Errors
    /// [`StoreError::Failed`].
    pub async fn list(&self, owner: &str, now: i64) -> Result<Vec<String>, StoreError> {
        let owner = owner.to_owned();
        self.run(move |connection| {
            let mut statement = connection.prepare_cached(
                "SELECT id FROM sessions WHERE owner = ?1 AND expires > ?2 ORDER BY expires DESC, id LIMIT ?3",
            )?;
            let rows = statement.query_map(params![owner, now, MAX_SESSIONS], |row| row.get(0))?;
            Ok(rows.collect::<Result<_, _>>()?)
        })
        .await
    }

    /// Deletes what has ended. Says how many.
    ///
    /// # Errors
    /// [`StoreError::Failed`].
    pub async fn sweep(&self, now: i64) -> Result<usize, StoreError> {
        self.run(move |connection| Ok(connection.execute("DELETE FROM sessions WHERE expires <= ?1", params![now])?))
            .await
    }

    async fn run<T: Send + 'static>(
        &self,
        work: impl FnOnce(&mut Connection) -> Result<T, StoreError> + Send + 'static,
    ) -> Result<T, StoreError> {
        let connection = self.connection.clone();
        let working = tokio::task::spawn_blocking(move || {
            // A panic has rolled its transaction back: the connection is as good as before.
            work(&mut connection.lock().unwrap_or_else(PoisonError::into_inner))
        });
        working.await.map_err(|error| StoreError::Failed(error.to_string()))?
    }
}

fn read(connection: &Connection, owner: &str, id: &str, now: i64) -> Result<Session, StoreError> {
    let mut statement =
        connection.prepare_cached("SELECT body FROM sessions WHERE owner = ?1 AND id = ?2 AND expires > ?3")?;
    let body: Option<String> = statement.query_row(params![owner, id, now], |row| row.get(0)).optional()?;
    let body = body.ok_or_else(|| unknown(id))?;
    serde_json::from_str(&body).map_err(|error| StoreError::Failed(error.to_string()))
}

fn unknown(id: &str) -> StoreError {
    StoreError::Unknown(id.chars().take(40).collect())
}

fn written(session: &Session) -> Result<String, StoreError> {
    serde_json::to_string(session).map_err(|error| StoreError::Failed(error.to_string()))
}
