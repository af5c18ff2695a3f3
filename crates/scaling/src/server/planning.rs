//! Tools that measure and plan.

use std::time::{Duration, Instant};

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
    capacity::{self, CapacityError, Law, Point},
    numbers,
};

/// Callers at a time, one measurement each.
const LEVELS: [u32; 4] = [1, 2, 4, 8];
const MAX_POINTS: usize = 100;

#[derive(Debug, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
struct SimulateArguments {
    /// Each call counts the primes up to this number.
    #[schemars(range(min = 1000, max = 10_000_000))]
    limit: u64,
    /// How long to measure each number of callers, in milliseconds.
    #[serde(default = "default_millis")]
    #[schemars(range(min = 50, max = 800))]
    millis: u64,
}

fn default_millis() -> u64 {
    300
}

#[derive(Debug, Serialize, JsonSchema)]
struct Simulated {
    /// What 1, 2, 4 and 8 callers at a time got done, in the form that `capacity_plan` takes.
    points: Vec<Point>,
    /// Milliseconds that a call took on average, for each of them.
    millis_each: Vec<f64>,
}

#[derive(Debug, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
struct PlanArguments {
    /// Measurements with at least three different n.
    #[schemars(length(min = 3, max = 100))]
    points: Vec<Point>,
    /// Calls a second that have to be done.
    #[schemars(range(min = 0.001, max = 1e9))]
    target: f64,
    /// Seconds that a call takes.
    #[schemars(range(min = 0.000_001, max = 3600.0))]
    seconds_each: f64,
    /// The share of capacity that is left free for failures and peaks.
    #[serde(default = "default_headroom")]
    #[schemars(range(min = 0.0, max = 0.9))]
    headroom: f64,
}

fn default_headroom() -> f64 {
    0.3
}

#[derive(Debug, Serialize, JsonSchema)]
struct Plan {
    /// The law that fits the points best.
    law: Law,
    /// The fewest that do the target with the headroom; absent where no number does.
    needed: Option<u64>,
    /// From here on more bring less; absent where more always bring more.
    peak: Option<f64>,
    /// Calls in flight at the target (Little's law).
    in_flight: f64,
    /// The same for each of the needed: its limit should be above this.
    in_flight_each: Option<f64>,
}

#[tool_router(router = planning_tools, vis = "pub(super)")]
impl Scaling {
    /// Measures what this node's workers get done for 1, 2, 4 and 8 callers at a time; use it to feed `capacity_plan`.
    #[tool(
        title = "Simulate load",
        annotations(
            title = "Simulate load",
            read_only_hint = true,
            destructive_hint = false,
            idempotent_hint = true,
            open_world_hint = false
        ),
        output_schema = schema_for_output::<Simulated>()
    )]
    async fn simulate_load(
        &self,
        Parameters(SimulateArguments { limit, millis }): Parameters<SimulateArguments>,
        context: RequestContext<RoleServer>,
    ) -> Result<CallToolResult, Refusal> {
        within("limit", limit, 1000, 10_000_000)?;
        within("millis", millis, 50, 800)?;
        let tenant = principal(&context);
        let (mut points, mut millis_each) = (Vec::new(), Vec::new());
        for callers in LEVELS {
            let began = Instant::now();
            let until = began + Duration::from_millis(millis);
            let caller = || async {
                let mut done = 0_u32;
                while Instant::now() < until {
                    let work = self.node.pool.run(&tenant, move |stop| numbers::count_primes(limit, stop));
                    work.await.map_err(Self::pool_refusal)?;
                    done += 1;
                }
                Ok::<_, Refusal>(done)
            };
            let done: u32 = futures::future::try_join_all((0..callers).map(|_| caller())).await?.into_iter().sum();
            let seconds = began.elapsed().as_secs_f64();
            points.push(Point { n: f64::from(callers), throughput: f64::from(done) / seconds });
            // Little's law, the other way around.
            millis_each.push(1000.0 * f64::from(callers) * seconds / f64::from(done));
        }
        let lines = points.iter().zip(&millis_each).map(|(point, millis)| {
            format!("{} callers: {:.0} calls/s, {millis:.1} ms each", point.n, point.throughput)
        });
        let text = lines.collect::<Vec<_>>().join("\n");
        answer(text, &Simulated { points, millis_each })
    }

    /// Says how many nodes a target takes, from measurements: fits the universal scalability law, and uses Little's law for
    /// what is in flight.
    #[tool(
        title = "Plan capacity",
        annotations(
            title = "Plan capacity",
            read_only_hint = true,
            destructive_hint = false,
            idempotent_hint = true,
            open_world_hint = false
        ),
        output_schema = schema_for_output::<Plan>()
    )]
    fn capacity_plan(&self, Parameters(asked): Parameters<PlanArguments>) -> Result<CallToolResult, Refusal> {
        within("the number of points", asked.points.len(), 3, MAX_POINTS)?;
        within("target", asked.target, 0.001, 1e9)?;
        within("seconds_each", asked.seconds_each, 0.000_001, 3600.0)?;
        within("headroom", asked.headroom, 0.0, 0.9)?;
        let law = Law::fit(&asked.points).map_err(|error| {
            let hint = match &error {
                CapacityError::TooFew(_) => "measure at least three different n",
                CapacityError::Point(..) => "n must be from 1 to 100000, and throughput from 0.001 to 1000000000",
                CapacityError::NoFit => "measure again, with less beside it",
            };
            Refusal::argument(error.to_string(), hint)
        })?;
        let needed = law.needed(asked.target / (1.0 - asked.headroom));
        let in_flight = capacity::in_flight(asked.target, asked.seconds_each);
        let in_flight_each = needed.map(|needed| in_flight / needed as f64);
        let plan = Plan { law, needed, peak: law.peak(), in_flight, in_flight_each };
        let text = match needed {
            Some(needed) => format!(
                "{needed} for {} calls/s with {:.0} % headroom; {in_flight:.1} calls in flight",
                asked.target,
                100.0 * asked.headroom
            ),
            None => format!(
                "no number does {} calls/s with {:.0} % headroom: make a call cheaper, or split what is shared",
                asked.target,
                100.0 * asked.headroom
            ),
        };
        answer(text, &plan)
    }
}
