//! Tools that look at the cluster and change who gets calls.

use mcp_support::{
    refusal::{Refusal, answer, quoted},
    serve::{LOCAL, principal},
};
use rmcp::{
    RoleServer,
    handler::server::{common::schema_for_output, wrapper::Parameters},
    model::CallToolResult,
    service::RequestContext,
    tool, tool_router,
};
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use super::{NoArguments, Scaling};
use crate::{metrics::Summary, registry::Record};

#[derive(Debug, Serialize, JsonSchema)]
pub(super) struct Cluster {
    /// The node that says so.
    asked: String,
    /// `redis`, or `in this process` where a node is alone.
    store: String,
    /// Seconds since the store said so; above zero when it is gone now.
    age_seconds: f64,
    /// The nodes, by name.
    nodes: Vec<Record>,
}

#[derive(Debug, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
struct DrainArguments {
    /// Name of a node, as `cluster_status` shows it.
    #[schemars(length(min = 1, max = 64))]
    node: String,
    /// True to take it out, false to let it in again.
    #[serde(default = "yes")]
    drain: bool,
}

fn yes() -> bool {
    true
}

#[derive(Debug, Serialize, JsonSchema)]
struct Drained {
    /// The node.
    node: String,
    /// Whether it is to drain.
    drain: bool,
    /// Calls that it had in flight.
    in_flight: u64,
}

impl Scaling {
    pub(super) async fn cluster(&self) -> Result<Cluster, Refusal> {
        let seen = self.node.cluster().await.map_err(|error| self.store_refusal(error))?;
        Ok(Cluster {
            asked: self.node.id.clone(),
            store: self.node.store.kind().to_owned(),
            age_seconds: seen.at.elapsed().as_secs_f64(),
            nodes: seen.nodes,
        })
    }
}

impl Cluster {
    pub(super) fn node(&self, id: &str) -> Option<&Record> {
        self.nodes.iter().find(|node| node.id == id)
    }

    pub(super) fn nodes(&self) -> &[Record] {
        &self.nodes
    }

    fn names(&self) -> String {
        self.nodes.iter().map(|node| node.id.as_str()).collect::<Vec<_>>().join(", ")
    }
}

#[tool_router(router = cluster_tools, vis = "pub(super)")]
impl Scaling {
    /// Shows which nodes are there, what each has in flight, and whether it drains; use it before anything else here.
    #[tool(
        title = "Cluster status",
        annotations(
            title = "Cluster status",
            read_only_hint = true,
            destructive_hint = false,
            idempotent_hint = true,
            open_world_hint = false
        ),
        output_schema = schema_for_output::<Cluster>()
    )]
    async fn cluster_status(&self, _: Parameters<NoArguments>) -> Result<CallToolResult, Refusal> {
        let cluster = self.cluster().await?;
        let mut lines = vec![format!("nodes, as {} knows them: {}", cluster.asked, cluster.nodes.len())];
        if cluster.age_seconds > 1.0 {
            lines.push(format!("the store is gone; this is from {:.0} s ago", cluster.age_seconds));
        }
        lines.extend(cluster.nodes.iter().map(|node| {
            let state = serde_json::to_value(node.state).unwrap_or_default();
            let state = state.as_str().unwrap_or("unknown");
            format!(
                "{}: {state}, {} of {} calls in flight, {} answered",
                node.id, node.in_flight, node.limit, node.answered
            )
        }));
        answer(lines.join("\n"), &cluster)
    }

    /// Shows what the node that answers has counted: calls, refusals, work, cache, latencies.
    #[tool(
        title = "This node",
        annotations(
            title = "This node",
            read_only_hint = true,
            destructive_hint = false,
            idempotent_hint = true,
            open_world_hint = false
        ),
        output_schema = schema_for_output::<Summary>()
    )]
    fn node_info(&self, _: Parameters<NoArguments>) -> Result<CallToolResult, Refusal> {
        let summary = self.node.summary();
        let text = format!(
            "{}: {} of {} calls in flight, {} answered, {} turned away; p50 {:.1} ms, p99 {:.1} ms",
            summary.node,
            summary.in_flight,
            summary.limit,
            summary.answered,
            summary.shed,
            summary.p50_ms,
            summary.p99_ms
        );
        answer(text, &summary)
    }

    /// Takes a node out, or lets it in again: a draining node finishes what it has, and balancers send it nothing new. For
    /// administrators.
    #[tool(
        title = "Drain a node",
        annotations(
            title = "Drain a node",
            read_only_hint = false,
            destructive_hint = false,
            idempotent_hint = true,
            open_world_hint = false
        ),
        output_schema = schema_for_output::<Drained>()
    )]
    async fn drain_node(
        &self,
        Parameters(DrainArguments { node, drain }): Parameters<DrainArguments>,
        context: RequestContext<RoleServer>,
    ) -> Result<CallToolResult, Refusal> {
        let caller = principal(&context);
        if caller != LOCAL && self.node.admin.as_deref() != Some(&caller) {
            return Err(Refusal::argument("only an administrator may drain nodes", "ask the operator"));
        }
        let cluster = self.cluster().await?;
        let Some(record) = cluster.node(&node) else {
            return Err(Refusal::argument(
                format!("no node {}", quoted(&node)),
                format!("use one of: {}", cluster.names()),
            ));
        };
        self.node.registry.ask_to_drain(&node, drain).await.map_err(|error| self.store_refusal(error))?;
        let text = if drain { format!("{node} drains") } else { format!("{node} gets calls again") };
        answer(text, &Drained { node, drain, in_flight: record.in_flight })
    }
}
