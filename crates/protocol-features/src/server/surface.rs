//! The handler: what the protocol asks, and which file answers it.

use mcp_support::{refusal::one_page, serve::principal};
use rmcp::{
    ErrorData, RoleServer, ServerHandler, handler::server::tool::ToolCallContext, model::*, service::RequestContext,
};

use super::{ProtocolFeatures, prompts, status};
use crate::features::Feature;

impl ServerHandler for ProtocolFeatures {
    #[expect(deprecated, reason = "SEP-2577: clients still ask for log messages, and this server shows them")]
    fn get_info(&self) -> ServerConfig {
        let capabilities = ServerCapabilities::builder()
            .enable_tools()
            .enable_tool_list_changed()
            .enable_prompts()
            .enable_prompts_list_changed()
            .enable_resources()
            .enable_resources_list_changed()
            .enable_resources_subscribe()
            .enable_completions()
            .enable_logging()
            .enable_tasks()
            .build();
        let server = Implementation::new(env!("CARGO_PKG_NAME"), env!("CARGO_PKG_VERSION"))
            .with_title("Protocol features")
            .with_icons(vec![status::icon()]);
        ServerConfig::new(capabilities).with_server_info(server).with_instructions(
            "Every feature of the protocol once. Begin with render_status. Long work (process_large_file, \
             long_running_search, run_report) reports progress and can be cancelled; confirm_delete and connect_account \
             ask the person in front of the client.",
        )
    }

    // What a caller has switched off is not there: neither in the list nor when it is called.

    async fn list_tools(
        &self,
        request: Option<PaginatedRequestParams>,
        context: RequestContext<RoleServer>,
    ) -> Result<ListToolsResult, ErrorData> {
        one_page(request)?;
        let owner = principal(&context);
        let mut tools = self.tools.list_all();
        tools.retain(|tool| tool.name != status::DICE || self.shared.features.is_on(&owner, Feature::Dice));
        // The list changes whenever its owner likes: nothing to be kept without asking again.
        Ok(ListToolsResult::with_all_items(tools).with_ttl_ms(0).with_cache_scope(CacheScope::Private))
    }

    async fn call_tool(
        &self,
        request: CallToolRequestParams,
        context: RequestContext<RoleServer>,
    ) -> Result<CallToolResponse, ErrorData> {
        if request.name == status::DICE && !self.shared.features.is_on(&principal(&context), Feature::Dice) {
            return Err(ErrorData::invalid_params("tool not found", None));
        }
        self.tools.call(ToolCallContext::new(self, request, context)).await
    }

    fn get_tool(&self, name: &str) -> Option<Tool> {
        self.tools.get(name).cloned()
    }

    async fn list_prompts(
        &self,
        request: Option<PaginatedRequestParams>,
        context: RequestContext<RoleServer>,
    ) -> Result<ListPromptsResult, ErrorData> {
        one_page(request)?;
        let owner = principal(&context);
        let mut all = self.prompts.list_all();
        all.retain(|prompt| prompt.name != prompts::PLAN_DAY || self.shared.features.is_on(&owner, Feature::PlanDay));
        Ok(ListPromptsResult::with_all_items(all).with_ttl_ms(0).with_cache_scope(CacheScope::Private))
    }

    async fn get_prompt(
        &self,
        request: GetPromptRequestParams,
        context: RequestContext<RoleServer>,
    ) -> Result<GetPromptResponse, ErrorData> {
        self.prompt(request, context).await
    }

    async fn list_resources(
        &self,
        request: Option<PaginatedRequestParams>,
        context: RequestContext<RoleServer>,
    ) -> Result<ListResourcesResult, ErrorData> {
        self.page_of_resources(request.and_then(|request| request.cursor), &principal(&context))
    }

    async fn list_resource_templates(
        &self,
        request: Option<PaginatedRequestParams>,
        _: RequestContext<RoleServer>,
    ) -> Result<ListResourceTemplatesResult, ErrorData> {
        one_page(request)?;
        // The same for everybody for as long as this process lives.
        let result = ListResourceTemplatesResult::with_all_items(self.shared.templates.list());
        Ok(result.with_ttl_ms(3_600_000).with_cache_scope(CacheScope::Public))
    }

    async fn read_resource(
        &self,
        request: ReadResourceRequestParams,
        context: RequestContext<RoleServer>,
    ) -> Result<ReadResourceResponse, ErrorData> {
        self.read(&request.uri, &principal(&context)).await.map(Into::into)
    }

    async fn complete(
        &self,
        request: CompleteRequestParams,
        _: RequestContext<RoleServer>,
    ) -> Result<CompleteResult, ErrorData> {
        self.completion(request).await.map(CompleteResult::new)
    }

    async fn on_custom_request(
        &self,
        request: CustomRequest,
        context: RequestContext<RoleServer>,
    ) -> Result<CustomResult, ErrorData> {
        match self.legacy_task(&request, &context).await {
            Some(result) => result.map(CustomResult::new),
            None => Err(ErrorData::new(ErrorCode::METHOD_NOT_FOUND, request.method, None)),
        }
    }

    async fn get_task(
        &self,
        request: GetTaskParams,
        context: RequestContext<RoleServer>,
    ) -> Result<GetTaskResult, ErrorData> {
        self.task(&principal(&context), &request.task_id).await.map(GetTaskResult::new)
    }

    async fn update_task(
        &self,
        request: UpdateTaskParams,
        context: RequestContext<RoleServer>,
    ) -> Result<(), ErrorData> {
        self.answer_task(&principal(&context), &request.task_id, request.input_responses).await
    }

    async fn cancel_task(
        &self,
        request: CancelTaskParams,
        context: RequestContext<RoleServer>,
    ) -> Result<(), ErrorData> {
        self.stop_task(&principal(&context), &request.task_id).await
    }
}
