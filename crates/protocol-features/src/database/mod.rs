//! The sample database: a SQLite file with customers and orders that were made up for this lesson.
//!
//! One connection writes; each query gets a read-only connection of its own ([`query`]). SQLite blocks, so everything
//! runs on threads beside the protocol, a few at a time.

pub mod query;
mod sample;

use std::{
    path::{Path, PathBuf},
    sync::{Arc, Mutex, PoisonError},
    time::Duration,
};

use rusqlite::{Connection, OptionalExtension, types::ValueRef};
use serde_json::{Map, Value};
use tokio::sync::Semaphore;

use crate::{
    error::{Refusal, quoted},
    report::Sale,
};

/// The tables that can be read.
pub const TABLES: [&str; 4] = ["orders", "products", "records", "users"];
/// The same with their columns.
pub const SCHEMA: &str = "orders(id, user_id, product_id, quantity, ordered_on), products(id, name, price_cents), \
                          records(id, title, note), users(id, name, city, joined)";
/// How long a writer waits for another process.
const BUSY: Duration = Duration::from_secs(5);
/// Queries that run at a time.
const AT_A_TIME: usize = 4;

/// One row of a table, by column name.
pub type Row = Map<String, Value>;

/// The database. Clones share it.
#[derive(Clone)]
pub struct Database {
    path: Arc<PathBuf>,
    writer: Arc<Mutex<Connection>>,
    places: Arc<Semaphore>,
}

impl Database {
    /// Opens `sample.sqlite` in `folder`, and makes it where it is missing.
    ///
    /// # Errors
    /// The file cannot be opened, or is no database.
    pub fn open(folder: &Path) -> rusqlite::Result<Self> {
        let path = folder.join("sample.sqlite");
        let mut writer = Connection::open(&path)?;
        writer.busy_timeout(BUSY)?;
        // Readers go on while one writes.
        writer.pragma_update(None, "journal_mode", "wal")?;
        writer.pragma_update(None, "synchronous", "normal")?;
        sample::migrate(&mut writer)?;
        Ok(Self {
            path: path.into(),
            writer: Arc::new(Mutex::new(writer)),
            places: Arc::new(Semaphore::new(AT_A_TIME)),
        })
    }

    /// Runs one read-only statement.
    ///
    /// # Errors
    /// It is no single SELECT, or takes too long; see [`query::QueryError`].
    pub async fn query(&self, sql: String) -> Result<query::Table, Refusal> {
        let Ok(place) = tokio::time::timeout(BUSY, self.places.clone().acquire_owned()).await else {
            return Err(Refusal::later("other queries are running", "call again in a few seconds"));
        };
        let place = place.map_err(|error| Refusal::internal("waiting for a place", error))?;
        let stop = query::Stop::default();
        // Dropped with this future: a query that nobody waits for any more stops at its next thousand steps.
        let _guard = stop.when_dropped();
        let path = self.path.clone();
        let work = move || {
            let result = query::run(&path, &sql, &stop);
            drop(place);
            result
        };
        let result = tokio::task::spawn_blocking(work).await.map_err(|error| Refusal::internal("a query", error))?;
        result.map_err(|error| error.refusal())
    }

    /// The row of `table` with this primary key.
    ///
    /// # Errors
    /// The table is unknown, or the database fails.
    pub async fn row(&self, table: &str, id: i64) -> Result<Option<Row>, Refusal> {
        let sql = format!("SELECT * FROM {} WHERE id = ?1", known(table)?);
        self.with(move |connection| {
            let mut statement = connection.prepare_cached(&sql)?;
            let names: Vec<String> = statement.column_names().map(str::to_owned).collect();
            let to_row = |row: &rusqlite::Row<'_>| {
                let mut fields = Row::new();
                for (index, name) in names.iter().enumerate() {
                    fields.insert(name.clone(), value(row.get_ref(index)?));
                }
                Ok(fields)
            };
            statement.query_row([id], to_row).optional()
        })
        .await
    }

    /// Primary keys of `table` that begin with `prefix`, in order, at most `most`, and how many there are.
    ///
    /// # Errors
    /// The table is unknown, or the database fails.
    pub async fn ids(&self, table: &str, prefix: &str, most: usize) -> Result<(Vec<String>, usize), Refusal> {
        let table = known(table)?;
        let sql = format!(
            "SELECT CAST(id AS TEXT) FROM {table} WHERE substr(CAST(id AS TEXT), 1, length(?1)) = ?1 ORDER BY id"
        );
        let prefix = prefix.to_owned();
        self.with(move |connection| {
            let mut statement = connection.prepare_cached(&sql)?;
            let mut ids: Vec<String> =
                statement.query_map([prefix], |row| row.get(0))?.collect::<rusqlite::Result<_>>()?;
            let all = ids.len();
            ids.truncate(most);
            Ok((ids, all))
        })
        .await
    }

    /// How many rows each table has, in the order of [`TABLES`].
    ///
    /// # Errors
    /// The database fails.
    pub async fn counts(&self) -> Result<Vec<(&'static str, u32)>, Refusal> {
        self.with(|connection| {
            TABLES
                .iter()
                .map(|table| {
                    let count = connection.query_row(&format!("SELECT count(*) FROM {table}"), [], |row| row.get(0))?;
                    Ok((*table, count))
                })
                .collect()
        })
        .await
    }

    /// All orders with their products, in order: what reports are made of.
    ///
    /// # Errors
    /// The database fails.
    pub fn sales(&self) -> rusqlite::Result<Vec<Sale>> {
        let connection = self.writer.lock().unwrap_or_else(PoisonError::into_inner);
        let sql = "SELECT products.name, substr(ordered_on, 1, 7), quantity * price_cents
                   FROM orders JOIN products ON products.id = product_id ORDER BY orders.id";
        let mut statement = connection.prepare(sql)?;
        let to_sale = |row: &rusqlite::Row<'_>| {
            Ok(Sale { product: row.get(0)?, month: row.get(1)?, cents: row.get::<_, u32>(2)?.into() })
        };
        statement.query_map([], to_sale)?.collect()
    }

    /// Deletes a record. False when there is none.
    ///
    /// # Errors
    /// The database fails.
    pub async fn delete_record(&self, id: i64) -> Result<bool, Refusal> {
        self.with(move |connection| Ok(connection.execute("DELETE FROM records WHERE id = ?1", [id])? > 0)).await
    }

    async fn with<T: Send + 'static>(
        &self,
        work: impl FnOnce(&mut Connection) -> rusqlite::Result<T> + Send + 'static,
    ) -> Result<T, Refusal> {
        let writer = self.writer.clone();
        let work = move || work(&mut writer.lock().unwrap_or_else(PoisonError::into_inner));
        let result =
            tokio::task::spawn_blocking(work).await.map_err(|error| Refusal::internal("the database", error))?;
        result.map_err(|error| Refusal::internal("the database", error))
    }
}

/// A table's name goes into the statement as it is, so it has to be one of ours.
fn known(table: &str) -> Result<&'static str, Refusal> {
    TABLES.into_iter().find(|known| *known == table).ok_or_else(|| {
        Refusal::argument(format!("there is no table {}", quoted(table)), format!("use one of {}", TABLES.join(", ")))
    })
}

/// A value as JSON. Bytes become hexadecimal text; a number that JSON does not have becomes text.
fn value(value: ValueRef<'_>) -> Value {
    match value {
        ValueRef::Null => Value::Null,
        ValueRef::Integer(number) => number.into(),
        ValueRef::Real(number) => serde_json::Number::from_f64(number).map_or(number.to_string().into(), Value::Number),
        ValueRef::Text(text) => String::from_utf8_lossy(text).into(),
        ValueRef::Blob(bytes) => crate::digest::hex(bytes).into(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[tokio::test]
    async fn rows_are_found_and_records_deleted_once() {
        let folder = tempfile::tempdir().expect("a folder");
        let database = Database::open(folder.path()).expect("a database");
        let user = database.row("users", 1).await.expect("works").expect("a user");
        assert!(user["name"].is_string() && user["id"] == 1, "{user:?}");
        assert_eq!(database.row("users", 10_000).await, Ok(None));
        assert!(database.row("sqlite_schema", 1).await.is_err());
        assert_eq!(database.delete_record(3).await, Ok(true));
        assert_eq!(database.delete_record(3).await, Ok(false));
        let (ids, all) = database.ids("records", "1", 3).await.expect("works");
        assert_eq!((ids, all), (vec!["1".to_owned(), "10".to_owned(), "11".to_owned()], 11));
        // Opened again, it is as it was left.
        let again = Database::open(folder.path()).expect("a database");
        assert_eq!(again.row("records", 3).await, Ok(None));
    }
}
