//! What the protocol asks.

use rmcp::{
    ErrorData, RoleServer, ServerHandler,
    model::{
        CacheScope, GetPromptRequestParams, GetPromptResponse, GetPromptResult, Implementation, ListPromptsResult,
        ListResourceTemplatesResult, ListResourcesResult, PaginatedRequestParams, Prompt, PromptArgument,
        PromptMessage, ReadResourceRequestParams, ReadResourceResponse, Resource, ResourceTemplate, Role,
        ServerCapabilities, ServerConfig,
    },
    service::RequestContext,
    tool_handler,
};
use serde::Serialize;

use super::Scaling;
use mcp_support::refusal::{Refusal, document, not_found, one_page, quoted};

const NODES: &str = "cluster://nodes";
const NODE: &str = "cluster://nodes/";
const SUMMARY: &str = "metrics://summary";
const REVIEW: &str = "capacity_review";
/// How long clients may keep lists.
const TTL_MS: u64 = 2000;

#[tool_handler(router = self.tools)]
impl ServerHandler for Scaling {
    fn get_info(&self) -> ServerConfig {
        let server = Implementation::new(env!("CARGO_PKG_NAME"), env!("CARGO_PKG_VERSION")).with_title("Scaling");
        let capabilities = ServerCapabilities::builder().enable_tools().enable_resources().enable_prompts().build();
        ServerConfig::new(capabilities).with_server_info(server).with_instructions(
            "One node of a cluster; the next call may be answered by another. cluster_status shows all of them. What has \
             to last is a workspace, which every node serves.",
        )
    }

    async fn list_resources(
        &self,
        request: Option<PaginatedRequestParams>,
        _: RequestContext<RoleServer>,
    ) -> Result<ListResourcesResult, ErrorData> {
        one_page(request)?;
        let json = |uri: &str, name: &str, title: &str| {
            Resource::new(uri, name).with_title(title).with_mime_type("application/json")
        };
        let resources =
            vec![json(NODES, "nodes", "Nodes of the cluster"), json(SUMMARY, "summary", "What this node has counted")];
        Ok(ListResourcesResult::with_all_items(resources).with_ttl_ms(TTL_MS).with_cache_scope(CacheScope::Private))
    }

    async fn list_resource_templates(
        &self,
        request: Option<PaginatedRequestParams>,
        _: RequestContext<RoleServer>,
    ) -> Result<ListResourceTemplatesResult, ErrorData> {
        one_page(request)?;
        let node = ResourceTemplate::new(format!("{NODE}{{id}}"), "node").with_title("A node of the cluster");
        Ok(ListResourceTemplatesResult::with_all_items(vec![node.with_mime_type("application/json")])
            .with_ttl_ms(TTL_MS)
            .with_cache_scope(CacheScope::Public))
    }

    async fn read_resource(
        &self,
        request: ReadResourceRequestParams,
        _: RequestContext<RoleServer>,
    ) -> Result<ReadResourceResponse, ErrorData> {
        let uri = request.uri.as_str();
        if uri == SUMMARY {
            return document(uri, &self.node.summary());
        }
        if uri != NODES && !uri.starts_with(NODE) {
            return Err(not_found(format!("there is no resource {}", quoted(uri)), uri));
        }
        let cluster = self.cluster().await.map_err(Refusal::protocol_error)?;
        match uri.strip_prefix(NODE) {
            None => document(uri, &cluster.nodes()),
            Some(id) => {
                let unknown = || not_found(format!("there is no node {}", quoted(id)), uri);
                document(uri, cluster.node(id).ok_or_else(unknown)?)
            }
        }
    }

    async fn list_prompts(
        &self,
        request: Option<PaginatedRequestParams>,
        _: RequestContext<RoleServer>,
    ) -> Result<ListPromptsResult, ErrorData> {
        one_page(request)?;
        let target = PromptArgument::new("target").with_description("Calls a second that have to be done");
        let review = Prompt::new(
            REVIEW,
            Some("Reviews whether the cluster is large enough"),
            Some(vec![target.with_required(true)]),
        )
        .with_title("Capacity review");
        Ok(ListPromptsResult::with_all_items(vec![review]).with_ttl_ms(TTL_MS).with_cache_scope(CacheScope::Public))
    }

    async fn get_prompt(
        &self,
        request: GetPromptRequestParams,
        _: RequestContext<RoleServer>,
    ) -> Result<GetPromptResponse, ErrorData> {
        if request.name != REVIEW {
            return Err(ErrorData::invalid_params(format!("there is no prompt {}", quoted(&request.name)), None));
        }
        let arguments = request.arguments.unwrap_or_default();
        if let Some(unknown) = arguments.keys().find(|name| *name != "target") {
            return Err(ErrorData::invalid_params(format!("unknown argument {}", quoted(unknown)), None));
        }
        let target = arguments.get("target").and_then(|value| value.as_str());
        let target = target.and_then(|text| text.trim().parse::<f64>().ok());
        let Some(target) = target.filter(|target| (0.001..=1e9).contains(target)) else {
            return Err(ErrorData::invalid_params("target must be a number from 0.001 to 1000000000", None));
        };
        let cluster = self.cluster().await.map_err(Refusal::protocol_error)?;
        let text = format!(
            "Review the capacity of this cluster for {target} calls a second.\n\n\
             What is there now:\n{}\n\nWhat the node that was asked has counted:\n{}\n\n\
             1. Call simulate_load with the limit that matches your calls, or take points from a load test.\n\
             2. Call capacity_plan with those points, the target, and the seconds that a call takes.\n\
             3. Say how many nodes are needed, what limits them, and what you would measure next. Name the law's \
             contention and coherence, and say how far the target is beyond what was measured.",
            pretty(&cluster.nodes())?,
            pretty(&self.node.summary())?,
        );
        let message = PromptMessage::new_text(Role::User, text);
        Ok(GetPromptResult::new(vec![message]).with_description("Whether the cluster is large enough").into())
    }
}

fn pretty(value: &impl Serialize) -> Result<String, ErrorData> {
    serde_json::to_string_pretty(value).map_err(|error| Refusal::internal("writing a prompt", error).protocol_error())
}
