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
        let connection = Connection::open(file)?;
        connection.busy_timeout(BUSY)?;
        // What is deleted or replaced is overwritten with zeros, and the journal, which has the old pages, is emptied
        // with each commit.
        connection.pragma_update(None, "secure_delete", true)?;
        connection.pragma_update_and_check(None, "journal_mode", "truncate", |_| Ok(()))?;
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

    /// Forgets a session, and gives its pages back. Says what it was.
    ///
    /// # Errors
    /// [`StoreError::Unknown`], [`StoreError::Failed`].
    pub async fn forget(&self, owner: &str, id: &str, now: i64) -> Result<Session, StoreError> {
        let (owner, id) = (owner.to_owned(), id.to_owned());
        self.run(move |connection| {
            let session = read(connection, &owner, &id, now)?;
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
    let body = body.ok_or_else(|| StoreError::Unknown(id.chars().take(40).collect()))?;
    serde_json::from_str(&body).map_err(|error| StoreError::Failed(error.to_string()))
}

fn written(session: &Session) -> Result<String, StoreError> {
    serde_json::to_string(session).map_err(|error| StoreError::Failed(error.to_string()))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::session::Asked;

    const SECRET: &str = "a query that nobody else should read";

    /// Whether any file of the folder contains the words.
    fn is_on_disk(folder: &Path) -> bool {
        let files = std::fs::read_dir(folder).expect("a folder").flatten();
        files
            .map(|file| std::fs::read(file.path()).expect("a file"))
            .any(|bytes| bytes.windows(SECRET.len()).any(|window| window == SECRET.as_bytes()))
    }

    #[tokio::test]
    async fn what_is_forgotten_is_gone_from_the_disk() {
        let folder = tempfile::tempdir().expect("a folder");
        let sessions = Sessions::open(folder.path(), 60).expect("a store");
        let begin = |session: &mut Session| session.history.push(Asked { query: SECRET.to_owned(), at: 0 });
        let (id, _) = sessions.create("ann", 0, begin).await.expect("a session");
        let (other, _) = sessions.create("ann", 0, |_| {}).await.expect("another");
        assert!(is_on_disk(folder.path()), "the search finds what is there");
        // An old version of a row is as forgotten as the row.
        sessions.change("ann", &id, 1, |session| session.domain = Some("x".repeat(9000))).await.expect("changed");
        sessions.forget("ann", &id, 2).await.expect("forgotten");
        assert!(!is_on_disk(folder.path()));
        assert!(matches!(sessions.get("ann", &id, 2).await, Err(StoreError::Unknown(_))));
        assert!(sessions.get("ann", &other, 2).await.is_ok());
        assert_eq!(sessions.list("ann", 2).await.expect("a list"), [other]);
    }

    #[tokio::test]
    async fn a_session_is_its_owners_and_ends() {
        let folder = tempfile::tempdir().expect("a folder");
        let sessions = Sessions::open(folder.path(), 60).expect("a store");
        let begin = |session: &mut Session| session.history.push(Asked { query: SECRET.to_owned(), at: 0 });
        let (id, _) = sessions.create("ann", 0, begin).await.expect("a session");
        assert!(matches!(sessions.get("bob", &id, 1).await, Err(StoreError::Unknown(_))));
        assert!(matches!(sessions.forget("bob", &id, 1).await, Err(StoreError::Unknown(_))));
        sessions.change("ann", &id, 50, |_| ()).await.expect("its end moves on");
        assert!(sessions.get("ann", &id, 100).await.is_ok());
        assert!(matches!(sessions.get("ann", &id, 110).await, Err(StoreError::Unknown(_))));
        assert_eq!(sessions.sweep(110).await.expect("swept"), 1);
        assert!(!is_on_disk(folder.path()));
    }

    #[tokio::test]
    async fn nobody_has_more_than_the_limit() {
        let folder = tempfile::tempdir().expect("a folder");
        let sessions = Sessions::open(folder.path(), 60).expect("a store");
        for _ in 0..MAX_SESSIONS {
            sessions.create("ann", 0, |_| {}).await.expect("a session");
        }
        assert!(matches!(sessions.create("ann", 0, |_| {}).await, Err(StoreError::TooMany)));
        assert!(sessions.create("bob", 0, |_| {}).await.is_ok());
        assert!(sessions.create("ann", 61, |_| {}).await.is_ok(), "those that have ended do not count");
    }
}
