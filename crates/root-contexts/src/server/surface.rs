//! The handler: what the protocol asks, and which file answers it.

use mcp_support::{
    refusal::{completion, one_page},
    serve::principal,
};
use rmcp::{
    ErrorData, RoleServer, ServerHandler,
    model::*,
    prompt_handler,
    service::{NotificationContext, RequestContext},
    tool_handler,
};

use super::{RootContexts, context_resources::not_found, files};
use crate::{
    contexts::handle::SCHEME,
    error::{Refusal, quoted},
    workspace::uri::MAX_BYTES,
};

#[tool_handler(router = self.tools)]
#[prompt_handler(router = self.prompts)]
impl ServerHandler for RootContexts {
    fn get_info(&self) -> ServerConfig {
        let capabilities = ServerCapabilities::builder()
            .enable_tools()
            .enable_prompts()
            .enable_resources()
            .enable_resources_list_changed()
            .enable_resources_subscribe()
            .enable_completions()
            .build();
        let server = Implementation::new(env!("CARGO_PKG_NAME"), env!("CARGO_PKG_VERSION")).with_title("Root contexts");
        ServerConfig::new(capabilities).with_server_info(server)
    }

    async fn list_resources(
        &self,
        request: Option<PaginatedRequestParams>,
        context: RequestContext<RoleServer>,
    ) -> Result<ListResourcesResult, ErrorData> {
        let cursor = request.and_then(|request| request.cursor);
        let is_first = cursor.is_none();
        let mut page = self.page_of_contexts(cursor, &principal(&context)).await?;
        if is_first {
            page.resources.splice(..0, self.folder_resources());
        }
        Ok(page)
    }

    async fn list_resource_templates(
        &self,
        request: Option<PaginatedRequestParams>,
        _: RequestContext<RoleServer>,
    ) -> Result<ListResourceTemplatesResult, ErrorData> {
        one_page(request)?;
        let mut templates = vec![Self::file_template()];
        templates.extend(Self::context_templates());
        // The same for everybody for as long as this process lives.
        let result = ListResourceTemplatesResult::with_all_items(templates);
        Ok(result.with_ttl_ms(3_600_000).with_cache_scope(CacheScope::Public))
    }

    async fn read_resource(
        &self,
        request: ReadResourceRequestParams,
        context: RequestContext<RoleServer>,
    ) -> Result<ReadResourceResponse, ErrorData> {
        let uri = request.uri.as_str();
        let result = match uri.split_once("://") {
            Some((SCHEME, _)) => self.read_context(uri, &principal(&context)).await,
            _ if uri.get(..5).is_some_and(|start| start.eq_ignore_ascii_case("file:")) => {
                self.read_file_resource(uri, &context).await
            }
            _ => Err(not_found(uri)),
        };
        result.map(Into::into)
    }

    async fn complete(
        &self,
        request: CompleteRequestParams,
        context: RequestContext<RoleServer>,
    ) -> Result<CompleteResult, ErrorData> {
        let (name, value) = (request.argument.name.as_str(), request.argument.value.as_str());
        if value.len() > MAX_BYTES {
            let message = format!("the value is longer than {MAX_BYTES} bytes");
            return Err(ErrorData::invalid_params(message, None));
        }
        if let Reference::Resource(template) = &request.r#ref
            && template.uri == files::TEMPLATE
        {
            return self.complete_path(name, value).await.map(CompleteResult::new);
        }
        let caller = principal(&context);
        let (reference, found) = match &request.r#ref {
            Reference::Resource(template) if template.uri.starts_with(SCHEME) => {
                (&template.uri, self.complete_context(&template.uri, name, value, &caller).await)
            }
            Reference::Resource(template) => (&template.uri, None),
            Reference::Prompt(prompt) => (&prompt.name, self.complete_prompt(&prompt.name, name, value, &caller).await),
            _ => return Err(ErrorData::invalid_params("only templates and prompts can be completed", None)),
        };
        let Some(found) = found else {
            let message = format!("{} has no argument {}", quoted(reference), quoted(name));
            return Err(ErrorData::invalid_params(message, None));
        };
        let values = found.map_err(Refusal::protocol_error)?;
        completion(values).map(CompleteResult::new)
    }

    // Spec(2025-11-25, roots): the client's roots have changed. Nothing of them is kept, so there is nothing to forget:
    // the next call asks for them again.
    async fn on_roots_list_changed(&self, _: NotificationContext<RoleServer>) {
        tracing::debug!("the client's roots have changed");
    }
}
