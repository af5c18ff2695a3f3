//! What the protocol asks.

use std::collections::BTreeMap;

use mcp_support::auth::visible_tools;
use rmcp::{
    ErrorData, RoleServer, ServerHandler,
    handler::server::tool::ToolCallContext,
    model::{
        CacheScope, CallToolRequestParams, CallToolResponse, Implementation, JsonObject, ListToolsResult,
        PaginatedRequestParams, ServerCapabilities, ServerConfig, Tool,
    },
    service::RequestContext,
};

use super::Oauth2;

/// Spec(2026-07-28, extensions): clients may come in their own name, without a person.
const CLIENT_CREDENTIALS: &str = "io.modelcontextprotocol/oauth-client-credentials";

impl ServerHandler for Oauth2 {
    fn get_info(&self) -> ServerConfig {
        let server = Implementation::new(env!("CARGO_PKG_NAME"), env!("CARGO_PKG_VERSION")).with_title("OAuth 2");
        let extensions = BTreeMap::from([(CLIENT_CREDENTIALS.to_owned(), JsonObject::new())]);
        let capabilities = ServerCapabilities::builder().enable_tools().enable_extensions_with(extensions).build();
        ServerConfig::new(capabilities).with_server_info(server).with_instructions(
            "Notes that belong to whoever the token names. Begin with hello. A call that is refused with \
             insufficient_scope names the scopes to ask for.",
        )
    }

    /// (6) What a token does not allow is not shown, so that no model tries it. A call is checked again all the same.
    async fn list_tools(
        &self,
        request: Option<PaginatedRequestParams>,
        context: RequestContext<RoleServer>,
    ) -> Result<ListToolsResult, ErrorData> {
        if request.is_some_and(|request| request.cursor.is_some()) {
            return Err(ErrorData::invalid_params("there is only one page", None));
        }
        let tools = visible_tools(&context, self.tools.list_all());
        Ok(ListToolsResult::with_all_items(tools).with_ttl_ms(0).with_cache_scope(CacheScope::Private))
    }

    async fn call_tool(
        &self,
        request: CallToolRequestParams,
        context: RequestContext<RoleServer>,
    ) -> Result<CallToolResponse, ErrorData> {
        self.tools.call(ToolCallContext::new(self, request, context)).await
    }

    fn get_tool(&self, name: &str) -> Option<Tool> {
        self.tools.get(name).cloned()
    }
}
