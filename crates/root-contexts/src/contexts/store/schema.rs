//! The tables, and how a file of an earlier version becomes one of this.

use std::{path::Path, time::Duration};

use rusqlite::{Connection, ErrorCode, TransactionBehavior};

use super::BUSY;

/// Each brings a file one version further. What has been released is never changed, only added to.
const MIGRATIONS: [&str; 1] = [include_str!("schema_1.sql")];
/// Attempts to switch a new file to write-ahead logging, which the busy timeout does not cover.
const ATTEMPTS: u32 = 100;

/// Why the store cannot be opened. None of them names a path.
#[derive(Debug, thiserror::Error)]
pub enum OpenError {
    /// The file was made by a later version of this program.
    #[error("the store of contexts has schema {found}, and this program knows {known}: it needs a newer program")]
    Newer {
        /// Version of the file.
        found: i64,
        /// Version of this program.
        known: i64,
    },
    /// SQLite cannot open it.
    #[error("the store of contexts cannot be opened in the data folder: {0}")]
    Database(String),
}

impl From<rusqlite::Error> for OpenError {
    fn from(error: rusqlite::Error) -> Self {
        // SQLite's own message for a failed open ends with the path.
        Self::Database(match &error {
            rusqlite::Error::SqliteFailure(code, Some(_)) if code.code == ErrorCode::CannotOpen => code.to_string(),
            other => other.to_string(),
        })
    }
}

/// A connection that writes, to a file of the current version.
pub(super) fn open(path: &Path) -> Result<Connection, OpenError> {
    private_file(path).map_err(|error| OpenError::Database(error.kind().to_string()))?;
    let mut connection = Connection::open(path)?;
    configure(&connection)?;
    let mut attempts = 0;
    loop {
        attempts += 1;
        // Readers go on while one writes.
        match connection.pragma_update_and_check(None, "journal_mode", "wal", |_| Ok(())) {
            Err(error) if is_busy(&error) && attempts < ATTEMPTS => std::thread::sleep(Duration::from_millis(20)),
            result => break result?,
        }
    }
    migrate(&mut connection)?;
    Ok(connection)
}

/// Makes the file where it is missing, for this user alone; SQLite gives its log the same rights.
fn private_file(path: &Path) -> std::io::Result<()> {
    let mut options = std::fs::OpenOptions::new();
    options.read(true).write(true).create(true).truncate(false);
    #[cfg(unix)]
    std::os::unix::fs::OpenOptionsExt::mode(&mut options, 0o600);
    options.open(path).map(drop)
}

/// A connection that reads.
pub(super) fn reader(path: &Path) -> rusqlite::Result<Connection> {
    let connection = Connection::open(path)?;
    configure(&connection)?;
    connection.pragma_update(None, "query_only", true)?;
    Ok(connection)
}

fn configure(connection: &Connection) -> rusqlite::Result<()> {
    connection.busy_timeout(BUSY)?;
    // A commit returns when it is on the disk: an acknowledged message survives a power cut.
    connection.pragma_update(None, "synchronous", "full")?;
    connection.pragma_update(None, "foreign_keys", true)?;
    // What is deleted is overwritten.
    connection.pragma_update(None, "secure_delete", true)?;
    connection.set_prepared_statement_cache_capacity(64);
    Ok(())
}

fn migrate(connection: &mut Connection) -> Result<(), OpenError> {
    let known = MIGRATIONS.len() as i64;
    loop {
        // The version is read under the write lock: of two processes that start at once, one migrates.
        let transaction = connection.transaction_with_behavior(TransactionBehavior::Immediate)?;
        let found: i64 = transaction.pragma_query_value(None, "user_version", |row| row.get(0))?;
        let next = usize::try_from(found).ok().and_then(|found| MIGRATIONS.get(found));
        let Some(migration) = next else {
            return if found == known { Ok(()) } else { Err(OpenError::Newer { found, known }) };
        };
        transaction.execute_batch(migration)?;
        transaction.pragma_update(None, "user_version", found + 1)?;
        transaction.commit()?;
    }
}

fn is_busy(error: &rusqlite::Error) -> bool {
    matches!(error.sqlite_error_code(), Some(ErrorCode::DatabaseBusy | ErrorCode::DatabaseLocked))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_file_of_a_later_version_is_left_alone() {
        let folder = tempfile::tempdir().expect("a folder");
        let path = folder.path().join("x.sqlite");
        let connection = open(&path).expect("opens");
        assert_eq!(connection.pragma_query_value(None, "user_version", |row| row.get(0)), Ok(1));
        drop(open(&path).expect("opens again"));
        connection.pragma_update(None, "user_version", 2).expect("a later version");
        assert!(matches!(open(&path), Err(OpenError::Newer { found: 2, known: 1 })));
        connection.pragma_update(None, "user_version", -1).expect("nonsense");
        assert!(matches!(open(&path), Err(OpenError::Newer { .. })));
    }

    #[cfg(unix)]
    #[test]
    fn a_new_file_is_for_its_user_alone() {
        use std::os::unix::fs::PermissionsExt;
        let folder = tempfile::tempdir().expect("a folder");
        let _connection = open(&folder.path().join("x.sqlite")).expect("opens");
        for entry in std::fs::read_dir(folder.path()).expect("a folder") {
            let entry = entry.expect("a file");
            let mode = entry.metadata().expect("a file").permissions().mode();
            assert_eq!(mode & 0o077, 0, "{:?}: {mode:o}", entry.file_name());
        }
    }

    #[test]
    fn an_error_names_no_path() {
        let folder = tempfile::tempdir().expect("a folder");
        let error = open(&folder.path().join("none/x.sqlite")).expect_err("no such folder").to_string();
        assert!(!error.contains(&*folder.path().to_string_lossy()), "{error}");
        std::fs::write(
            folder.path().join("text"),
            "no database, and longer than a header of one hundred bytes. ".repeat(9),
        )
        .expect("writes");
        let error = open(&folder.path().join("text")).expect_err("no database").to_string();
        assert!(error.contains("not a database"), "{error}");
    }

    #[test]
    fn many_that_open_a_new_file_at_once_all_open_it() {
        let folder = tempfile::tempdir().expect("a folder");
        let path = folder.path().join("x.sqlite");
        std::thread::scope(|scope| {
            for _ in 0..8 {
                scope.spawn(|| open(&path).expect("opens"));
            }
        });
    }
}
