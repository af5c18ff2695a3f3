//! Resources: the lesson's page, a caller's own searches, and each of them again.

use mcp_support::{
    refusal::{document, not_found},
    serve::principal,
};
use rmcp::{
    ErrorData, RoleServer,
    model::{CacheScope, ReadResourceResponse, ReadResourceResult, Resource, ResourceContents, ResourceTemplate},
    service::RequestContext,
};
use serde_json::json;

use super::WebSearch;

const README: &str = "readme://";
const HISTORY: &str = "search://history";
const RESULT: &str = "search://result/";
/// The template of a kept result.
pub(super) const RESULT_TEMPLATE: &str = "search://result/{id}";

pub(super) fn resources() -> Vec<Resource> {
    vec![
        Resource::new(README, "readme").with_title("About this server").with_mime_type("text/markdown"),
        Resource::new(HISTORY, "history")
            .with_title("Your searches of the last hour")
            .with_mime_type("application/json"),
    ]
}

pub(super) fn templates() -> Vec<ResourceTemplate> {
    let result = ResourceTemplate::new(RESULT_TEMPLATE, "result").with_title("What a search has found");
    vec![result.with_mime_type("application/json")]
}

impl WebSearch {
    pub(super) fn read(
        &self,
        uri: &str,
        context: &RequestContext<RoleServer>,
    ) -> Result<ReadResourceResponse, ErrorData> {
        if uri == README {
            let contents = ResourceContents::text(include_str!("../../README.md"), uri).with_mime_type("text/markdown");
            let result = ReadResourceResult::new(vec![contents]);
            return Ok(result.with_ttl_ms(3_600_000).with_cache_scope(CacheScope::Public).into());
        }
        let owner = principal(context);
        if uri == HISTORY {
            return document(uri, &json!({ "searches": self.shared.history.list(&owner) }));
        }
        let kept = uri.strip_prefix(RESULT).and_then(|id| self.shared.history.get(&owner, id));
        // The same for what is not there, or not any more, and what is another's.
        document(uri, &kept.ok_or_else(|| not_found("no such resource", uri))?)
    }

    /// Ids of the caller's own results.
    pub(super) fn ids(&self, begin: &str, context: &RequestContext<RoleServer>) -> Vec<String> {
        let entries = self.shared.history.list(&principal(context)).into_iter();
        entries.map(|entry| entry.id).filter(|id| id.starts_with(begin)).collect()
    }
}
