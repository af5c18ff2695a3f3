//! The handler: what the protocol asks, and which file answers it.

use rmcp::{
    ErrorData, RoleServer, ServerHandler,
    model::*,
    prompt_handler,
    service::{NotificationContext, RequestContext},
    tool_handler,
};

use super::{RootContexts, files};

#[tool_handler(router = self.tools)]
#[prompt_handler(router = self.prompts)]
impl ServerHandler for RootContexts {
    fn get_info(&self) -> ServerConfig {
        let capabilities = ServerCapabilities::builder()
            .enable_tools()
            .enable_prompts()
            .enable_resources()
            .enable_completions()
            .build();
        let server = Implementation::new(env!("CARGO_PKG_NAME"), env!("CARGO_PKG_VERSION")).with_title("Root contexts");
        ServerConfig::new(capabilities).with_server_info(server)
    }

    async fn list_resources(
        &self,
        request: Option<PaginatedRequestParams>,
        _: RequestContext<RoleServer>,
    ) -> Result<ListResourcesResult, ErrorData> {
        one_page(request)?;
        let all = self.folder_resources();
        Ok(ListResourcesResult::with_all_items(all).with_ttl_ms(0).with_cache_scope(CacheScope::Private))
    }

    async fn list_resource_templates(
        &self,
        request: Option<PaginatedRequestParams>,
        _: RequestContext<RoleServer>,
    ) -> Result<ListResourceTemplatesResult, ErrorData> {
        one_page(request)?;
        let all = vec![Self::file_template()];
        Ok(ListResourceTemplatesResult::with_all_items(all).with_ttl_ms(3_600_000).with_cache_scope(CacheScope::Public))
    }

    async fn read_resource(
        &self,
        request: ReadResourceRequestParams,
        context: RequestContext<RoleServer>,
    ) -> Result<ReadResourceResponse, ErrorData> {
        self.read_file_resource(&request.uri, &context).await.map(Into::into)
    }

    async fn complete(
        &self,
        request: CompleteRequestParams,
        _: RequestContext<RoleServer>,
    ) -> Result<CompleteResult, ErrorData> {
        match &request.r#ref {
            Reference::Resource(reference) if reference.uri == files::TEMPLATE => {
                let argument = &request.argument;
                self.complete_path(&argument.name, &argument.value).await.map(CompleteResult::new)
            }
            _ => Err(ErrorData::invalid_params("there is no such template or prompt", None)),
        }
    }

    // Spec(2025-11-25, roots): the client's roots have changed. Nothing of them is kept, so there is nothing to forget:
    // the next call asks for them again.
    async fn on_roots_list_changed(&self, _: NotificationContext<RoleServer>) {
        tracing::debug!("the client's roots have changed");
    }
}

/// A list of one page gives out no cursor, so it knows none.
fn one_page(request: Option<PaginatedRequestParams>) -> Result<(), ErrorData> {
    match request.and_then(|request| request.cursor) {
        None => Ok(()),
        Some(_) => Err(ErrorData::invalid_params("the cursor is not valid here: this list has one page", None)),
    }
}
