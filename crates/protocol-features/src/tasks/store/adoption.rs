//! Taking over what dead processes have left.

use rmcp::task_manager::current_timestamp;
use rusqlite::{TransactionBehavior, params};

use super::{MAX_STARTS, Store, StoreError, now_ms};

impl Store {
    /// Takes over the unfinished tasks of processes that have died, and forgets what has expired. Returns the handles of
    /// the tasks to go on with; those that were started too often are failed instead.
    ///
    /// # Errors
    /// The database or a lock fails.
    pub async fn adopt(&self) -> Result<Vec<String>, StoreError> {
        let worker = self.worker.clone();
        self.with(move |connection| {
            connection.execute("DELETE FROM tasks WHERE expires_ms <= ?1", [now_ms()])?;
            let unfinished = "status IN ('working', 'input_required')";
            let workers: Vec<String> = connection
                .prepare(&format!("SELECT DISTINCT worker FROM tasks WHERE {unfinished}"))?
                .query_map([], |row| row.get(0))?
                .collect::<rusqlite::Result<_>>()?;
            let mut adopted = Vec::new();
            for other in workers {
                let take_over = || -> Result<Vec<String>, StoreError> {
                    let transaction = connection.transaction_with_behavior(TransactionBehavior::Immediate)?;
                    let error = r#"{"code":-32603,"message":"the server ended each time that it worked on this task"}"#;
                    transaction.execute(
                        &format!("UPDATE tasks SET status = 'failed', outcome = ?2, requests = '{{}}', updated = ?3
                                  WHERE worker = ?1 AND starts >= ?4 AND {unfinished}"),
                        params![other, error, current_timestamp(), MAX_STARTS],
                    )?;
                    let sql = format!("UPDATE tasks SET worker = ?2, starts = starts + 1 WHERE worker = ?1 AND {unfinished} RETURNING id");
                    let ids = transaction
                        .prepare(&sql)?
                        .query_map([&other, worker.id()], |row| row.get(0))?
                        .collect::<rusqlite::Result<_>>()?;
                    transaction.commit()?;
                    Ok(ids)
                };
                if let Some(ids) = worker.if_dead(&other, take_over)? {
                    adopted.extend(ids?);
                }
            }
            Ok(adopted)
        })
        .await
    }
}
