//! What the protocol asks.

use http::request::Parts;
use mcp_support::{auth::claims_in, refusal::one_page};
use rmcp::{
    ErrorData, RoleServer, ServerHandler,
    handler::server::tool::ToolCallContext,
    model::{
        CacheScope, CallToolRequestParams, CallToolResponse, Implementation, ListToolsResult, PaginatedRequestParams,
        ServerCapabilities, ServerConfig, Tool,
    },
    service::RequestContext,
};

use super::{
    super::{identity::Identity, policy::Rule},
    Remote,
};

impl ServerHandler for Remote {
    fn get_info(&self) -> ServerConfig {
        let server = Implementation::new(env!("CARGO_PKG_NAME"), env!("CARGO_PKG_VERSION")).with_title("Entra ID");
        let capabilities = ServerCapabilities::builder().enable_tools().build();
        ServerConfig::new(capabilities).with_server_info(server).with_instructions(format!(
            "Acts on Microsoft Graph on behalf of whoever has signed in. Begin with whoami. A call that is refused \
             with insufficient_scope names the scopes to ask for; one that is refused with insufficient_claims \
             names the claims that the next sign-in has to fulfil. How to sign in: {}",
            self.shared.sign_in
        ))
    }

    /// What no scope would open to the caller is not shown, so that no model tries it. What a step-up opens is shown: a
    /// client can only ask for more when it calls.
    async fn list_tools(
        &self,
        request: Option<PaginatedRequestParams>,
        context: RequestContext<RoleServer>,
    ) -> Result<ListToolsResult, ErrorData> {
        one_page(request)?;
        let claims = context.extensions.get::<Parts>().and_then(|parts| claims_in(&parts.extensions));
        let caller = claims.and_then(|claims| Identity::read(&claims.all));
        let is_open = |tool: &Tool| {
            let (rule, admins) = (Rule::of(&tool.name), self.shared.admin_group.as_deref());
            rule.zip(caller.as_ref()).is_some_and(|(rule, caller)| rule.decide(caller, admins).is_ok())
        };
        let tools = self.tools.list_all().into_iter().filter(is_open).collect();
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
