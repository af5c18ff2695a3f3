//! Takes tasks from their last checkpoint to their end.

use std::{collections::BTreeMap, sync::Arc, time::Duration};

use mcp_support::ask;
use rmcp::model::{
    CallToolResult, DetailedTask, ElicitResult, ElicitationAction, InputRequest, InputResponses, JsonObject, Task,
};
use schemars::JsonSchema;
use serde::Deserialize;
use serde_json::json;
use tokio::sync::{Notify, Semaphore};
use tokio_util::{sync::CancellationToken, task::TaskTracker};

use super::store::{Store, StoreError, Work};
use crate::report::{GroupBy, Order, Progress, Report, Sale};

/// Tasks that work at a time; others wait for their turn.
const AT_A_TIME: usize = 8;
/// How often tasks of dead processes are looked for.
const LOOK: Duration = Duration::from_secs(5);
/// How often a task that waits for an answer looks whether one came to another process.
const WAIT: Duration = Duration::from_secs(1);
/// The one question of a report.
const GROUPING: &str = "grouping";

/// The tasks of this server. When it is dropped, the work stops at its last checkpoint; whoever opens the same folder
/// goes on from there.
pub struct Tasks {
    shared: Arc<Shared>,
    running: TaskTracker,
    end: CancellationToken,
}

/// Makes a finished report the result of the call that asked for it.
pub type Render = fn(&Report) -> CallToolResult;

/// What all tasks share.
struct Shared {
    store: Store,
    sales: Vec<Sale>,
    render: Render,
    places: Semaphore,
    answered: Notify,
}

/// The form of the question in the middle.
#[derive(Debug, Deserialize, JsonSchema)]
struct Grouping {
    /// How the sums are grouped.
    group_by: GroupBy,
}

impl Tasks {
    /// The tasks of `store`, whose reports are over `sales`. `render` makes a finished report the result of the call.
    pub fn new(store: Store, sales: Vec<Sale>, render: Render) -> Self {
        let shared = Shared { store, sales, render, places: Semaphore::new(AT_A_TIME), answered: Notify::new() };
        Self { shared: Arc::new(shared), running: TaskTracker::new(), end: CancellationToken::new() }
    }

    /// Goes on with the tasks of processes that have died, now and whenever one dies.
    pub fn watch(self: &Arc<Self>) {
        let (tasks, end) = (Arc::downgrade(self), self.end.clone());
        self.running.spawn(async move {
            let mut look = tokio::time::interval(LOOK);
            loop {
                tokio::select! {
                    () = end.cancelled() => return,
                    _ = look.tick() => {}
                }
                let Some(tasks) = tasks.upgrade() else { return };
                match tasks.shared.store.adopt().await {
                    Ok(adopted) => adopted.into_iter().for_each(|id| tasks.start(id)),
                    Err(error) => tracing::warn!(%error, "cannot look for tasks to go on with"),
                }
            }
        });
    }

    /// The report of `order` without a task: in the caller's time, with `report` told of each step.
    pub async fn run<F: Future<Output = ()>>(&self, order: Order, report: impl Fn(u32) -> F) -> Report {
        let mut progress = Progress::default();
        while !progress.is_done(order) {
            tokio::time::sleep(order.pace().1).await;
            progress.advance(order, &self.shared.sales);
            report(progress.rows).await;
        }
        progress.finish(GroupBy::default())
    }

    /// The report of `order`, at once.
    pub fn sums(&self, order: Order, group_by: GroupBy) -> Report {
        let mut progress = Progress::default();
        while !progress.is_done(order) {
            progress.advance(order, &self.shared.sales);
        }
        progress.finish(group_by)
    }

    /// Stores a task and starts it. `can_ask` says whether its client can show a form.
    ///
    /// # Errors
    /// [`StoreError`].
    pub async fn create(&self, owner: &str, order: Order, can_ask: bool, ttl: Duration) -> Result<Task, StoreError> {
        let task = self.shared.store.create(owner, serde_json::to_value(order)?, can_ask, ttl).await?;
        self.start(task.task_id.clone());
        Ok(task)
    }

    /// What `owner` sees of a task.
    ///
    /// # Errors
    /// [`StoreError`].
    pub async fn get(&self, owner: &str, id: &str) -> Result<Option<DetailedTask>, StoreError> {
        self.shared.store.get(owner, id).await
    }

    /// All tasks of `owner`, the newest first.
    ///
    /// # Errors
    /// [`StoreError`].
    pub async fn all(&self, owner: &str) -> Result<Vec<Task>, StoreError> {
        self.shared.store.all(owner).await
    }

    /// Takes answers. False when there is no such task.
    ///
    /// # Errors
    /// [`StoreError`].
    pub async fn answer(&self, owner: &str, id: &str, answers: InputResponses) -> Result<bool, StoreError> {
        let known = self.shared.store.answer(owner, id, answers).await?;
        self.shared.answered.notify_waiters();
        Ok(known)
    }

    /// Cancels. False when there is no such task.
    ///
    /// # Errors
    /// [`StoreError`].
    pub async fn cancel(&self, owner: &str, id: &str) -> Result<bool, StoreError> {
        let known = self.shared.store.cancel(owner, id).await?;
        self.shared.answered.notify_waiters();
        Ok(known)
    }

    fn start(&self, id: String) {
        let job = Job { id, shared: self.shared.clone() };
        let end = self.end.clone();
        self.running.spawn(async move {
            let working = tokio::spawn(job.clone().work());
            let abort = working.abort_handle();
            let error = tokio::select! {
                () = end.cancelled() => {
                    // The checkpoint stays, and whoever comes next goes on from it.
                    abort.abort();
                    return;
                }
                finished = working => match finished {
                    Ok(Ok(())) => return,
                    Ok(Err(error)) => error,
                    Err(error) => StoreError::Thread(error),
                },
            };
            tracing::error!(%error, task = job.id, "a task failed");
            if let Err(error) = job.shared.store.finish(&job.id, Err(internal_error())).await {
                tracing::error!(%error, task = job.id, "and cannot be marked as failed");
            }
        });
    }
}

impl Drop for Tasks {
    fn drop(&mut self) {
        self.end.cancel();
    }
}

/// One task that this process works on.
#[derive(Clone)]
struct Job {
    id: String,
    shared: Arc<Shared>,
}

impl Job {
    async fn work(self) -> Result<(), StoreError> {
        let shared = self.shared.as_ref();
        let Some(work) = shared.store.work(&self.id).await? else { return Ok(()) };
        let order: Order = serde_json::from_value(work.arguments.clone())?;
        let mut progress: Progress = match &work.checkpoint {
            serde_json::Value::Null => Progress::default(),
            checkpoint => serde_json::from_value(checkpoint.clone())?,
        };
        let mut group_by = grouping(&work).or((!work.can_ask).then(GroupBy::default));
        while !progress.is_done(order) {
            tokio::time::sleep(order.pace().1).await;
            {
                // Only work takes a place; a pause, and whoever waits for a person, does not.
                let Ok(_place) = shared.places.acquire().await else { return Ok(()) };
                progress.advance(order, &shared.sales);
                let message = format!("{} of {} rows", progress.rows, order.rows);
                if !shared.store.checkpoint(&self.id, serde_json::to_value(&progress)?, message).await? {
                    return Ok(()); // cancelled, expired, or somebody else's by now
                }
            }
            if group_by.is_none() && progress.is_half_done(order) {
                group_by = self.ask().await?;
                if group_by.is_none() {
                    return Ok(());
                }
            }
        }
        let result = (shared.render)(&progress.finish(group_by.unwrap_or_default()));
        let result: JsonObject = serde_json::from_value(serde_json::to_value(result)?)?;
        shared.store.finish(&self.id, Ok(result)).await?;
        Ok(())
    }

    /// Asks how to group, and waits for the answer for as long as the task lives.
    async fn ask(&self) -> Result<Option<GroupBy>, StoreError> {
        let form = ask::form::<Grouping>("Half of the rows are read. How shall the sums be grouped?")?;
        let request = InputRequest::Elicitation(rmcp::model::ElicitRequest::new(form));
        let questions = BTreeMap::from([(GROUPING.to_owned(), request)]);
        // After a restart the question is still there, and an answer may be, too.
        let mut work = self.shared.store.work(&self.id).await?;
        if work.as_ref().is_some_and(|work| grouping(work).is_none())
            && !self.shared.store.ask(&self.id, &questions, "waiting for an answer".to_owned()).await?
        {
            return Ok(None);
        }
        loop {
            let answered = self.shared.answered.notified();
            let Some(found) = work else { return Ok(None) };
            if let Some(group_by) = grouping(&found) {
                return Ok(Some(group_by));
            }
            let _ = tokio::time::timeout(WAIT, answered).await;
            work = self.shared.store.work(&self.id).await?;
        }
    }
}

/// The answer to the one question; one that is declined, cancelled or makes no sense means the default.
fn grouping(work: &Work) -> Option<GroupBy> {
    let answer = work.answers.get(GROUPING)?;
    let answer: Option<ElicitResult> = serde_json::from_value(answer.clone()).ok();
    let accepted = answer.filter(|answer| answer.action == ElicitationAction::Accept).and_then(|answer| answer.content);
    let form: Option<Grouping> = accepted.and_then(|content| serde_json::from_value(content).ok());
    Some(form.map_or_else(GroupBy::default, |form| form.group_by))
}

fn internal_error() -> JsonObject {
    json!({"code": -32603, "message": "internal error"}).as_object().cloned().unwrap_or_default()
}
