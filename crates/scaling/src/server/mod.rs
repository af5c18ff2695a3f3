//! The MCP surface of a node, thin around what it does.

mod cluster;
mod handler;
mod planning;
mod work;
mod workspaces;

use std::sync::Arc;

use mcp_support::{refusal::Refusal, schema};
use rmcp::handler::server::router::tool::ToolRouter;
use schemars::JsonSchema;
use serde::Deserialize;

use crate::{metrics::Metrics, node::Node, pool::PoolError, store::StoreError};

/// The server. A clone is cheap.
#[derive(Clone)]
pub struct Scaling {
    tools: Arc<ToolRouter<Self>>,
    node: Arc<Node>,
}

#[derive(Debug, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
struct NoArguments {}

impl Scaling {
    /// The surface of a node.
    pub fn new(node: Arc<Node>) -> Self {
        let tools = Self::cluster_tools() + Self::work_tools() + Self::workspace_tools() + Self::planning_tools();
        Self { tools: Arc::new(schema::portable(tools)), node }
    }

    /// A store that is gone is nobody's mistake, and trying again is safe.
    fn store_refusal(&self, error: StoreError) -> Refusal {
        match error {
            StoreError::Unavailable => {
                Metrics::count(&self.node.metrics.store_failures);
                Refusal::argument(
                    error.to_string(),
                    "call again in a second with the same arguments and the same idempotency_key",
                )
            }
            // Values end by themselves, and make room.
            StoreError::Full => {
                Metrics::count(&self.node.metrics.store_failures);
                Refusal::argument(
                    error.to_string(),
                    "nothing was written; call again in a minute with the same arguments",
                )
            }
            other => Refusal::internal("using the store", other),
        }
    }

    fn pool_refusal(error: PoolError) -> Refusal {
        match error {
            PoolError::Full(_) => Refusal::argument(error.to_string(), "call again in a second"),
            PoolError::Failed => Refusal::internal("working", error),
        }
    }
}
