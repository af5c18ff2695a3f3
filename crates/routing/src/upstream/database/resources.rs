//! The orders as a resource. Whoever is subscribed to it hears when they change, and whoever wants log messages reads why.
#![expect(deprecated, reason = "SEP-2577: log messages are deprecated, and show here that a gateway passes them on")]

use mcp_support::{changes::Change, client_log};
use rmcp::{
    ErrorData, RoleServer,
    model::{
        CacheScope, ListResourcesResult, LoggingLevel, PaginatedRequestParams, ReadResourceRequestParams,
        ReadResourceResponse, ReadResourceResult, Resource, ResourceContents, ServerCapabilities,
    },
    service::RequestContext,
};
use serde_json::json;

use super::{super::handler, Database, Order};

/// All orders.
const ORDERS: &str = "orders://all";

pub(super) fn capabilities() -> ServerCapabilities {
    ServerCapabilities::builder()
        .enable_tools()
        .enable_resources()
        .enable_resources_subscribe()
        .enable_logging()
        .build()
}

impl Database {
    /// Tells that the orders are others than before.
    pub(super) async fn changed(&self, context: &RequestContext<RoleServer>, what: &str, id: u64) {
        self.changes.announce(Change::Updated(ORDERS.into()));
        let said = json!({ "order": id, "is": what });
        client_log::send(context, LoggingLevel::Info, "database", said).await;
    }
}

handler!(Database, {
    async fn list_resources(
        &self,
        request: Option<PaginatedRequestParams>,
        _: RequestContext<RoleServer>,
    ) -> Result<ListResourcesResult, ErrorData> {
        mcp_support::refusal::one_page(request)?;
        let orders = Resource::new(ORDERS, "orders").with_title("All orders").with_mime_type("application/json");
        Ok(ListResourcesResult::with_all_items(vec![orders]).with_ttl_ms(60_000).with_cache_scope(CacheScope::Private))
    }

    async fn read_resource(
        &self,
        request: ReadResourceRequestParams,
        _: RequestContext<RoleServer>,
    ) -> Result<ReadResourceResponse, ErrorData> {
        if request.uri != ORDERS {
            let uri = json!({ "uri": request.uri });
            return Err(ErrorData::resource_not_found("there is no such resource", Some(uri)));
        }
        let orders: Vec<Order> = self.with(|rows| rows.orders.values().take(100).cloned().collect());
        let contents = ResourceContents::text(json!(orders).to_string(), ORDERS).with_mime_type("application/json");
        Ok(ReadResourceResult::new(vec![contents]).with_ttl_ms(0).with_cache_scope(CacheScope::Private).into())
    }
});
