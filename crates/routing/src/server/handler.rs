//! What the protocol asks.
#![expect(deprecated, reason = "SEP-2577: log messages of nodes are passed on")]

use mcp_support::refusal::{document, not_found, one_page};
use rmcp::{
    ErrorData, RoleServer, ServerHandler,
    handler::server::tool::ToolCallContext,
    model::{
        CacheScope, CallToolRequestParams, CallToolResponse, CancelTaskParams, CompleteRequestParams, CompleteResult,
        CompletionInfo, GetPromptRequestParams, GetPromptResponse, GetTaskParams, GetTaskResult, Implementation,
        ListPromptsResult, ListResourceTemplatesResult, ListResourcesResult, ListToolsResult, PaginatedRequestParams,
        ReadResourceRequestParams, ReadResourceResponse, Reference, Resource, ResourceTemplate, ServerCapabilities,
        ServerConfig, Tool, UpdateTaskParams,
    },
    service::RequestContext,
};

use super::Routing;
use crate::gateway::{NODE, NodeReport, TABLE};

/// What the template of nodes looks like.
const NODE_TEMPLATE: &str = "node://{id}";
/// How long clients may keep lists. Changes are announced, so this is for those who do not listen.
const TTL_MS: u64 = 10_000;

impl ServerHandler for Routing {
    fn get_info(&self) -> ServerConfig {
        let server = Implementation::new(env!("CARGO_PKG_NAME"), env!("CARGO_PKG_VERSION")).with_title("Routing");
        let capabilities = ServerCapabilities::builder()
            .enable_tools()
            .enable_tool_list_changed()
            .enable_prompts()
            .enable_prompts_list_changed()
            .enable_resources()
            .enable_resources_list_changed()
            .enable_resources_subscribe()
            .enable_logging()
            .enable_completions()
            .enable_tasks()
            .build();
        ServerConfig::new(capabilities).with_server_info(server).with_instructions(
            "A gateway to several servers: the name of a tool begins with the server that it comes from. Not sure which \
             tool? Call route_request with the text. list_nodes shows what is running.",
        )
    }

    async fn list_tools(
        &self,
        request: Option<PaginatedRequestParams>,
        _: RequestContext<RoleServer>,
    ) -> Result<ListToolsResult, ErrorData> {
        one_page(request)?;
        let mut tools = self.tools.list_all();
        tools.extend(self.gateway.catalog().tools.iter().cloned());
        tools.sort_by(|one, other| one.name.cmp(&other.name));
        let mut list = ListToolsResult::with_all_items(tools).with_ttl_ms(TTL_MS).with_cache_scope(CacheScope::Private);
        list.meta = Some(self.gateway.through());
        Ok(list)
    }

    async fn call_tool(
        &self,
        request: CallToolRequestParams,
        context: RequestContext<RoleServer>,
    ) -> Result<CallToolResponse, ErrorData> {
        // No mount can have these names.
        if self.tools.has_route(&request.name) {
            return self.tools.call(ToolCallContext::new(self, request, context)).await;
        }
        self.gateway.call_tool(request, &context).await
    }

    async fn get_task(
        &self,
        request: GetTaskParams,
        context: RequestContext<RoleServer>,
    ) -> Result<GetTaskResult, ErrorData> {
        self.gateway.get_task(request, &context).await
    }

    async fn update_task(
        &self,
        request: UpdateTaskParams,
        context: RequestContext<RoleServer>,
    ) -> Result<(), ErrorData> {
        self.gateway.update_task(request, &context).await
    }

    async fn cancel_task(
        &self,
        request: CancelTaskParams,
        context: RequestContext<RoleServer>,
    ) -> Result<(), ErrorData> {
        self.gateway.cancel_task(request, &context).await
    }

    fn get_tool(&self, name: &str) -> Option<Tool> {
        self.tools.get(name).cloned().or_else(|| self.gateway.tool(name))
    }

    async fn list_prompts(
        &self,
        request: Option<PaginatedRequestParams>,
        _: RequestContext<RoleServer>,
    ) -> Result<ListPromptsResult, ErrorData> {
        one_page(request)?;
        let prompts = self.gateway.catalog().prompts.clone();
        Ok(ListPromptsResult::with_all_items(prompts).with_ttl_ms(TTL_MS).with_cache_scope(CacheScope::Private))
    }

    async fn get_prompt(
        &self,
        request: GetPromptRequestParams,
        context: RequestContext<RoleServer>,
    ) -> Result<GetPromptResponse, ErrorData> {
        self.gateway.get_prompt(request, &context).await
    }

    async fn list_resources(
        &self,
        request: Option<PaginatedRequestParams>,
        _: RequestContext<RoleServer>,
    ) -> Result<ListResourcesResult, ErrorData> {
        one_page(request)?;
        let mut resources =
            vec![Resource::new(TABLE, "routes").with_title("Table of routes").with_mime_type("application/json")];
        resources.extend(self.gateway.nodes().into_iter().map(|node| {
            let title = format!("Node {}", node.id);
            Resource::new(format!("{NODE}{}", node.id), node.id).with_title(title).with_mime_type("application/json")
        }));
        resources.extend(self.gateway.catalog().resources.iter().cloned());
        Ok(ListResourcesResult::with_all_items(resources).with_ttl_ms(TTL_MS).with_cache_scope(CacheScope::Private))
    }

    async fn list_resource_templates(
        &self,
        request: Option<PaginatedRequestParams>,
        _: RequestContext<RoleServer>,
    ) -> Result<ListResourceTemplatesResult, ErrorData> {
        one_page(request)?;
        let mut templates = vec![ResourceTemplate::new(NODE_TEMPLATE, "node").with_title("A node")];
        templates.extend(self.gateway.catalog().templates.iter().cloned());
        Ok(ListResourceTemplatesResult::with_all_items(templates)
            .with_ttl_ms(TTL_MS)
            .with_cache_scope(CacheScope::Private))
    }

    async fn complete(
        &self,
        request: CompleteRequestParams,
        context: RequestContext<RoleServer>,
    ) -> Result<CompleteResult, ErrorData> {
        match &request.r#ref {
            Reference::Resource(template) if template.uri == NODE_TEMPLATE => {
                let begins = |node: &NodeReport| node.id.starts_with(&request.argument.value);
                let mut ids: Vec<String> =
                    self.gateway.nodes().into_iter().filter(begins).map(|node| node.id).collect();
                ids.truncate(CompletionInfo::MAX_VALUES);
                let values = CompletionInfo::with_all_values(ids);
                Ok(CompleteResult::new(values.map_err(|error| ErrorData::internal_error(error, None))?))
            }
            _ => self.gateway.complete(request, &context).await,
        }
    }

    async fn read_resource(
        &self,
        request: ReadResourceRequestParams,
        context: RequestContext<RoleServer>,
    ) -> Result<ReadResourceResponse, ErrorData> {
        let uri = request.uri.clone();
        if uri == TABLE {
            return document(&uri, &self.gateway.report());
        }
        if let Some(id) = uri.strip_prefix(NODE) {
            let unknown = || not_found("there is no such node", &uri);
            return document(&uri, &self.gateway.node(id).ok_or_else(unknown)?);
        }
        self.gateway.read_resource(request, &context).await
    }
}
