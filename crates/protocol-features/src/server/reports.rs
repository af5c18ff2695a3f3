//! (6) Long work as a task: a durable handle instead of a connection that stays open.

use std::time::Duration;

use mcp_support::{progress::Progress, revision::is_modern, serve::principal};
use rmcp::{
    ErrorData, RoleServer,
    handler::server::{common::schema_for_output, tool::IntoCallToolResult, wrapper::Parameters},
    model::{CallToolResponse, CreateTaskResult, DetailedTask, InputResponses},
    schemars::JsonSchema,
    service::RequestContext,
    tool, tool_router,
};
use serde::Deserialize;

use super::{
    ProtocolFeatures,
    answer::{report, report_result, within},
};
use crate::{
    error::Refusal,
    report::{MAX_ROWS, MAX_SECONDS, Order, Report},
    tasks::store::StoreError,
};

/// How long a task is kept beyond the time that it was to take.
const KEPT: Duration = Duration::from_secs(3600);
/// How long a report may take that is not made as a task: a call's deadline, with room.
const MAX_SECONDS_AT_ONCE: u32 = 60;
/// Largest answers to a task's questions.
const MAX_ANSWERS_BYTES: usize = 64 * 1024;

#[derive(Debug, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub(super) struct RunReport {
    /// Rows of the sample's orders to sum.
    #[schemars(range(min = 1, max = 100_000))]
    rows: u32,
    /// Seconds that the work is spread over; at least 1 makes it a task for clients that know tasks, and others may ask
    /// for at most 60. 0 when absent.
    #[schemars(range(min = 0, max = 3600))]
    #[serde(default)]
    seconds: u32,
}

#[tool_router(router = report_tools, vis = "pub(super)")]
impl ProtocolFeatures {
    /// Sums the sample's orders; use it with `seconds` to see long work as a task that outlasts this connection, asks a
    /// question in the middle, and goes on after a restart of the server.
    #[tool(
        title = "Run a report",
        annotations(
            title = "Run a report",
            read_only_hint = true,
            destructive_hint = false,
            idempotent_hint = true,
            open_world_hint = false
        ),
        output_schema = schema_for_output::<Report>()
    )]
    async fn run_report(
        &self,
        Parameters(arguments): Parameters<RunReport>,
        context: RequestContext<RoleServer>,
    ) -> Result<CallToolResponse, ErrorData> {
        let client = context.client_capabilities().unwrap_or_default();
        // Spec(tasks extension): the server decides, and only for a client that declared the extension. It is one of
        // 2026-07-28: some clients declare it in 2025-11-25 too, where they do not understand the answer.
        let is_task = is_modern(&context) && client.supports_tasks() && arguments.seconds > 0;
        let order = match arguments.order(is_task) {
            Ok(order) => order,
            Err(refusal) => return refusal.into_call_tool_result(),
        };
        if !is_task {
            let (progress, rows) = (Progress::new(&context), u64::from(order.rows));
            let made =
                self.shared.tasks.run(order, |done| report(&progress, done.into(), rows, format!("{done} rows")));
            return Ok(report_result(&made.await).into());
        }
        let can_ask = client.elicitation.is_some_and(|modes| modes.form.is_some() || modes.url.is_none());
        match self.shared.tasks.create(&principal(&context), order, can_ask, life(order)).await {
            // Spec(tasks extension): it is stored before its handle is given out.
            Ok(task) => Ok(CreateTaskResult::new(task).into()),
            // The model can mend this, so it is told; to a client that asks by method it is a protocol error.
            Err(error @ StoreError::TooMany) => {
                Refusal::later(error.to_string(), "use tasks/cancel, or wait").into_call_tool_result()
            }
            Err(error) => Err(failed(&error)),
        }
    }
}

impl ProtocolFeatures {
    pub(super) async fn task(&self, owner: &str, id: &str) -> Result<DetailedTask, ErrorData> {
        self.shared.tasks.get(owner, id).await.map_err(|error| failed(&error))?.ok_or_else(unknown)
    }

    pub(super) async fn answer_task(&self, owner: &str, id: &str, answers: InputResponses) -> Result<(), ErrorData> {
        if serde_json::to_vec(&answers).map_or(usize::MAX, |bytes| bytes.len()) > MAX_ANSWERS_BYTES {
            return Err(ErrorData::invalid_params(
                format!("the answers are larger than {MAX_ANSWERS_BYTES} bytes"),
                None,
            ));
        }
        let known = self.shared.tasks.answer(owner, id, answers).await.map_err(|error| failed(&error))?;
        if known { Ok(()) } else { Err(unknown()) }
    }

    pub(super) async fn stop_task(&self, owner: &str, id: &str) -> Result<(), ErrorData> {
        let known = self.shared.tasks.cancel(owner, id).await.map_err(|error| failed(&error))?;
        if known { Ok(()) } else { Err(unknown()) }
    }
}

impl RunReport {
    /// What was asked for, within bounds.
    pub(super) fn order(&self, is_task: bool) -> Result<Order, Refusal> {
        let most = if is_task { MAX_SECONDS } else { MAX_SECONDS_AT_ONCE };
        let rows = within("rows", self.rows, 1, MAX_ROWS)?;
        Ok(Order { rows, seconds: within("seconds", self.seconds, 0, most)? })
    }
}

/// How long the task of a report is kept.
pub(super) fn life(order: Order) -> Duration {
    KEPT + Duration::from_secs(order.seconds.into())
}

/// Also for a task of somebody else: a handle tells nothing about others.
fn unknown() -> ErrorData {
    ErrorData::invalid_params("there is no such task, or it has expired", None)
}

pub(super) fn failed(error: &StoreError) -> ErrorData {
    if matches!(error, StoreError::TooMany) {
        return ErrorData::invalid_request(error.to_string(), None);
    }
    tracing::error!(%error, "a task cannot be stored or read");
    ErrorData::internal_error("internal error", None)
}
