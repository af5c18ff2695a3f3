//! The Tasks extension on the SDK's task manager, which keeps tasks in memory: enough here. The lesson's own are durable.

use std::time::Duration;

use mcp_support::ask::{self, Question};
use rmcp::{
    ErrorData, RoleServer,
    handler::server::{tool::InputResponses, wrapper::Parameters},
    model::{
        CallToolResponse, CallToolResult, ClientCapabilities, ContentBlock, CreateTaskResult, ElicitResult, ErrorCode,
    },
    service::RequestContext,
    task_manager::{TaskContext, TaskExit, TaskFuture, TaskOptions},
    tool, tool_router,
};
use schemars::JsonSchema;
use serde::Deserialize;
use serde_json::Value;

use super::{
    Fixtures, asking,
    input_required::{field, name_form, stateless},
    text,
};

/// Tasks that may run at a time.
const MAX_RUNNING: usize = 64;
/// Longest task, in seconds.
const MAX_SECONDS: f64 = 60.0;

#[derive(Deserialize, JsonSchema)]
struct Greet {
    /// Whom to greet.
    name: String,
}

#[derive(Deserialize, JsonSchema)]
struct SlowCompute {
    /// How long it takes, in seconds.
    #[schemars(range(min = 0, max = 60))]
    seconds: f64,
    /// What is computed.
    #[serde(default)]
    label: String,
}

#[derive(Deserialize, JsonSchema)]
struct ConfirmDelete {
    /// What would be deleted, if this were no fixture.
    filename: String,
}

#[derive(JsonSchema)]
#[expect(dead_code, reason = "only its schema is used")]
struct Confirm {
    confirm: bool,
}

#[derive(JsonSchema)]
#[expect(dead_code, reason = "only its schema is used")]
struct OneValue {
    value: String,
}

#[tool_router(router = task_tools, vis = "pub(super)")]
impl Fixtures {
    /// Answers at once, never as a task.
    #[tool]
    fn greet(&self, Parameters(Greet { name }): Parameters<Greet>) -> CallToolResult {
        text(format!("Hello, {name}!"))
    }

    /// Takes a while: as a task for a client that knows tasks, else in the call itself.
    #[tool]
    async fn slow_compute(
        &self,
        Parameters(SlowCompute { seconds, label }): Parameters<SlowCompute>,
        context: RequestContext<RoleServer>,
    ) -> Result<CallToolResponse, ErrorData> {
        // Also refuses what is no number.
        if !(0.0..=MAX_SECONDS).contains(&seconds) {
            return Ok(refused(&format!("seconds has to be between 0 and {MAX_SECONDS}")).into());
        }
        let work = async move {
            tokio::time::sleep(Duration::from_secs_f64(seconds)).await;
            text(format!("computed {label} in {seconds} s"))
        };
        if !knows_tasks(&context) {
            return Ok(work.await.into());
        }
        self.start(|task| {
            Box::pin(async move {
                tokio::select! {
                    () = task.cancelled() => Err(TaskExit::Cancelled),
                    result = work => Ok(result),
                }
            })
        })
    }

    /// A task whose result is a tool's own error.
    #[tool]
    async fn failing_job(&self, context: RequestContext<RoleServer>) -> Result<CallToolResponse, ErrorData> {
        needs_tasks(&context)?;
        self.start(|_| Box::pin(async { Ok(refused("this job fails on purpose")) }))
    }

    /// Fails with a protocol error, as a task or in the call itself.
    #[tool]
    async fn protocol_error_job(&self, context: RequestContext<RoleServer>) -> Result<CallToolResponse, ErrorData> {
        let error = ErrorData::new(ErrorCode::INTERNAL_ERROR, "this job breaks on purpose", None);
        if !knows_tasks(&context) {
            return Err(error);
        }
        self.start(|_| Box::pin(async { Err(TaskExit::Error(error)) }))
    }

    /// A task that asks one question.
    #[tool]
    async fn confirm_delete(
        &self,
        Parameters(ConfirmDelete { filename }): Parameters<ConfirmDelete>,
        context: RequestContext<RoleServer>,
    ) -> Result<CallToolResponse, ErrorData> {
        needs_tasks(&context)?;
        let question = asking::form(ask::form::<Confirm>(format!("Delete {filename}?")))?.into_input_request();
        self.start(|task| {
            Box::pin(async move {
                let answer = task.request_input("confirm", question).await?;
                let confirmed = answer["content"]["confirm"] == Value::Bool(true);
                Ok(text(format!("{filename}: confirmed is {confirmed}")))
            })
        })
    }

    /// A task that asks two questions at once.
    #[tool]
    async fn multi_input(&self, context: RequestContext<RoleServer>) -> Result<CallToolResponse, ErrorData> {
        needs_tasks(&context)?;
        let first = asking::form(ask::form::<OneValue>("The first value?"))?.into_input_request();
        let second = asking::form(ask::form::<OneValue>("The second value?"))?.into_input_request();
        self.start(|task| {
            Box::pin(async move {
                let (first, second) =
                    tokio::try_join!(task.request_input("first", first), task.request_input("second", second))?;
                Ok(text(format!("{} and {}", first["content"]["value"], second["content"]["value"])))
            })
        })
    }

    /// Asks in the call, and works in a task.
    #[tool]
    async fn test_tool_with_task(
        &self,
        InputResponses(responses): InputResponses,
        context: RequestContext<RoleServer>,
    ) -> Result<CallToolResponse, ErrorData> {
        needs_tasks(&context)?;
        let answer = responses.as_ref().and_then(|responses| responses.get("user_name"));
        let Some(answer) = answer.and_then(|answer| serde_json::from_value::<ElicitResult>(answer.clone()).ok()) else {
            return Ok(stateless("user_name", name_form()?, &context)?.into());
        };
        self.start(|_| Box::pin(async move { Ok(text(format!("Hello, {}!", field(&answer, "name")))) }))
    }
}

impl Fixtures {
    fn start(&self, work: impl FnOnce(TaskContext) -> TaskFuture) -> Result<CallToolResponse, ErrorData> {
        if self.shared.tasks.running_task_count() >= MAX_RUNNING {
            return Ok(refused(&format!("{MAX_RUNNING} tasks are running; hint: wait for one to end")).into());
        }
        let options = TaskOptions::default().with_poll_interval_ms(200);
        Ok(CreateTaskResult::new(self.shared.tasks.spawn(options, work)).into())
    }
}

fn knows_tasks(context: &RequestContext<RoleServer>) -> bool {
    context.client_capabilities().is_some_and(|declared| declared.supports_tasks())
}

/// Spec(SEP-2663): what can only be answered with a task is refused for a client that does not know tasks.
fn needs_tasks(context: &RequestContext<RoleServer>) -> Result<(), ErrorData> {
    if knows_tasks(context) {
        return Ok(());
    }
    Err(ErrorData::missing_required_client_capability(ClientCapabilities::builder().enable_tasks().build()))
}

fn refused(why: &str) -> CallToolResult {
    CallToolResult::error(vec![ContentBlock::text(why)])
}
