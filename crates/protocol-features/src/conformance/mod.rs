//! What the official conformance suite calls by name: its tools, prompts and resources, served by the same stack as every
//! lesson. No name of the suite stands anywhere else, and nothing here is part of the lesson's own server.
//!
//! Reading it shows how each answer of the protocol is made with the fewest lines:
//!
//! * `content`: every kind of content, a tool's own error, progress, log messages, schemas.
//! * `asking`: forms and sampling, one tool for both revisions.
//! * `input_required`: the rounds of 2026-07-28, with and without sealed state.
//! * `tasks`: the Tasks extension on the SDK's task manager.
//! * `changes`: list changes, and a log message that nobody asked for.
//! * `prompts`, `resources`: what its name says.

mod asking;
mod changes;
mod content;
mod input_required;
mod prompts;
mod resources;
mod tasks;

use std::{sync::Arc, time::Duration};

use mcp_support::{
    ask::Sealer,
    changes::Changes,
    harden::Policy,
    schema::{self, DuplicateTool},
    serve::{Limits, Server},
};
use rmcp::{
    ErrorData, RoleServer, ServerHandler,
    handler::server::router::{prompt::PromptRouter, tool::ToolRouter},
    model::*,
    prompt_handler,
    service::RequestContext,
    task_manager::TaskManager,
    tool_handler,
};

/// The fixtures. A clone is cheap: everything is shared.
#[derive(Clone)]
pub struct Fixtures {
    tools: Arc<ToolRouter<Self>>,
    prompts: Arc<PromptRouter<Self>>,
    shared: Arc<Shared>,
}

/// What all clones share.
struct Shared {
    sealer: Sealer,
    changes: Changes,
    tasks: TaskManager,
}

impl Drop for Shared {
    fn drop(&mut self) {
        self.tasks.shutdown();
    }
}

/// The server that the suite is run against.
///
/// # Errors
/// Two tools have one name.
pub fn server() -> Result<Server<Fixtures>, DuplicateTool> {
    let changes = Changes::default();
    let policy = Policy { changes: Some(changes.clone()), list_ttl: Duration::from_secs(60), ..Policy::default() };
    let limits = Limits { kept_events_bytes: 4 * 1024 * 1024, ..Limits::default() };
    Ok(Server::new(Fixtures::new(changes)?, policy, limits))
}

impl Fixtures {
    fn new(changes: Changes) -> Result<Self, DuplicateTool> {
        let mut tools = schema::join([
            Self::content_tools(),
            Self::asking_tools(),
            Self::input_required_tools(),
            Self::task_tools(),
            Self::change_tools(),
        ])?;
        for route in tools.map.values_mut() {
            // Nothing here touches the world, not even what is called a deletion.
            let harmless = ToolAnnotations::new().read_only(true).destructive(false).idempotent(true).open_world(false);
            route.attr.annotations.get_or_insert(harmless);
        }
        let shared = Shared { sealer: Sealer::random(), changes, tasks: TaskManager::new() };
        Ok(Self { tools: Arc::new(tools), prompts: Arc::new(Self::prompt_router()), shared: Arc::new(shared) })
    }
}

/// A result of one text.
fn text(text: impl Into<String>) -> CallToolResult {
    CallToolResult::success(vec![ContentBlock::text(text)])
}

#[tool_handler(router = self.tools)]
#[prompt_handler(router = self.prompts)]
impl ServerHandler for Fixtures {
    fn get_info(&self) -> ServerConfig {
        let server = Implementation::new("mcp-conformance-fixtures", env!("CARGO_PKG_VERSION"));
        ServerConfig::new(changes::capabilities()).with_server_info(server)
    }

    async fn list_resources(
        &self,
        _: Option<PaginatedRequestParams>,
        _: RequestContext<RoleServer>,
    ) -> Result<ListResourcesResult, ErrorData> {
        Ok(ListResourcesResult::with_all_items(resources::list()))
    }

    async fn list_resource_templates(
        &self,
        _: Option<PaginatedRequestParams>,
        _: RequestContext<RoleServer>,
    ) -> Result<ListResourceTemplatesResult, ErrorData> {
        Ok(ListResourceTemplatesResult::with_all_items(resources::templates()))
    }

    async fn read_resource(
        &self,
        request: ReadResourceRequestParams,
        _: RequestContext<RoleServer>,
    ) -> Result<ReadResourceResponse, ErrorData> {
        resources::read(&request.uri)
    }

    async fn complete(
        &self,
        request: CompleteRequestParams,
        _: RequestContext<RoleServer>,
    ) -> Result<CompleteResult, ErrorData> {
        prompts::complete(&request)
    }

    async fn get_task(
        &self,
        request: GetTaskParams,
        _: RequestContext<RoleServer>,
    ) -> Result<GetTaskResult, ErrorData> {
        Ok(GetTaskResult::new(self.shared.tasks.get_task(&request.task_id)?))
    }

    async fn update_task(&self, request: UpdateTaskParams, _: RequestContext<RoleServer>) -> Result<(), ErrorData> {
        self.shared.tasks.update_task(&request.task_id, request.input_responses)
    }

    async fn cancel_task(&self, request: CancelTaskParams, _: RequestContext<RoleServer>) -> Result<(), ErrorData> {
        self.shared.tasks.cancel_task(&request.task_id)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_tool_can_be_listed_and_harms_nobody() -> anyhow::Result<()> {
        let fixtures = Fixtures::new(Changes::default())?;
        let tools = fixtures.tools.list_all();
        assert_eq!(tools.len(), 35, "the suite calls 35 tools");
        for tool in tools {
            let name = &tool.name;
            assert!(tool.description.is_some_and(|about| !about.is_empty()), "{name}");
            assert_eq!(tool.input_schema["type"], "object", "{name}");
            assert_eq!(tool.annotations.and_then(|hints| hints.read_only_hint), Some(true), "{name}");
        }
        assert_eq!(fixtures.prompts.list_all().len(), 5);
        Ok(())
    }

    #[test]
    fn resources_are_read_by_their_uris() {
        for resource in resources::list() {
            assert!(resources::read(&resource.uri).is_ok(), "{}", resource.uri);
        }
        assert!(resources::read("test://template/7/data").is_ok());
        for unknown in ["test://template//data", "test://template/a/b/data", "test://other", ""] {
            let error = resources::read(unknown).expect_err(unknown);
            assert_eq!(error.data, Some(serde_json::json!({"uri": unknown})));
        }
    }
}
