//! (8) Memory: contexts with an owner and an end, decisions that nothing takes away, and turns that become fewer.

mod compaction;
mod secrets;

use std::{
    path::Path,
    sync::{Arc, Mutex, PoisonError},
    time::Duration,
};

use mcp_support::{clock::Clock, private_file};
use rand::RngExt;
use rusqlite::{Connection, OptionalExtension as _, Transaction, TransactionBehavior, params};

pub use self::{
    compaction::{Compacted, Turn},
    secrets::without_secrets,
};
use crate::untrusted::clean;

/// Contexts that an owner may have at a time.
pub const MOST_CONTEXTS: usize = 200;
/// Decisions of a context.
pub const MOST_DECISIONS: usize = 500;
/// Longest decision, in characters.
pub const MOST_DECISION: usize = 1000;
/// How long a context is kept.
pub const LIFETIME: Duration = Duration::from_secs(30 * 24 * 60 * 60);
/// Name of the file in the data folder.
const FILE: &str = "memory.sqlite";
const SCHEMA: &str = include_str!("schema.sql");
/// Of the schema.
const VERSION: i64 = 1;
/// How long a statement waits for another process.
const BUSY: Duration = Duration::from_secs(5);

/// Why memory does not do what it was asked.
#[derive(Debug, thiserror::Error)]
pub enum MemoryError {
    /// No context of this owner has that id; or it has ended.
    #[error("there is no context {0}")]
    Unknown(String),
    /// A quota of the owner or of the context is used up.
    #[error("there are {most} {what} already")]
    Full {
        /// Of what.
        what: &'static str,
        /// The quota.
        most: usize,
    },
    /// Nothing, or more than [`MOST_DECISION`] characters.
    #[error("a decision has 1 to {MOST_DECISION} characters")]
    Length,
    /// A decision can only take the place of an earlier one of its context.
    #[error("there is no decision {0} in this context")]
    NoDecision(i64),
    /// Decisions alone need more.
    #[error("the decisions need {needed} tokens, and the budget is {budget}")]
    Budget {
        /// Tokens of all decisions.
        needed: usize,
        /// The budget.
        budget: usize,
    },
    /// Others go on changing what is to be compacted.
    #[error("others change this context at the same time")]
    Busy,
    /// The database.
    #[error("the memory cannot be used: {0}")]
    Store(#[from] rusqlite::Error),
    /// Another version of this program has made it.
    #[error("the memory's file has a schema of version {0}, and this program knows {VERSION}")]
    Version(i64),
    /// The file of the database.
    #[error("the memory's file cannot be used: {0}")]
    File(#[from] std::io::Error),
}

/// A decision as it was recorded.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Decision {
    /// From 1, in its context.
    pub number: i64,
    /// What was decided.
    pub text: String,
    /// Why; may be empty.
    pub reason: String,
    /// The decision whose place it takes.
    pub supersedes: Option<i64>,
    /// Seconds since 1970.
    pub recorded: i64,
}

/// A context as it was opened.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Opened {
    /// Its handle: 32 hexadecimal digits that nobody guesses.
    pub id: String,
    /// What it is about.
    pub question: String,
    /// Seconds since 1970.
    pub expires: i64,
}

/// The store. A clone shares it. Its methods block: call them where blocking is allowed.
#[derive(Clone)]
pub struct Memory {
    connection: Arc<Mutex<Connection>>,
    clock: Clock,
}

impl Memory {
    /// Opens the file in a folder, or a store that ends with this process.
    ///
    /// # Errors
    /// The file cannot be used.
    pub fn open(folder: Option<&Path>, clock: Clock) -> Result<Self, MemoryError> {
        let mut connection = match folder {
            Some(folder) => {
                private_file::make_folder(folder)?;
                Connection::open(private_file::make(folder, FILE)?)?
            }
            None => Connection::open_in_memory()?,
        };
        connection.busy_timeout(BUSY)?;
        connection.pragma_update(None, "foreign_keys", true)?;
        connection.pragma_update(None, "secure_delete", true)?;
        // Of two processes that start at once, the second looks when the first has made the tables.
        let transaction = connection.transaction_with_behavior(TransactionBehavior::Immediate)?;
        match transaction.query_row("PRAGMA user_version", [], |row| row.get(0))? {
            0 => transaction.execute_batch(&format!("{SCHEMA} PRAGMA user_version = {VERSION};"))?,
            VERSION => {}
            other => return Err(MemoryError::Version(other)),
        }
        transaction.commit()?;
        Ok(Self { connection: Arc::new(Mutex::new(connection)), clock })
    }

    /// Opens a context for its owner.
    ///
    /// # Errors
    /// The owner has too many.
    pub fn open_context(&self, owner: &str, question: &str) -> Result<Opened, MemoryError> {
        let now = self.clock.now();
        let bits: u128 = rand::rng().random();
        let lifetime = i64::try_from(LIFETIME.as_secs()).unwrap_or(i64::MAX);
        let opened = Opened { id: format!("{bits:032x}"), question: stored(question).0, expires: now + lifetime };
        self.write(|transaction| {
            transaction.execute("DELETE FROM context WHERE expires <= ?1", [now])?;
            let count: i64 =
                transaction.query_row("SELECT count(*) FROM context WHERE owner = ?1", [owner], |row| row.get(0))?;
            if usize::try_from(count).is_ok_and(|count| count >= MOST_CONTEXTS) {
                return Err(MemoryError::Full { what: "contexts", most: MOST_CONTEXTS });
            }
            transaction.execute(
                "INSERT INTO context (id, owner, question, created, expires) VALUES (?1, ?2, ?3, ?4, ?5)",
                params![opened.id, owner, opened.question, now, opened.expires],
            )?;
            Ok(())
        })?;
        Ok(opened)
    }

    /// A context of this owner. Another's is as unknown as one that never was.
    ///
    /// # Errors
    /// [`MemoryError::Unknown`].
    pub fn context(&self, owner: &str, id: &str) -> Result<Opened, MemoryError> {
        let now = self.clock.now();
        self.read(|transaction| context(transaction, owner, id, now))
    }

    /// The contexts of this owner, the newest first.
    ///
    /// # Errors
    /// The store fails.
    pub fn contexts(&self, owner: &str) -> Result<Vec<Opened>, MemoryError> {
        let now = self.clock.now();
        self.read(|transaction| {
            let mut statement = transaction.prepare(
                "SELECT id, question, expires FROM context WHERE owner = ?1 AND expires > ?2 ORDER BY created DESC, id",
            )?;
            let rows = statement.query_map(params![owner, now], |row| {
                Ok(Opened { id: row.get(0)?, question: row.get(1)?, expires: row.get(2)? })
            })?;
            Ok(rows.collect::<Result<_, _>>()?)
        })
    }

    /// Records a decision. The second value counts the secrets that were taken out of it.
    ///
    /// # Errors
    /// See [`MemoryError`].
    pub fn record(
        &self,
        owner: &str,
        id: &str,
        text: &str,
        reason: &str,
        supersedes: Option<i64>,
    ) -> Result<(Decision, usize), MemoryError> {
        let now = self.clock.now();
        let ((text, removed), (reason, more)) = (stored(text), stored(reason));
        if text.is_empty() || text.chars().count() > MOST_DECISION || reason.chars().count() > MOST_DECISION {
            return Err(MemoryError::Length);
        }
        let decision = self.write(|transaction| {
            context(transaction, owner, id, now)?;
            let last: i64 = transaction.query_row(
                "SELECT coalesce(max(number), 0) FROM decision WHERE context = ?1",
                [id],
                |row| row.get(0),
            )?;
            if usize::try_from(last).is_ok_and(|last| last >= MOST_DECISIONS) {
                return Err(MemoryError::Full { what: "decisions in this context", most: MOST_DECISIONS });
            }
            if let Some(number) = supersedes.filter(|number| !(1..=last).contains(number)) {
                return Err(MemoryError::NoDecision(number));
            }
            let decision = Decision { number: last + 1, text, reason, supersedes, recorded: now };
            transaction.execute(
                "INSERT INTO decision (context, number, text, reason, supersedes, recorded)
                 VALUES (?1, ?2, ?3, ?4, ?5, ?6)",
                params![id, decision.number, decision.text, decision.reason, supersedes, now],
            )?;
            Ok(decision)
        })?;
        Ok((decision, removed + more))
    }

    /// All decisions of a context, in their order.
    ///
    /// # Errors
    /// See [`MemoryError`].
    pub fn decisions(&self, owner: &str, id: &str) -> Result<Vec<Decision>, MemoryError> {
        let now = self.clock.now();
        self.read(|transaction| {
            context(transaction, owner, id, now)?;
            decisions(transaction, id)
        })
    }

    /// What is read together is of one moment. It keeps no other process from beginning to write.
    fn read<T>(&self, work: impl FnOnce(&Transaction<'_>) -> Result<T, MemoryError>) -> Result<T, MemoryError> {
        self.within(TransactionBehavior::Deferred, work)
    }

    fn write<T>(&self, work: impl FnOnce(&Transaction<'_>) -> Result<T, MemoryError>) -> Result<T, MemoryError> {
        self.within(TransactionBehavior::Immediate, work)
    }

    fn within<T>(
        &self,
        behavior: TransactionBehavior,
        work: impl FnOnce(&Transaction<'_>) -> Result<T, MemoryError>,
    ) -> Result<T, MemoryError> {
        // A panic has rolled its transaction back.
        let mut connection = self.connection.lock().unwrap_or_else(PoisonError::into_inner);
        let transaction = connection.transaction_with_behavior(behavior)?;
        let result = work(&transaction)?;
        transaction.commit()?;
        Ok(result)
    }
}

/// What is stored of a text: clean, and without secrets.
fn stored(text: &str) -> (String, usize) {
    without_secrets(clean(text).text.trim())
}

fn context(transaction: &Transaction<'_>, owner: &str, id: &str, now: i64) -> Result<Opened, MemoryError> {
    let found = transaction
        .query_row(
            "SELECT id, question, expires FROM context WHERE id = ?1 AND owner = ?2 AND expires > ?3",
            params![id, owner, now],
            |row| Ok(Opened { id: row.get(0)?, question: row.get(1)?, expires: row.get(2)? }),
        )
        .optional()?;
    found.ok_or_else(|| MemoryError::Unknown(id.chars().take(40).collect()))
}

fn decisions(transaction: &Transaction<'_>, id: &str) -> Result<Vec<Decision>, MemoryError> {
    let mut statement = transaction.prepare(
        "SELECT number, text, reason, supersedes, recorded FROM decision WHERE context = ?1 ORDER BY number",
    )?;
    let rows = statement.query_map([id], |row| {
        Ok(Decision {
            number: row.get(0)?,
            text: row.get(1)?,
            reason: row.get(2)?,
            supersedes: row.get(3)?,
            recorded: row.get(4)?,
        })
    })?;
    Ok(rows.collect::<Result<_, _>>()?)
}

#[cfg(test)]
mod tests;
