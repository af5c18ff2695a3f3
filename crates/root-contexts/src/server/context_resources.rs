//! (9) Contexts as resources: `context://{id}` and `context://{id}/messages`.

use mcp_support::refusal;
use rmcp::{
    ErrorData,
    model::{CacheScope, ListResourcesResult, ReadResourceResult, Resource, ResourceContents, ResourceTemplate},
};
use serde::Serialize;

use super::{
    RootContexts,
    contexts::{NEWEST, overview},
};
use crate::{
    contexts::{
        error::ContextError,
        handle::{SCHEME, is_handle, uri},
        model::Message,
    },
    error::Refusal,
};

const ONE: &str = "context://{id}";
const MESSAGES: &str = "context://{id}/messages";
/// Contexts on a page of `resources/list`.
const PAGE: u32 = 50;
const JSON: &str = "application/json";

/// All messages of a context.
#[derive(Debug, Serialize)]
struct Messages {
    context_id: String,
    messages: Vec<Message>,
}

impl RootContexts {
    pub(super) fn context_templates() -> Vec<ResourceTemplate> {
        let template = |uri: &str, name: &str, title: &str, description: &str| {
            ResourceTemplate::new(uri, name).with_title(title).with_description(description).with_mime_type(JSON)
        };
        vec![
            template(ONE, "context", "A context", "Metadata, insights and the newest messages of a context"),
            template(MESSAGES, "context-messages", "Messages of a context", "All messages of a context, in order"),
        ]
    }

    /// One page of the caller's own contexts. Spec(both, pagination): a cursor is opaque; one that is not ours is
    /// -32602.
    pub(super) async fn page_of_contexts(
        &self,
        cursor: Option<String>,
        caller: &str,
    ) -> Result<ListResourcesResult, ErrorData> {
        let sealer = &self.shared.sealer;
        let after = cursor.map(|cursor| sealer.open_for::<(i64, String)>(caller, "resources/list", &cursor));
        let after = after
            .transpose()
            .map_err(|error| ErrorData::invalid_params(format!("the cursor is not valid here: {error}"), None))?;
        let page = self.contexts().list(caller, None, true, after, PAGE).await.map_err(|error| failed(error, None))?;
        let resources = page.contexts.into_iter().map(|context| {
            Resource::new(uri(&context.context_id), format!("context-{}", context.context_id))
                .with_title(context.name)
                .with_mime_type(JSON)
        });
        let mut result = ListResourcesResult::with_all_items(resources.collect())
            .with_ttl_ms(0)
            .with_cache_scope(CacheScope::Private);
        if let Some(next) = page.next {
            let sealed = sealer.seal_for(caller, "resources/list", &next);
            result.next_cursor = Some(sealed.map_err(|error| ErrorData::internal_error(error.to_string(), None))?);
        }
        Ok(result)
    }

    /// Reads `context://...`.
    pub(super) async fn read_context(&self, uri: &str, caller: &str) -> Result<ReadResourceResult, ErrorData> {
        let path = uri.strip_prefix(SCHEME).and_then(|rest| rest.strip_prefix("://")).unwrap_or_default();
        let (id, messages) = match path.strip_suffix("/messages") {
            Some(id) => (id, true),
            None => (path, false),
        };
        if !is_handle(id) {
            return Err(not_found(uri));
        }
        let text = if messages {
            let all = self.contexts().transcript(caller, id).await.map_err(|error| failed(error, Some(uri)))?;
            text(&Messages { context_id: all.context.context_id, messages: all.messages })?
        } else {
            let found = self.contexts().overview(caller, id, NEWEST, false).await;
            text(&overview(found.map_err(|error| failed(error, Some(uri)))?))?
        };
        let contents = ResourceContents::text(text, uri).with_mime_type(JSON);
        Ok(ReadResourceResult::new(vec![contents]).with_ttl_ms(0).with_cache_scope(CacheScope::Private))
    }

    /// Handles for the variable `id` of both templates. None where the template or the variable is unknown.
    pub(super) async fn complete_context(
        &self,
        template: &str,
        variable: &str,
        value: &str,
        caller: &str,
    ) -> Option<Result<Vec<String>, Refusal>> {
        if !matches!(template, ONE | MESSAGES) || variable != "id" {
            return None;
        }
        Some(self.contexts().handles(caller, value).await.map_err(Refusal::from))
    }
}

/// The same for a context that does not exist and for one that is none of the caller's business.
pub(super) fn not_found(uri: &str) -> ErrorData {
    refusal::not_found("no such resource", uri)
}

fn failed(error: ContextError, uri: Option<&str>) -> ErrorData {
    match (error, uri) {
        (ContextError::NotFound(_), Some(uri)) => not_found(uri),
        (error, _) => Refusal::from(error).protocol_error(),
    }
}

fn text(value: &impl Serialize) -> Result<String, ErrorData> {
    serde_json::to_string_pretty(value).map_err(|error| Refusal::internal("writing a resource", error).protocol_error())
}
