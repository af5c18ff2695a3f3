//! The database: one connection, one transaction for each thing that happens.

use std::{
    path::Path,
    sync::{Arc, Mutex, PoisonError},
    time::Duration,
};

use anyhow::Context as _;
use rusqlite::{Connection, Transaction, TransactionBehavior, params};

use super::OAuthError;
use mcp_support::private_file;

/// The database's file in the data folder.
pub const FILE: &str = "authorization.sqlite";
const SCHEMA: &str = include_str!("schema.sql");
const SCHEMA_VERSION: i64 = 1;
const BUSY: Duration = Duration::from_secs(5);

/// A cheap clone around one connection.
#[derive(Clone)]
pub struct Store(Arc<Mutex<Connection>>);

impl Store {
    /// Opens the database in `folder`, or one in memory that goes with the process. Blocks.
    ///
    /// # Errors
    /// The folder cannot be written to, or holds a database of another version.
    pub fn open(folder: Option<&Path>) -> anyhow::Result<Self> {
        let mut connection = match folder {
            Some(folder) => Connection::open(private_file::make(folder, FILE).context("cannot make the database")?)?,
            None => Connection::open_in_memory()?,
        };
        connection.busy_timeout(BUSY)?;
        connection.pragma_update(None, "foreign_keys", true)?;
        // What is deleted is overwritten: keys and hashes stand here.
        connection.pragma_update(None, "secure_delete", true)?;
        let transaction = connection.transaction_with_behavior(TransactionBehavior::Immediate)?;
        match transaction.pragma_query_value(None, "user_version", |row| row.get::<_, i64>(0))? {
            0 => {
                transaction.execute_batch(SCHEMA)?;
                transaction.pragma_update(None, "user_version", SCHEMA_VERSION)?;
            }
            SCHEMA_VERSION => {}
            found => anyhow::bail!("the database is of version {found}, and this program knows {SCHEMA_VERSION}"),
        }
        transaction.commit()?;
        Ok(Self(Arc::new(Mutex::new(connection))))
    }

    /// Runs `work` in a transaction, which is committed when `work` returns a value. Blocks.
    ///
    /// # Errors
    /// The database fails.
    pub fn blocking<T>(&self, work: impl FnOnce(&Transaction<'_>) -> rusqlite::Result<T>) -> rusqlite::Result<T> {
        let mut connection = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        let transaction = connection.transaction_with_behavior(TransactionBehavior::Immediate)?;
        let value = work(&transaction)?;
        transaction.commit()?;
        Ok(value)
    }

    /// The same off the runtime's threads. A refusal is a value too, so that what it must write, such as the revocation
    /// after a replay, is kept.
    pub(crate) async fn run<T: Send + 'static>(
        &self,
        work: impl FnOnce(&Transaction<'_>) -> rusqlite::Result<T> + Send + 'static,
    ) -> Result<T, OAuthError> {
        let store = self.clone();
        let done = tokio::task::spawn_blocking(move || store.blocking(work)).await;
        done.map_err(|error| OAuthError::internal("using the database", error))?
            .map_err(|error| OAuthError::internal("using the database", error))
    }

    /// Deletes what has expired.
    pub(crate) async fn sweep(&self, now: i64) -> Result<(), OAuthError> {
        self.run(move |transaction| {
            for table in ["requests", "browsers", "grants", "codes", "refresh_tokens", "revoked_tokens", "assertions"] {
                transaction.execute(&format!("DELETE FROM {table} WHERE expires < ?1"), params![now])?;
            }
            Ok(())
        })
        .await
    }
}
