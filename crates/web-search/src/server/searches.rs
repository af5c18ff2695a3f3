//! The five searches: one body, five kinds.

use mcp_support::{refusal::answer, search::provider::Vertical};
use rmcp::{
    RoleServer,
    handler::server::{common::schema_for_output, wrapper::Parameters},
    model::CallToolResult,
    service::RequestContext,
    tool, tool_router,
};

use super::{
    WebSearch,
    arguments::SearchArguments,
    output::{Failure, SearchOutput},
};

#[tool_router(router = search_tools, vis = "pub(super)")]
impl WebSearch {
    /// Searches web pages; use it for anything that the other searches are not made for, and begin with it.
    #[tool(
        title = "Search the web",
        annotations(
            title = "Search the web",
            read_only_hint = true,
            destructive_hint = false,
            idempotent_hint = true,
            open_world_hint = true
        ),
        output_schema = schema_for_output::<SearchOutput>()
    )]
    async fn general_search(
        &self,
        Parameters(arguments): Parameters<SearchArguments>,
        context: RequestContext<RoleServer>,
    ) -> Result<CallToolResult, Failure> {
        self.search("general_search", Vertical::Web, arguments, &context).await
    }

    /// Searches news with their dates; use it for what has happened lately, with time_range.
    #[tool(
        title = "Search news",
        annotations(
            title = "Search news",
            read_only_hint = true,
            destructive_hint = false,
            idempotent_hint = true,
            open_world_hint = true
        ),
        output_schema = schema_for_output::<SearchOutput>()
    )]
    async fn news_search(
        &self,
        Parameters(arguments): Parameters<SearchArguments>,
        context: RequestContext<RoleServer>,
    ) -> Result<CallToolResult, Failure> {
        self.search("news_search", Vertical::News, arguments, &context).await
    }

    /// Searches what is for sale, with price, stars and seller; use compare_products for products with names.
    #[tool(
        title = "Search products",
        annotations(
            title = "Search products",
            read_only_hint = true,
            destructive_hint = false,
            idempotent_hint = true,
            open_world_hint = true
        ),
        output_schema = schema_for_output::<SearchOutput>()
    )]
    async fn product_search(
        &self,
        Parameters(arguments): Parameters<SearchArguments>,
        context: RequestContext<RoleServer>,
    ) -> Result<CallToolResult, Failure> {
        self.search("product_search", Vertical::Products, arguments, &context).await
    }

    /// Searches pictures and answers with their addresses and sizes; use it when something has to be seen.
    #[tool(
        title = "Search pictures",
        annotations(
            title = "Search pictures",
            read_only_hint = true,
            destructive_hint = false,
            idempotent_hint = true,
            open_world_hint = true
        ),
        output_schema = schema_for_output::<SearchOutput>()
    )]
    async fn image_search(
        &self,
        Parameters(arguments): Parameters<SearchArguments>,
        context: RequestContext<RoleServer>,
    ) -> Result<CallToolResult, Failure> {
        self.search("image_search", Vertical::Images, arguments, &context).await
    }

    /// Searches papers with authors, year and citations; use it where a claim needs evidence.
    #[tool(
        title = "Search papers",
        annotations(
            title = "Search papers",
            read_only_hint = true,
            destructive_hint = false,
            idempotent_hint = true,
            open_world_hint = true
        ),
        output_schema = schema_for_output::<SearchOutput>()
    )]
    async fn scholar_search(
        &self,
        Parameters(arguments): Parameters<SearchArguments>,
        context: RequestContext<RoleServer>,
    ) -> Result<CallToolResult, Failure> {
        self.search("scholar_search", Vertical::Scholar, arguments, &context).await
    }

    async fn search(
        &self,
        tool: &'static str,
        vertical: Vertical,
        arguments: SearchArguments,
        context: &RequestContext<RoleServer>,
    ) -> Result<CallToolResult, Failure> {
        let output = self.find(tool, &arguments.request(vertical)?, context).await?;
        Ok(answer(output.markdown(), &output)?)
    }
}
