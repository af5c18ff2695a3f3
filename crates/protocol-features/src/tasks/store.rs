//! Tasks as rows. Every change is one transaction that says what it expects to find, so that a task that was cancelled,
//! has ended or was taken over meanwhile stays as it is.

mod adoption;

use std::{
    path::Path,
    sync::{Arc, Mutex, PoisonError},
    time::{Duration, SystemTime, UNIX_EPOCH},
};

use rand::RngExt;
use rmcp::{
    model::{DetailedTask, InputRequests, InputResponses, JsonObject, Task, TaskPayload, TaskStatus},
    task_manager::current_timestamp,
};
use rusqlite::{Connection, OptionalExtension, Row, TransactionBehavior, named_params, params};
use serde_json::Value;

use super::worker::Worker;

/// Unfinished tasks of one owner.
pub const MAX_UNFINISHED: i64 = 20;
/// Tasks of one owner, ended ones included. The oldest ended ones make room.
const MAX_KEPT: i64 = 200;
/// A task that has been started this often without getting any further has probably ended its processes, and is given up.
pub const MAX_STARTS: i64 = 3;
const POLL: u64 = 500;
const BUSY: Duration = Duration::from_secs(10);

/// Why a task is not there, or did not come to be.
#[derive(Debug, thiserror::Error)]
pub enum StoreError {
    /// Too many tasks.
    #[error("{MAX_UNFINISHED} tasks are unfinished; cancel one, or wait for one to end")]
    TooMany,
    /// The database.
    #[error("the tasks cannot be stored: {0}")]
    Database(#[from] rusqlite::Error),
    /// What is stored cannot be read.
    #[error("a stored task cannot be read: {0}")]
    Json(#[from] serde_json::Error),
    /// The lock that tells the living from the dead.
    #[error("the lock of a process cannot be looked at: {0}")]
    Lock(#[from] std::io::Error),
    /// The thread that asked the database.
    #[error("{0}")]
    Thread(#[from] tokio::task::JoinError),
}

/// A task as it is worked on.
#[derive(Debug, Clone)]
pub struct Work {
    /// Its handle.
    pub id: String,
    /// What was asked for.
    pub arguments: Value,
    /// How far it is; null at first.
    pub checkpoint: Value,
    /// The answers to its questions so far.
    pub answers: InputResponses,
    /// Whether its client can be asked.
    pub can_ask: bool,
}

/// The tasks. Clones share them.
#[derive(Clone)]
pub struct Store {
    connection: Arc<Mutex<Connection>>,
    worker: Arc<Worker>,
}

impl Store {
    /// Opens `tasks.sqlite` in `folder`, and registers this process as one that works on tasks.
    ///
    /// # Errors
    /// The folder cannot be written to.
    pub fn open(folder: &Path) -> Result<Self, StoreError> {
        let connection = Connection::open(folder.join("tasks.sqlite"))?;
        connection.busy_timeout(BUSY)?;
        connection.pragma_update(None, "journal_mode", "wal")?;
        // A handle that was given out survives a power cut, too.
        connection.pragma_update(None, "synchronous", "full")?;
        connection.execute_batch(
            "CREATE TABLE IF NOT EXISTS tasks (
                 id TEXT PRIMARY KEY, owner TEXT NOT NULL, worker TEXT NOT NULL, starts INTEGER NOT NULL,
                 status TEXT NOT NULL, message TEXT, created TEXT NOT NULL, updated TEXT NOT NULL,
                 expires_ms INTEGER NOT NULL, ttl_ms INTEGER NOT NULL, arguments TEXT NOT NULL, can_ask INTEGER NOT NULL,
                 checkpoint TEXT NOT NULL, requests TEXT NOT NULL, answers TEXT NOT NULL, outcome TEXT) STRICT;
             CREATE INDEX IF NOT EXISTS tasks_by_owner ON tasks (owner, status);",
        )?;
        Ok(Self { connection: Arc::new(Mutex::new(connection)), worker: Arc::new(Worker::register(folder)?) })
    }

    /// Makes a task that this process will work on. It is stored when this returns.
    ///
    /// # Errors
    /// [`StoreError::TooMany`], or the database fails.
    pub async fn create(
        &self,
        owner: &str,
        arguments: Value,
        can_ask: bool,
        ttl: Duration,
    ) -> Result<Task, StoreError> {
        let (owner, worker) = (owner.to_owned(), self.worker.clone());
        self.with(move |connection| {
            let transaction = connection.transaction_with_behavior(TransactionBehavior::Immediate)?;
            let unfinished: i64 = transaction.query_row(
                "SELECT count(*) FROM tasks WHERE owner = ?1 AND status IN ('working', 'input_required')",
                [&owner],
                |row| row.get(0),
            )?;
            if unfinished >= MAX_UNFINISHED {
                return Err(StoreError::TooMany);
            }
            transaction.execute(
                "DELETE FROM tasks WHERE owner = ?1 AND id IN (SELECT id FROM tasks WHERE owner = ?1
                 AND status NOT IN ('working', 'input_required') ORDER BY updated DESC LIMIT -1 OFFSET ?2)",
                params![owner, MAX_KEPT],
            )?;
            let id = format!("{:032x}", rand::rng().random::<u128>());
            let (now, ttl_ms) = (current_timestamp(), i64::try_from(ttl.as_millis()).unwrap_or(i64::MAX));
            transaction.execute(
                "INSERT INTO tasks VALUES (:id, :owner, :worker, 1, 'working', NULL, :now, :now, :expires, :ttl,
                 :arguments, :can_ask, 'null', '{}', '{}', NULL)",
                named_params! {
                    ":id": id, ":owner": owner, ":worker": worker.id(), ":now": now, ":ttl": ttl_ms, ":can_ask": can_ask,
                    ":expires": now_ms().saturating_add(ttl_ms), ":arguments": arguments.to_string(),
                },
            )?;
            transaction.commit()?;
            let task = Task::new(id, TaskStatus::Working, now.clone(), now);
            Ok(task.with_ttl_ms(ttl_ms.unsigned_abs()).with_poll_interval_ms(POLL))
        })
        .await
    }

    /// What the owner of a task sees of it. Somebody else's task is not there.
    ///
    /// # Errors
    /// The database fails.
    pub async fn get(&self, owner: &str, id: &str) -> Result<Option<DetailedTask>, StoreError> {
        let (owner, id) = (owner.to_owned(), id.to_owned());
        self.with(move |connection| {
            let sql = "SELECT * FROM tasks WHERE id = ?1 AND owner = ?2 AND expires_ms > ?3";
            let mut statement = connection.prepare_cached(sql)?;
            let found = statement.query_row(params![id, owner, now_ms()], |row| Ok(detailed(row))).optional()?;
            found.transpose()
        })
        .await
    }

    /// All tasks of `owner`, the newest first.
    ///
    /// # Errors
    /// The database fails.
    pub async fn all(&self, owner: &str) -> Result<Vec<Task>, StoreError> {
        let owner = owner.to_owned();
        self.with(move |connection| {
            let sql = "SELECT * FROM tasks WHERE owner = ?1 AND expires_ms > ?2 ORDER BY created DESC, id";
            let mut statement = connection.prepare_cached(sql)?;
            let mut rows = statement.query(params![owner, now_ms()])?;
            let mut all = Vec::new();
            while let Some(row) = rows.next()? {
                all.push(detailed(row)?.task);
            }
            Ok(all)
        })
        .await
    }

    /// A task that this process works on, while it is unfinished.
    ///
    /// # Errors
    /// The database fails.
    pub async fn work(&self, id: &str) -> Result<Option<Work>, StoreError> {
        let (id, worker) = (id.to_owned(), self.worker.clone());
        self.with(move |connection| {
            let sql = "SELECT * FROM tasks WHERE id = ?1 AND worker = ?2 AND status IN ('working', 'input_required')
                       AND expires_ms > ?3";
            let mut statement = connection.prepare_cached(sql)?;
            let found = statement.query_row(params![id, worker.id(), now_ms()], |row| Ok(work(row))).optional()?;
            found.transpose()
        })
        .await
    }

    /// Remembers how far a task is. False when it is no longer this process's to work on.
    ///
    /// # Errors
    /// The database fails.
    pub async fn checkpoint(&self, id: &str, checkpoint: Value, message: String) -> Result<bool, StoreError> {
        self.change(id, "checkpoint = :value, message = :message", checkpoint, Some(message)).await
    }

    /// Puts questions to the owner: the task waits for input. False as for [`Store::checkpoint`].
    ///
    /// # Errors
    /// The database fails.
    pub async fn ask(&self, id: &str, questions: &InputRequests, message: String) -> Result<bool, StoreError> {
        let set = "requests = :value, message = :message, status = 'input_required'";
        self.change(id, set, serde_json::to_value(questions)?, Some(message)).await
    }

    /// Ends a task with its result, or with its JSON-RPC error. False as for [`Store::checkpoint`]: a task ends once.
    ///
    /// # Errors
    /// The database fails.
    pub async fn finish(&self, id: &str, outcome: Result<JsonObject, JsonObject>) -> Result<bool, StoreError> {
        let (set, outcome) = match outcome {
            Ok(result) => ("status = 'completed', outcome = :value, message = :message", result),
            Err(error) => ("status = 'failed', outcome = :value, message = :message", error),
        };
        self.change(id, set, outcome.into(), None).await
    }

    async fn change(
        &self,
        id: &str,
        set: &'static str,
        value: Value,
        message: Option<String>,
    ) -> Result<bool, StoreError> {
        let (id, worker) = (id.to_owned(), self.worker.clone());
        self.with(move |connection| {
            let sql = format!(
                "UPDATE tasks SET {set}, starts = 1, updated = :now WHERE id = :id AND worker = :worker
                 AND status IN ('working', 'input_required') AND expires_ms > :ms"
            );
            let changed = connection.prepare_cached(&sql)?.execute(named_params! {
                ":value": value.to_string(), ":message": message, ":now": current_timestamp(), ":id": id,
                ":worker": worker.id(), ":ms": now_ms(),
            })?;
            Ok(changed > 0)
        })
        .await
    }

    /// Takes the owner's answers to outstanding questions; others are ignored. False when there is no such task.
    ///
    /// # Errors
    /// The database fails.
    pub async fn answer(&self, owner: &str, id: &str, responses: InputResponses) -> Result<bool, StoreError> {
        let (owner, id) = (owner.to_owned(), id.to_owned());
        self.with(move |connection| {
            let transaction = connection.transaction_with_behavior(TransactionBehavior::Immediate)?;
            let sql = "SELECT requests, answers FROM tasks WHERE id = ?1 AND owner = ?2 AND expires_ms > ?3";
            let mut taken = false;
            let stored = transaction
                .query_row(sql, params![id, owner, now_ms()], |row| Ok((row.get::<_, String>(0)?, row.get::<_, String>(1)?)))
                .optional()?;
            let Some((requests, answers)) = stored else { return Ok(false) };
            let mut requests: JsonObject = serde_json::from_str(&requests)?;
            let mut answers: InputResponses = serde_json::from_str(&answers)?;
            for (key, response) in responses {
                if requests.remove(&key).is_some() {
                    taken = true;
                    answers.insert(key, response);
                }
            }
            if !taken {
                return Ok(true);
            }
            // With all answers there, the task is at work again.
            transaction.execute(
                "UPDATE tasks SET requests = ?2, answers = ?3, updated = ?4,
                 status = CASE WHEN status = 'input_required' AND ?2 = '{}' THEN 'working' ELSE status END WHERE id = ?1",
                params![id, serde_json::to_string(&requests)?, serde_json::to_string(&answers)?, current_timestamp()],
            )?;
            transaction.commit()?;
            Ok(true)
        })
        .await
    }

    /// Cancels a task, unless it has ended. False when there is no such task.
    ///
    /// # Errors
    /// The database fails.
    pub async fn cancel(&self, owner: &str, id: &str) -> Result<bool, StoreError> {
        let (owner, id) = (owner.to_owned(), id.to_owned());
        self.with(move |connection| {
            connection.execute(
                "UPDATE tasks SET status = 'cancelled', message = 'cancelled by request', requests = '{}', updated = ?3
                 WHERE id = ?1 AND owner = ?2 AND status IN ('working', 'input_required')",
                params![id, owner, current_timestamp()],
            )?;
            let sql = "SELECT count(*) FROM tasks WHERE id = ?1 AND owner = ?2 AND expires_ms > ?3";
            Ok(connection.query_row(sql, params![id, owner, now_ms()], |row| row.get::<_, i64>(0))? > 0)
        })
        .await
    }

    async fn with<T: Send + 'static>(
        &self,
        work: impl FnOnce(&mut Connection) -> Result<T, StoreError> + Send + 'static,
    ) -> Result<T, StoreError> {
        let connection = self.connection.clone();
        let work = move || work(&mut connection.lock().unwrap_or_else(PoisonError::into_inner));
        tokio::task::spawn_blocking(work).await?
    }
}

fn detailed(row: &Row<'_>) -> Result<DetailedTask, StoreError> {
    let text = |name: &str| row.get::<_, String>(name);
    let object = || -> Result<JsonObject, StoreError> { Ok(serde_json::from_str(&text("outcome")?)?) };
    let payload = match text("status")?.as_str() {
        "working" => TaskPayload::Working,
        "input_required" => TaskPayload::InputRequired { input_requests: serde_json::from_str(&text("requests")?)? },
        "completed" => TaskPayload::Completed { result: object()? },
        "failed" => TaskPayload::Failed { error: object()? },
        _ => TaskPayload::Cancelled,
    };
    let mut task = Task::new(text("id")?, payload.status(), text("created")?, text("updated")?)
        .with_ttl_ms(row.get::<_, i64>("ttl_ms")?.unsigned_abs())
        .with_poll_interval_ms(POLL);
    task.status_message = row.get("message")?;
    Ok(DetailedTask::new(task, payload))
}

fn work(row: &Row<'_>) -> Result<Work, StoreError> {
    let json = |name: &str| row.get::<_, String>(name);
    Ok(Work {
        id: json("id")?,
        arguments: serde_json::from_str(&json("arguments")?)?,
        checkpoint: serde_json::from_str(&json("checkpoint")?)?,
        answers: serde_json::from_str(&json("answers")?)?,
        can_ask: row.get("can_ask")?,
    })
}

fn now_ms() -> i64 {
    let now = SystemTime::now().duration_since(UNIX_EPOCH).unwrap_or_default();
    i64::try_from(now.as_millis()).unwrap_or(i64::MAX)
}

#[cfg(test)]
mod tests;
