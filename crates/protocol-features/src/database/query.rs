//! `query_database`: one SELECT, and nothing that could change or reach anything else.
//!
//! Five locks, each of which would do: the connection is opened read-only; `query_only` is set; the authorizer refuses
//! every action but reading the sample's tables; a statement that SQLite itself does not call read-only is not run; and
//! limits on length, steps, rows and bytes end what goes on for too long. That the text "begins with SELECT" is no lock
//! at all, so it is not looked at.

use std::{
    path::Path,
    sync::{
        Arc,
        atomic::{AtomicBool, Ordering},
    },
    time::{Duration, Instant},
};

use rusqlite::{
    Connection, ErrorCode, OpenFlags,
    config::DbConfig,
    hooks::{AuthAction, AuthContext, Authorization},
    limits::Limit,
    types::ValueRef,
};
use schemars::{JsonSchema, Schema, SchemaGenerator, json_schema};
use serde::Serialize;
use serde_json::Value;

use super::{SCHEMA, TABLES, value};
use crate::error::Refusal;

/// Longest statement, in bytes.
pub const MAX_SQL_BYTES: usize = 10_000;
/// Most rows of an answer.
pub const MAX_ROWS: usize = 500;
/// Most bytes of an answer's values together.
const MAX_BYTES: usize = 256 * 1024;
/// A statement that runs longer is stopped.
pub const TIMEOUT: Duration = Duration::from_secs(2);
/// SQLite's virtual machine looks at the clock after this many steps.
const STEPS: i32 = 50;
/// Longest value, in bytes. One step can take time that grows with the product of two lengths (`instr`), and nothing
/// can stop it in the middle.
const MAX_VALUE_BYTES: i32 = 16 * 1024;

/// An answer: typed rows, in the order of the columns.
#[derive(Debug, Clone, PartialEq, Serialize, JsonSchema)]
pub struct Table {
    /// Names of the columns.
    pub columns: Vec<String>,
    /// One array for each row, with a number, a text or null for each column; bytes are hexadecimal text.
    #[schemars(schema_with = "rows_schema")]
    pub rows: Vec<Vec<Value>>,
    /// Whether rows were left off.
    pub truncated: bool,
}

/// What a cell can be, spelled out: a schema that allows anything tells a client nothing.
fn rows_schema(_: &mut SchemaGenerator) -> Schema {
    let cell = json_schema!({ "anyOf": [{ "type": "number" }, { "type": "string" }, { "type": "null" }] });
    json_schema!({ "type": "array", "items": { "type": "array", "items": cell } })
}

/// Why there is no answer.
#[derive(Debug, thiserror::Error)]
pub enum QueryError {
    /// More than one statement, none, or one that is no query.
    #[error("{0}")]
    NotOneSelect(&'static str),
    /// The authorizer refused.
    #[error("{0}")]
    Forbidden(String),
    /// Not SQL, or a name that is not there.
    #[error("{0}")]
    Sql(String),
    /// Stopped by the clock.
    #[error("the query took longer than {} s", TIMEOUT.as_secs())]
    TooSlow,
    /// Ours.
    #[error("the database failed: {0}")]
    Database(rusqlite::Error),
}

impl QueryError {
    /// What the caller is told.
    pub fn refusal(self) -> Refusal {
        match self {
            Self::NotOneSelect(_) | Self::Forbidden(_) | Self::Sql(_) => {
                Refusal::argument(self.to_string(), format!("send one SELECT over {SCHEMA}"))
            }
            Self::TooSlow => Refusal::argument(self.to_string(), "select less, or with a narrower WHERE"),
            Self::Database(error) => Refusal::internal("a query", error),
        }
    }
}

/// Tells a running query that nobody waits for it any more.
#[derive(Debug, Clone, Default)]
pub struct Stop(Arc<AtomicBool>);

/// Stops the query when it is dropped.
pub struct StopGuard(Stop);

impl Stop {
    /// A guard that stops the query when it is dropped.
    pub fn when_dropped(&self) -> StopGuard {
        StopGuard(self.clone())
    }
}

impl Drop for StopGuard {
    fn drop(&mut self) {
        self.0.0.store(true, Ordering::Relaxed);
    }
}

/// Runs one statement on a connection of its own. Blocks.
///
/// # Errors
/// [`QueryError`].
pub fn run(path: &Path, sql: &str, stop: &Stop) -> Result<Table, QueryError> {
    if sql.len() > MAX_SQL_BYTES {
        return Err(QueryError::NotOneSelect("the statement is longer than 10000 bytes"));
    }
    let connection = open(path, stop).map_err(QueryError::Database)?;
    read(&connection, sql, stop).map_err(|error| told(error, stop))
}

fn open(path: &Path, stop: &Stop) -> rusqlite::Result<Connection> {
    let flags = OpenFlags::SQLITE_OPEN_READ_ONLY | OpenFlags::SQLITE_OPEN_NO_MUTEX;
    let mut connection = Connection::open_with_flags(path, flags)?;
    connection.busy_timeout(TIMEOUT)?;
    connection.pragma_update(None, "query_only", true)?;
    connection.set_db_config(DbConfig::SQLITE_DBCONFIG_DEFENSIVE, true)?;
    connection.set_db_config(DbConfig::SQLITE_DBCONFIG_TRUSTED_SCHEMA, false)?;
    for (limit, value) in [
        (Limit::SQLITE_LIMIT_LENGTH, MAX_VALUE_BYTES),
        (Limit::SQLITE_LIMIT_SQL_LENGTH, MAX_SQL_BYTES as i32),
        (Limit::SQLITE_LIMIT_COLUMN, 100),
        (Limit::SQLITE_LIMIT_EXPR_DEPTH, 100),
        (Limit::SQLITE_LIMIT_COMPOUND_SELECT, 20),
        (Limit::SQLITE_LIMIT_VDBE_OP, 25_000),
        (Limit::SQLITE_LIMIT_ATTACHED, 0),
        (Limit::SQLITE_LIMIT_LIKE_PATTERN_LENGTH, 100),
    ] {
        connection.set_limit(limit, value)?;
    }
    connection.authorizer(Some(|context: AuthContext<'_>| authorize(&context)))?;
    let (stop, until) = (stop.0.clone(), Instant::now() + TIMEOUT);
    connection.progress_handler(STEPS, Some(move || stop.load(Ordering::Relaxed) || Instant::now() >= until))?;
    Ok(connection)
}

/// Reading the sample's tables, and functions that only compute.
fn authorize(context: &AuthContext<'_>) -> Authorization {
    match &context.action {
        AuthAction::Select | AuthAction::Recursive => Authorization::Allow,
        // A statement that counts rows reads a table without a column.
        AuthAction::Read { table_name, .. } if TABLES.contains(table_name) => Authorization::Allow,
        // The name of a WITH clause is in no database.
        AuthAction::Read { .. } if context.database_name.is_none() => Authorization::Allow,
        AuthAction::Function { function_name } if is_harmless(function_name) => Authorization::Allow,
        _ => Authorization::Deny,
    }
}

/// `load_extension` reaches code, `fts3_tokenizer` memory; others take much of it, or of time, in one step.
fn is_harmless(function: &str) -> bool {
    ![
        "load_extension",
        "fts3_tokenizer",
        "readfile",
        "writefile",
        "edit",
        "randomblob",
        "zeroblob",
        "trim",
        "ltrim",
        "rtrim",
        "printf",
        "format",
    ]
    .iter()
    .any(|name| function.eq_ignore_ascii_case(name))
}

fn read(connection: &Connection, sql: &str, stop: &Stop) -> Result<Table, QueryError> {
    let sql_error = QueryError::Database;
    let mut statement = connection.prepare(sql).map_err(sql_error)?;
    if statement.column_count() == 0 {
        return Err(QueryError::NotOneSelect("this is no query"));
    }
    if statement.parameter_count() > 0 {
        return Err(QueryError::NotOneSelect("there are parameters, and no values for them"));
    }
    if !statement.readonly() || statement.is_explain() != 0 {
        return Err(QueryError::NotOneSelect("this is no plain SELECT"));
    }
    let columns: Vec<String> = statement.column_names().map(str::to_owned).collect();
    let (mut found, mut bytes, mut truncated) = (Vec::new(), 0, false);
    let until = Instant::now() + TIMEOUT;
    let mut rows = statement.query([]).map_err(sql_error)?;
    while let Some(row) = rows.next().map_err(sql_error)? {
        // Measured before it is copied: a row of many long values is a large one.
        for at in 0..columns.len() {
            bytes += size(row.get_ref(at).map_err(sql_error)?);
        }
        if found.len() == MAX_ROWS || bytes > MAX_BYTES {
            truncated = true;
            break;
        }
        if stop.0.load(Ordering::Relaxed) || Instant::now() >= until {
            return Err(QueryError::TooSlow);
        }
        let values: rusqlite::Result<Vec<Value>> = (0..columns.len()).map(|at| row.get_ref(at).map(value)).collect();
        found.push(values.map_err(sql_error)?);
    }
    Ok(Table { columns, rows: found, truncated })
}

/// Bytes of a value in an answer, about.
fn size(value: ValueRef<'_>) -> usize {
    match value {
        ValueRef::Text(text) => text.len(),
        ValueRef::Blob(bytes) => 2 * bytes.len(),
        _ => 8,
    }
}

/// What SQLite's error means for the caller.
fn told(error: QueryError, stop: &Stop) -> QueryError {
    let QueryError::Database(error) = error else { return error };
    match &error {
        rusqlite::Error::Empty => QueryError::NotOneSelect("there is no statement"),
        rusqlite::Error::MultipleStatement => QueryError::NotOneSelect("there is more than one statement"),
        rusqlite::Error::SqlInputError { msg, .. } => QueryError::Sql(msg.clone()),
        rusqlite::Error::SqliteFailure(failure, message) => match failure.code {
            ErrorCode::OperationInterrupted if !stop.0.load(Ordering::Relaxed) => QueryError::TooSlow,
            ErrorCode::AuthorizationForStatementDenied => {
                QueryError::Forbidden(message.clone().unwrap_or_else(|| "this is not allowed".to_owned()))
            }
            ErrorCode::ReadOnly => QueryError::NotOneSelect("the database is read-only"),
            ErrorCode::Unknown | ErrorCode::TooBig => {
                QueryError::Sql(message.clone().unwrap_or_else(|| failure.to_string()))
            }
            _ => QueryError::Database(error),
        },
        _ => QueryError::Database(error),
    }
}

#[cfg(test)]
mod tests;
