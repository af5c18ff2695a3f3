//! Tasks of nodes (SEP-2663): a call is answered with a task, which is asked for, answered and cancelled later.
//!
//! A task's id here says which node has it. It is sealed for its caller, so that nobody else can use it.

use mcp_support::{ask::Question as _, serve::principal};
use rmcp::{
    ErrorData, RoleServer,
    model::{
        CallToolResult, CancelTaskParams, CancelTaskRequest, ClientRequest, GetTaskParams, GetTaskRequest,
        GetTaskResult, RequestMetaObject, ServerResult, TaskPayload, UpdateTaskParams, UpdateTaskRequest,
    },
    service::{PeerRequestOptions, RequestContext},
};
use serde::{Deserialize, Serialize};
use serde_json::Value;

use super::{
    Gateway, forward, links,
    node::{Node, Place},
};

/// What the seal of a task's id is for.
const PURPOSE: &str = "task";
/// Longest id of a node's task, in bytes: it goes into a header with what seals it.
const MAX_ID: usize = 1024;

/// Where a task is.
#[derive(Debug, Serialize, Deserialize)]
struct Known {
    node: String,
    task: String,
}

impl Gateway {
    /// Gives a new task the id that it has here. Any other result stays as it is.
    pub(super) fn with_own_task(
        &self,
        result: &mut ServerResult,
        node: &Node,
        context: &RequestContext<RoleServer>,
    ) -> Result<(), ErrorData> {
        let ServerResult::CreateTaskResult(created) = result else { return Ok(()) };
        let task = std::mem::take(&mut created.task.task_id);
        if task.len() > MAX_ID {
            return Err(internal(format!("{} has a task whose id is longer than {MAX_ID} bytes", node.settings.id)));
        }
        let known = Known { node: node.settings.id.clone(), task };
        created.task.task_id = self.0.task_sealer.seal_for(&principal(context), PURPOSE, &known).map_err(|error| {
            tracing::error!(%error, "cannot seal the id of a task");
            internal("internal error".to_owned())
        })?;
        Ok(())
    }

    /// Forwards `tasks/get`.
    ///
    /// # Errors
    /// The node's own, with its code; -32602 for a task that is none of the caller's; -32603 where its node is gone;
    /// -32021 where it asks what the client cannot answer.
    pub async fn get_task(
        &self,
        params: GetTaskParams,
        context: &RequestContext<RoleServer>,
    ) -> Result<GetTaskResult, ErrorData> {
        let (place, task) = self.task(&params.task_id, context)?;
        let prefix = (!place.node.bare).then(|| place.node.mount.clone());
        let request = ClientRequest::GetTaskRequest(GetTaskRequest::new(GetTaskParams::new(task)));
        let ServerResult::GetTaskResult(mut found) = self.ask_of(place, request, params.meta, context).await? else {
            return Err(internal("the node answered something else than was asked".to_owned()));
        };
        found.task.task.task_id = params.task_id;
        match &mut found.task.payload {
            TaskPayload::InputRequired { input_requests } => {
                let declared = context.client_capabilities().unwrap_or_default();
                if let Some(missing) = input_requests.values().find_map(|question| question.missing(&declared)) {
                    return Err(ErrorData::missing_required_client_capability(missing));
                }
            }
            TaskPayload::Completed { result } => {
                let whole = serde_json::from_value(Value::Object(std::mem::take(result)));
                let mut whole: CallToolResult = whole.map_err(|_| internal("the task's result is none".to_owned()))?;
                links::rename(&mut whole.content, prefix.as_deref());
                if let Ok(Value::Object(renamed)) = serde_json::to_value(&whole) {
                    *result = renamed;
                }
            }
            _ => {}
        }
        Ok(found)
    }

    /// Forwards `tasks/update`.
    ///
    /// # Errors
    /// As [`Gateway::get_task`].
    pub async fn update_task(
        &self,
        params: UpdateTaskParams,
        context: &RequestContext<RoleServer>,
    ) -> Result<(), ErrorData> {
        let (place, task) = self.task(&params.task_id, context)?;
        let update = UpdateTaskParams::new(task, params.input_responses);
        let request = ClientRequest::UpdateTaskRequest(UpdateTaskRequest::new(update));
        self.ask_of(place, request, params.meta, context).await.map(drop)
    }

    /// Forwards `tasks/cancel`.
    ///
    /// # Errors
    /// As [`Gateway::get_task`].
    pub async fn cancel_task(
        &self,
        params: CancelTaskParams,
        context: &RequestContext<RoleServer>,
    ) -> Result<(), ErrorData> {
        let (place, task) = self.task(&params.task_id, context)?;
        let request = ClientRequest::CancelTaskRequest(CancelTaskRequest::new(CancelTaskParams::new(task)));
        self.ask_of(place, request, params.meta, context).await.map(drop)
    }

    /// A place at the node that has the task, and the task's id there.
    fn task(&self, sealed: &str, context: &RequestContext<RoleServer>) -> Result<(Place, String), ErrorData> {
        let unknown = |_| ErrorData::invalid_params("there is no such task, or it is too old", None);
        let Known { node, task } =
            self.0.task_sealer.open_for(&principal(context), PURPOSE, sealed).map_err(unknown)?;
        let table = self.table();
        let place = table.nodes.iter().find(|known| known.settings.id == node).and_then(Node::admit);
        let gone = || internal(format!("the task is at {node}, which cannot answer now; try again in a few seconds"));
        Ok((place.ok_or_else(gone)?, task))
    }

    /// Sends a request about a task. Nobody else can answer it, so it is sent once.
    async fn ask_of(
        &self,
        place: Place,
        request: ClientRequest,
        given: Option<RequestMetaObject>,
        context: &RequestContext<RoleServer>,
    ) -> Result<ServerResult, ErrorData> {
        let node = place.node.settings.id.clone();
        let meta = forward::passed_on(context, Some(given.unwrap_or_else(|| context.meta.clone())));
        let options = PeerRequestOptions::no_options().with_meta(meta);
        let peer = place.connection.peer().clone();
        let asking = async { peer.send_request_with_option(request, options).await?.await_response().await };
        place.ask(&node, asking, self.attempt()).await
    }
}

fn internal(text: String) -> ErrorData {
    ErrorData::internal_error(text, None)
}
