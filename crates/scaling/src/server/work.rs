//! Tools that compute: on the bounded pool, and through the cache.

use std::time::Instant;

use mcp_support::{
    refusal::{Refusal, answer, within},
    serve::principal,
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

use super::Scaling;
use crate::{
    cache::{Scope, Source},
    numbers::{self, Facts},
};

#[derive(Debug, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
struct ComputeArguments {
    /// Counts the primes up to this number.
    #[schemars(range(min = 2, max = 200_000_000))]
    limit: u64,
}

#[derive(Debug, Serialize, JsonSchema)]
struct Computed {
    /// The number that was asked for.
    limit: u64,
    /// How many primes are not greater.
    primes: u64,
    /// The node that has counted.
    node: String,
    /// Milliseconds from the call to the answer, with the time in the queue.
    took_ms: f64,
}

#[derive(Debug, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
struct LookupArguments {
    /// A number to take apart.
    #[schemars(range(min = 1, max = 9_007_199_254_740_991_u64))]
    number: u64,
    /// True to keep the answer for the caller alone, on this node.
    #[serde(default)]
    private: bool,
}

#[derive(Debug, Serialize, JsonSchema)]
struct Looked {
    /// What the number is made of.
    facts: Facts,
    /// `node`, `cluster` or `origin`: where the answer came from.
    source: Source,
    /// The node that has answered.
    node: String,
    /// Milliseconds from the call to the answer.
    took_ms: f64,
}

#[tool_router(router = work_tools, vis = "pub(super)")]
impl Scaling {
    /// Counts primes, which keeps one processor busy; use it to put real load on a node.
    #[tool(
        title = "Compute",
        annotations(
            title = "Compute",
            read_only_hint = true,
            destructive_hint = false,
            idempotent_hint = true,
            open_world_hint = false
        ),
        output_schema = schema_for_output::<Computed>()
    )]
    async fn compute_heavy(
        &self,
        Parameters(ComputeArguments { limit }): Parameters<ComputeArguments>,
        context: RequestContext<RoleServer>,
    ) -> Result<CallToolResult, Refusal> {
        within("limit", limit, 2, numbers::MAX_LIMIT)?;
        let began = Instant::now();
        let caller = principal(&context);
        let work = self.node.pool.run(&caller, move |stop| numbers::count_primes(limit, stop));
        let counted = work.await.map_err(Self::pool_refusal)?;
        // Only a call that nobody waits for is stopped.
        let primes = counted.ok_or_else(|| Refusal::internal("counting primes", "stopped"))?;
        let took_ms = began.elapsed().as_secs_f64() * 1000.0;
        let node = self.node.id.clone();
        answer(format!("{primes} primes up to {limit}, counted by {node}"), &Computed { limit, primes, node, took_ms })
    }

    /// Looks up the prime factors of a number, in a cache that the whole cluster shares.
    #[tool(
        title = "Look up",
        annotations(
            title = "Look up",
            read_only_hint = true,
            destructive_hint = false,
            idempotent_hint = true,
            open_world_hint = false
        ),
        output_schema = schema_for_output::<Looked>()
    )]
    async fn cached_lookup(
        &self,
        Parameters(LookupArguments { number, private }): Parameters<LookupArguments>,
        context: RequestContext<RoleServer>,
    ) -> Result<CallToolResult, Refusal> {
        within("number", number, 1, numbers::MAX_NUMBER)?;
        let began = Instant::now();
        let caller = principal(&context);
        let scope = if private { Scope::Private(&caller) } else { Scope::Shared };
        let compute = async {
            let work = self.node.pool.run(&caller, move |stop| numbers::factorize(number, stop));
            let facts = work.await.map_err(Self::pool_refusal)?;
            let facts = facts.ok_or_else(|| Refusal::internal("taking a number apart", "stopped"))?;
            serde_json::to_string(&facts).map_err(|error| Refusal::internal("writing facts", error))
        };
        let (text, source) = self.node.cache.get(&format!("facts:{number}"), scope, compute).await?;
        let facts: Facts = serde_json::from_str(&text).map_err(|error| Refusal::internal("reading facts", error))?;
        let took_ms = began.elapsed().as_secs_f64() * 1000.0;
        answer(facts.to_string(), &Looked { facts, source, node: self.node.id.clone(), took_ms })
    }
}
