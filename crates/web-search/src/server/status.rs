//! `provider_status`: what an operator asks first when searches fail.

use std::{fmt::Write as _, sync::Arc};

use mcp_support::{
    refusal::{Refusal, answer},
    search::clean,
};
use rmcp::{
    handler::server::{common::schema_for_output, wrapper::Parameters},
    model::CallToolResult,
    schemars::JsonSchema,
    tool, tool_router,
};
use serde::{Deserialize, Serialize};
use tokio::task::spawn_blocking;

use super::WebSearch;
use crate::resilience::Report;

#[derive(Debug, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub(super) struct NoArguments {}

#[derive(Debug, Serialize, JsonSchema)]
struct Status {
    /// In the order in which they are asked.
    providers: Vec<Report>,
    /// Answers that are as good as new ones.
    fresh_answers: u64,
    /// Answers that are kept in case that nobody answers.
    kept_answers: u64,
}

#[tool_router(router = status_tools, vis = "pub(super)")]
impl WebSearch {
    /// Tells how the providers do: circuits, failures, times, what is left of the month; use it when searches fail.
    #[tool(
        title = "Provider status",
        annotations(
            title = "Provider status",
            read_only_hint = true,
            destructive_hint = false,
            idempotent_hint = true,
            open_world_hint = false
        ),
        output_schema = schema_for_output::<Status>()
    )]
    async fn provider_status(
        &self,
        Parameters(NoArguments {}): Parameters<NoArguments>,
    ) -> Result<CallToolResult, Refusal> {
        let search = Arc::clone(&self.shared.search);
        let reports = spawn_blocking(move || search.reports()).await;
        let providers = reports.map_err(|error| Refusal::internal("counting", error))?;
        let (fresh_answers, kept_answers) = self.shared.search.kept();
        let status = Status { providers, fresh_answers, kept_answers };
        answer(text(&status), &status)
    }
}

fn text(status: &Status) -> String {
    let mut text = String::from("| provider | circuit | requests | failures | median | this month | last error |\n");
    text.push_str("|---|---|---|---|---|---|---|\n");
    for report in &status.providers {
        let circuit = match report.opens_in_seconds {
            Some(seconds) => format!("{} for {seconds} s", report.circuit),
            None => report.circuit.to_owned(),
        };
        let failures: u64 = report.failures.values().sum();
        let median = report.median_ms.map_or_else(String::new, |millis| format!("{millis} ms"));
        let month = report.month_used.zip(report.month_limit);
        let month = month.map_or_else(|| "no limit".to_owned(), |(used, limit)| format!("{used} of {limit}"));
        let error = clean::markdown(report.last_error.as_deref().unwrap_or_default());
        let (provider, requests) = (&report.provider, report.requests);
        // Writing to a string cannot fail.
        let _ = writeln!(text, "| {provider} | {circuit} | {requests} | {failures} | {median} | {month} | {error} |");
    }
    let _ = write!(text, "\n{} fresh answers, {} kept", status.fresh_answers, status.kept_answers);
    text
}
