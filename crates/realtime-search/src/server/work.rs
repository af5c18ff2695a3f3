//! Tools that work with what is found: research, a claim, a comparison.

use mcp_support::{
    progress::Progress,
    refusal::{Refusal, answer, counted, within},
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
use serde::Deserialize;

use super::{RealtimeSearch, query};
use crate::{
    claims::{self, Checked, Evidence},
    compare::{self, Comparison},
    engine::Engine,
    pipeline::Candidate,
    research::{Report, Research},
    session::Session,
};

#[derive(Debug, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
struct ResearchArguments {
    /// The question.
    #[schemars(length(min = 1, max = 400))]
    question: String,
    /// How many more queries are asked for it; 4 when absent.
    #[serde(default = "four")]
    #[schemars(range(min = 0, max = 10))]
    more_queries: usize,
    /// Most sources; 6 when absent.
    #[serde(default = "six")]
    #[schemars(range(min = 2, max = 12))]
    max_sources: usize,
    /// Handle of a session whose context counts.
    #[schemars(length(min = 1, max = 64))]
    session: Option<String>,
}

fn four() -> usize {
    4
}

fn six() -> usize {
    6
}

#[derive(Debug, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
struct ClaimArguments {
    /// One statement that is true or false, such as `the bridge opens on Friday`.
    #[schemars(length(min = 1, max = 400))]
    claim: String,
}

#[derive(Debug, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
struct CompareArguments {
    /// The story, such as `museum theft`.
    #[schemars(length(min = 1, max = 400))]
    query: String,
    /// Most outlets; 4 when absent.
    #[serde(default = "four")]
    #[schemars(range(min = 2, max = 10))]
    max_outlets: usize,
}

#[tool_router(router = work_tools, vis = "pub(super)")]
impl RealtimeSearch {
    /// Looks into a question in several steps and writes a report that cites each sentence; use it where one search
    /// is not enough.
    #[tool(
        title = "Research",
        annotations(
            title = "Research",
            read_only_hint = true,
            destructive_hint = false,
            idempotent_hint = true,
            open_world_hint = false
        ),
        output_schema = schema_for_output::<Report>()
    )]
    async fn research(
        &self,
        Parameters(arguments): Parameters<ResearchArguments>,
        context: RequestContext<RoleServer>,
    ) -> Result<CallToolResult, Refusal> {
        let question = query("question", &arguments.question)?;
        let more = within("more_queries", arguments.more_queries, 0, 10)?;
        let most = within("max_sources", arguments.max_sources, 2, 12)?;
        let session = match &arguments.session {
            Some(id) => Some(self.session(&principal(&context), id).await?),
            None => None,
        };
        let progress = Progress::new(&context);
        let (about, known) = (question.clone(), session.clone());
        let queries = self.blocking(move |engine| looking(engine, known.as_ref()).queries(&about, more)).await?;
        let queries = queries.map_err(|error| Refusal::internal("researching", error))?;
        let total = queries.len() as f64 + 2.0;
        progress.report(1.0, total, format!("{} queries to ask", queries.len())).await;
        let mut found: Vec<Vec<Candidate>> = Vec::new();
        for (at, text) in queries.iter().enumerate() {
            let (text, known) = (text.clone(), session.clone());
            let asked = self.blocking(move |engine| looking(engine, known.as_ref()).ask(&text)).await?;
            found.push(asked.map_err(|error| Refusal::internal("researching", error))?);
            progress.report(at as f64 + 2.0, total, format!("asked: {}", queries[at])).await;
        }
        let report = self
            .blocking(move |engine| looking(engine, session.as_ref()).report(&question, queries, &found, most))
            .await?;
        progress.report(total, total, format!("read {} sources", report.sources.len())).await;
        answer(report.text(), &report)
    }

    /// Checks one statement against all articles: what supports it, what contradicts it, and how much that is worth.
    #[tool(
        title = "Check a claim",
        annotations(
            title = "Check a claim",
            read_only_hint = true,
            destructive_hint = false,
            idempotent_hint = true,
            open_world_hint = false
        ),
        output_schema = schema_for_output::<Checked>()
    )]
    async fn fact_check(&self, Parameters(arguments): Parameters<ClaimArguments>) -> Result<CallToolResult, Refusal> {
        let claim = query("claim", &arguments.claim)?;
        let checked = self
            .blocking(move |engine| claims::check(&engine.library, &claim, &engine.weights, engine.clock.now()))
            .await?
            .map_err(|error| Refusal::internal("checking", error))?;
        let verdict = serde_json::to_value(checked.verdict).unwrap_or_default();
        let mut lines = vec![format!(
            "{}: {} (supports {:.2}, contradicts {:.2}, {}). Words, numbers and negations were compared, \
             no more: read the evidence.",
            checked.claim,
            verdict.as_str().unwrap_or("unknown").replace('_', " "),
            checked.supports,
            checked.contradicts,
            counted(checked.outlets, "outlet", "outlets")
        )];
        lines.extend(checked.evidence.iter().map(evidence));
        answer(lines.join("\n"), &checked)
    }

    /// Shows how several outlets tell one story: what they share, what only one says, and which only copy; use it
    /// before trusting one of them.
    #[tool(
        title = "Compare sources",
        annotations(
            title = "Compare sources",
            read_only_hint = true,
            destructive_hint = false,
            idempotent_hint = true,
            open_world_hint = false
        ),
        output_schema = schema_for_output::<Comparison>()
    )]
    async fn compare_sources(
        &self,
        Parameters(arguments): Parameters<CompareArguments>,
    ) -> Result<CallToolResult, Refusal> {
        let text = query("query", &arguments.query)?;
        let most = within("max_outlets", arguments.max_outlets, 2, 10)?;
        let comparison = self
            .blocking(move |engine| compare::compare(&engine.library, &text, &engine.weights, engine.clock.now(), most))
            .await?
            .map_err(|error| Refusal::internal("comparing", error))?;
        let mut lines: Vec<String> = Vec::new();
        for telling in &comparison.tellings {
            let published = telling.published.as_deref().unwrap_or("without a date");
            lines.push(format!(
                "{} (trust {:.2}, {published}): {} {}",
                telling.outlet, telling.trust, telling.title, telling.url
            ));
            lines.push(format!("    says {}", telling.says));
            lines.extend(telling.only_here.iter().map(|sentence| format!("    only here: {sentence}")));
            if !telling.copied_by.is_empty() {
                lines.push(format!("    copied by {}", telling.copied_by.join(", ")));
            }
        }
        if lines.is_empty() {
            lines.push("no outlet tells this story".to_owned());
        }
        if !comparison.common.is_empty() {
            lines.push(format!("most of them say: {}", comparison.common.join(", ")));
        }
        answer(lines.join("\n"), &comparison)
    }
}

fn looking<'a>(engine: &'a Engine, session: Option<&'a Session>) -> Research<'a> {
    Research { library: &engine.library, session, weights: &engine.weights, now: engine.clock.now() }
}

fn evidence(evidence: &Evidence) -> String {
    let stance = serde_json::to_value(evidence.stance).unwrap_or_default();
    let published = evidence.published.as_deref().unwrap_or("without a date");
    format!(
        "[{}] {} {:.2}: {} ({}, {published}) {}",
        evidence.number,
        stance.as_str().unwrap_or_default(),
        evidence.weight,
        evidence.quote,
        evidence.source,
        evidence.url
    )
}
