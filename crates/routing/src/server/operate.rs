//! Tools that change what the gateway does.

use mcp_support::refusal::{Refusal, answer, quoted};
use rmcp::{
    handler::server::{common::schema_for_output, wrapper::Parameters},
    model::CallToolResult,
    tool, tool_router,
};
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use super::{NoArguments, NodeArguments, Routing};
use crate::strategy::Strategy;

#[derive(Debug, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
struct StrategyArguments {
    /// Name of a mount, such as `weather`.
    #[schemars(length(min = 1, max = 40))]
    mount: String,
    /// round_robin, weighted_round_robin, least_connections, latency or consistent_hash.
    #[schemars(extend("enum" = ["round_robin", "weighted_round_robin", "least_connections", "latency", "consistent_hash"]))]
    strategy: String,
}

#[derive(Debug, Serialize, JsonSchema)]
struct Changed {
    /// What was changed.
    changed: String,
}

#[tool_router(router = operating_tools, vis = "pub(super)")]
impl Routing {
    /// Sets how nodes of a mount are chosen from now on.
    #[tool(
        title = "Set a strategy",
        annotations(
            title = "Set a strategy",
            read_only_hint = false,
            destructive_hint = false,
            idempotent_hint = true,
            open_world_hint = false
        ),
        output_schema = schema_for_output::<Changed>()
    )]
    fn set_strategy(&self, Parameters(asked): Parameters<StrategyArguments>) -> Result<CallToolResult, Refusal> {
        let found = Strategy::ALL.into_iter().find(|strategy| strategy.name() == asked.strategy);
        let strategy = found.ok_or_else(|| {
            let known = Strategy::ALL.map(Strategy::name).join(", ");
            Refusal::argument(format!("no strategy {}", quoted(&asked.strategy)), format!("use one of: {known}"))
        })?;
        if !self.gateway.set_strategy(&asked.mount, strategy) {
            let known = self.gateway.mounts().join(", ");
            return Err(Refusal::argument(
                format!("no mount {}", quoted(&asked.mount)),
                format!("use one of: {known}"),
            ));
        }
        changed(format!("{} is spread by {}", asked.mount, strategy.name()))
    }

    /// Takes a node out: it gets no new calls, and those in flight go on.
    #[tool(
        title = "Drain a node",
        annotations(
            title = "Drain a node",
            read_only_hint = false,
            destructive_hint = false,
            idempotent_hint = true,
            open_world_hint = false
        ),
        output_schema = schema_for_output::<Changed>()
    )]
    fn drain_node(
        &self,
        Parameters(NodeArguments { node }): Parameters<NodeArguments>,
    ) -> Result<CallToolResult, Refusal> {
        if !self.gateway.drain(&node, true) {
            return Err(self.no_node(&node));
        }
        let left = self.gateway.node(&node).map_or(0, |report| report.in_flight);
        changed(format!("{node} is drained; {left} calls in flight"))
    }

    /// Lets a drained node in again.
    #[tool(
        title = "Undrain a node",
        annotations(
            title = "Undrain a node",
            read_only_hint = false,
            destructive_hint = false,
            idempotent_hint = true,
            open_world_hint = false
        ),
        output_schema = schema_for_output::<Changed>()
    )]
    fn undrain_node(
        &self,
        Parameters(NodeArguments { node }): Parameters<NodeArguments>,
    ) -> Result<CallToolResult, Refusal> {
        if !self.gateway.drain(&node, false) {
            return Err(self.no_node(&node));
        }
        changed(format!("{node} gets calls again"))
    }

    /// Reads routes.toml again; nodes that are as before keep their connections and calls.
    #[tool(
        title = "Reload routes",
        annotations(
            title = "Reload routes",
            read_only_hint = false,
            destructive_hint = false,
            idempotent_hint = true,
            open_world_hint = false
        ),
        output_schema = schema_for_output::<Changed>()
    )]
    async fn reload_routes(
        &self,
        Parameters(NoArguments {}): Parameters<NoArguments>,
    ) -> Result<CallToolResult, Refusal> {
        let gateway = self.gateway.clone();
        let runtime = tokio::runtime::Handle::current();
        let reloaded = tokio::task::spawn_blocking(move || {
            let _runtime = runtime.enter();
            gateway.reload()
        });
        let reloaded = reloaded.await.map_err(|error| Refusal::internal("reloading routes", error))?;
        reloaded.map_err(|error| {
            Refusal::argument(error.to_string(), "mend the file; the old routes are still in force")
        })?;
        changed(format!("{} nodes", self.gateway.nodes().len()))
    }
}

fn changed(changed: String) -> Result<CallToolResult, Refusal> {
    answer(changed.clone(), &Changed { changed })
}
