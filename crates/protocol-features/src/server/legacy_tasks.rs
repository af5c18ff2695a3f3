//! (6, continued) The experimental tasks of 2025-11-25, on the same store.
//!
//! The SDK's parser drops `params.task`, and its types have no place for `capabilities.tasks` and `execution`. So a layer
//! stands in front of it: a request about tasks gets a method of our own before it is parsed, and reaches
//! `on_custom_request` whole; the two answers that have to say more are completed before they are written.
//!
//! What is not there: a question in the middle of such a task (it takes the default), and status notifications, which
//! are optional.

use std::time::Duration;

use mcp_support::{
    harden::Deadline,
    revision::is_modern,
    serve::{Front, principal},
};
use rmcp::{
    ErrorData, RoleServer,
    model::{
        CustomRequest, CustomResult, DetailedTask, ErrorCode, ProtocolVersion, ServerJsonRpcMessage, ServerResult,
        Task, TaskPayload,
    },
    service::RequestContext,
};
use serde::Deserialize;
use serde_json::{Value, json};

use super::{
    ProtocolFeatures,
    reports::{self, RunReport},
};
use crate::error::Refusal;

/// What such a method is called behind the layer.
const PREFIX: &str = "2025-11-25/";
/// The tool that can be run as a task.
const TOOL: &str = "run_report";
/// Spec(2025-11-25, tasks): what belongs to a task says so in its `_meta`.
const RELATED: &str = "io.modelcontextprotocol/related-task";
/// How often `tasks/result` looks whether the task has ended.
const LOOK: Duration = Duration::from_millis(100);

/// The layer in front.
pub struct LegacyTasks;

impl Front for LegacyTasks {
    fn may_concern(&self, bytes: &[u8]) -> bool {
        bytes.windows(5).any(|window| window == b"\"task")
    }

    fn incoming(&self, request: &mut Value) -> bool {
        let method = request["method"].as_str().unwrap_or_default();
        let is_about_tasks = match method {
            "tasks/get" | "tasks/result" | "tasks/list" | "tasks/cancel" => true,
            "tools/call" => request["params"]["task"].is_object(),
            _ => false,
        };
        if is_about_tasks {
            request["method"] = format!("{PREFIX}{method}").into();
        }
        is_about_tasks
    }

    fn outgoing(&self, message: ServerJsonRpcMessage) -> ServerJsonRpcMessage {
        let ServerJsonRpcMessage::Response(mut response) = message else { return message };
        match &response.result {
            ServerResult::InitializeResult(result) if result.protocol_version == ProtocolVersion::V_2025_11_25 => {
                if let Ok(mut result) = serde_json::to_value(result) {
                    // Spec(2025-11-25, tasks): what can be done with tasks, and which requests can become one.
                    result["capabilities"]["tasks"] =
                        json!({"list": {}, "cancel": {}, "requests": {"tools": {"call": {}}}});
                    response.result = ServerResult::CustomResult(CustomResult::new(result));
                }
            }
            // Results of 2026-07-28 have a type; that revision has tasks of its own.
            ServerResult::ListToolsResult(result) if result.result_type.is_none() => {
                if let Ok(mut result) = serde_json::to_value(result) {
                    for tool in result["tools"].as_array_mut().into_iter().flatten().filter(|tool| tool["name"] == TOOL)
                    {
                        tool["execution"] = json!({"taskSupport": "optional"});
                    }
                    response.result = ServerResult::CustomResult(CustomResult::new(result));
                }
            }
            _ => {}
        }
        ServerJsonRpcMessage::Response(response)
    }
}

/// Parameters of a task-augmented `tools/call`.
#[derive(Deserialize)]
struct AugmentedCall {
    name: String,
    #[serde(default)]
    arguments: Value,
    task: Wanted,
}

#[derive(Deserialize)]
struct Wanted {
    /// How long the task is to be kept, in milliseconds.
    ttl: Option<u64>,
}

/// Parameters of `tasks/get`, `tasks/result` and `tasks/cancel`.
#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct ById {
    task_id: String,
}

/// Parameters of `tasks/list`.
#[derive(Deserialize, Default)]
struct Page {
    cursor: Option<String>,
}

impl ProtocolFeatures {
    /// A request that the layer has renamed. None for any other.
    pub(super) async fn legacy_task(
        &self,
        request: &CustomRequest,
        context: &RequestContext<RoleServer>,
    ) -> Option<Result<Value, ErrorData>> {
        let method = request.method.strip_prefix(PREFIX).filter(|_| !is_modern(context))?;
        let owner = principal(context);
        let params = request.params.clone().unwrap_or_else(|| json!({}));
        Some(match method {
            "tools/call" => self.augmented_call(&owner, params).await,
            "tasks/get" => self.by_id(&owner, params).await.map(|task| shape(&task.task)),
            "tasks/result" => self.result_of(&owner, params, context.extensions.get::<Deadline>()).await,
            "tasks/list" => self.page_of_tasks(&owner, params).await,
            "tasks/cancel" => self.cancel_legacy(&owner, params).await,
            _ => return None,
        })
    }

    async fn augmented_call(&self, owner: &str, params: Value) -> Result<Value, ErrorData> {
        let call: AugmentedCall = parsed(params)?;
        if self.tools.get(&call.name).is_none() {
            return Err(ErrorData::invalid_params("tool not found", None));
        }
        if call.name != TOOL {
            // Spec(2025-11-25, tasks): a tool without `execution.taskSupport` is not run as a task.
            return Err(ErrorData::new(
                ErrorCode::METHOD_NOT_FOUND,
                format!("'{}' is not run as a task", call.name),
                None,
            ));
        }
        let refused = |refusal: Refusal| ErrorData::invalid_params(refusal.to_string(), None);
        let arguments: RunReport = parsed(call.arguments)?;
        let order = arguments.order(true).map_err(refused)?;
        let most = reports::life(order);
        let ttl = call.task.ttl.map_or(most, |ttl| Duration::from_millis(ttl).min(most));
        let task = self.shared.tasks.create(owner, order, false, ttl).await.map_err(|error| reports::failed(&error))?;
        Ok(json!({ "task": shape(&task) }))
    }

    async fn by_id(&self, owner: &str, params: Value) -> Result<DetailedTask, ErrorData> {
        let ById { task_id } = parsed(params)?;
        self.task(owner, &task_id).await
    }

    /// Spec(2025-11-25, tasks): waits until the task has ended, and answers what its request would have been answered.
    async fn result_of(&self, owner: &str, params: Value, deadline: Option<&Deadline>) -> Result<Value, ErrorData> {
        loop {
            let task = self.by_id(owner, params.clone()).await?;
            match task.payload {
                TaskPayload::Completed { mut result } => {
                    let meta = result.entry("_meta").or_insert_with(|| json!({}));
                    meta[RELATED] = json!({ "taskId": task.task.task_id });
                    return Ok(Value::Object(result));
                }
                TaskPayload::Failed { error } => {
                    let error = serde_json::from_value(Value::Object(error));
                    return Err(error.unwrap_or_else(|_| ErrorData::internal_error("the task failed", None)));
                }
                TaskPayload::Cancelled => return Err(ErrorData::invalid_params("the task was cancelled", None)),
                // Whoever waits for work that goes on is not slow; the limit of all calls holds.
                _ => deadline.into_iter().for_each(Deadline::reset),
            }
            tokio::time::sleep(LOOK).await;
        }
    }

    async fn page_of_tasks(&self, owner: &str, params: Value) -> Result<Value, ErrorData> {
        const PAGE: usize = 50;
        let invalid = |error| ErrorData::invalid_params(format!("the cursor is not valid here: {error}"), None);
        let start = match parsed::<Page>(params)?.cursor {
            None => 0,
            Some(cursor) => self.shared.sealer.open_for(owner, "tasks/list", &cursor).map_err(invalid)?,
        };
        let all = self.shared.tasks.all(owner).await.map_err(|error| reports::failed(&error))?;
        let page: Vec<Value> = all.iter().skip(start).take(PAGE).map(shape).collect();
        let end = start + page.len();
        let mut result = json!({ "tasks": page });
        if end < all.len() {
            let next = self.shared.sealer.seal_for(owner, "tasks/list", &end);
            result["nextCursor"] = next.map_err(|error| ErrorData::internal_error(error.to_string(), None))?.into();
        }
        Ok(result)
    }

    async fn cancel_legacy(&self, owner: &str, params: Value) -> Result<Value, ErrorData> {
        let task = self.by_id(owner, params.clone()).await?;
        if task.status().is_terminal() {
            // Spec(2025-11-25, tasks): what has ended cannot be cancelled.
            return Err(ErrorData::invalid_params("the task has ended already", None));
        }
        self.stop_task(owner, &task.task.task_id).await?;
        self.by_id(owner, params).await.map(|task| shape(&task.task))
    }
}

/// A task as 2025-11-25 writes it.
fn shape(task: &Task) -> Value {
    let mut shape = json!({
        "taskId": task.task_id, "status": task.status, "createdAt": task.created_at, "lastUpdatedAt": task.last_updated_at,
        "ttl": task.ttl_ms, "pollInterval": task.poll_interval_ms,
    });
    if let Some(message) = &task.status_message {
        shape["statusMessage"] = message.clone().into();
    }
    shape
}

fn parsed<T: serde::de::DeserializeOwned>(params: Value) -> Result<T, ErrorData> {
    serde_json::from_value(params).map_err(|error| ErrorData::invalid_params(error.to_string(), None))
}
