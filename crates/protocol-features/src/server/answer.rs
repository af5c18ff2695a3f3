//! From what was computed to what goes over the wire.

use mcp_support::progress::Progress;
use rmcp::{
    ErrorData,
    handler::server::tool::IntoCallToolResult,
    model::{CallToolResponse, CallToolResult, ContentBlock, MetaObject},
};
use serde::Serialize;

use crate::{
    error::Refusal,
    report::{GroupBy, Report},
};

/// Whether the same call may succeed later, for programs; the text says it to models.
const RETRYABLE: &str = "mcp-samples/retryable";

/// Whose problem is it? What the model can mend, and what it can only wait for, are results.
impl IntoCallToolResult for Refusal {
    fn into_call_tool_result(self) -> Result<CallToolResponse, ErrorData> {
        let mut result = CallToolResult::error(vec![ContentBlock::text(self.to_string())]);
        if !matches!(self, Self::Argument { .. }) {
            result.meta.get_or_insert_with(MetaObject::new).0.insert(RETRYABLE.to_owned(), self.is_retryable().into());
        }
        Ok(result.into())
    }
}

/// The result of a tool: a text for people, and a structure for programs.
pub(super) fn answer(text: impl Into<String>, structure: &impl Serialize) -> Result<CallToolResult, Refusal> {
    let structure = serde_json::to_value(structure).map_err(|error| Refusal::internal("writing an answer", error))?;
    let mut result = CallToolResult::structured(structure);
    result.content = vec![ContentBlock::text(text)];
    Ok(result)
}

/// A finished report as the result of `run_report`, at once or as a task.
pub fn report_result(report: &Report) -> CallToolResult {
    let by = match report.group_by {
        GroupBy::Product => "product",
        GroupBy::Month => "month",
    };
    let euros = |cents: u64| format!("{}.{:02}", cents / 100, cents % 100);
    let mut text = format!("{} rows, {} in all, by {by}:", report.rows, euros(report.total_cents));
    for (group, cents) in &report.cents {
        text.push_str(&format!("\n  {group}: {}", euros(*cents)));
    }
    answer(text, report).unwrap_or_else(|refusal| CallToolResult::error(vec![ContentBlock::text(refusal.to_string())]))
}

/// Checks that a number is in its range.
pub(super) fn within<T: PartialOrd + std::fmt::Display>(name: &str, value: T, least: T, most: T) -> Result<T, Refusal> {
    if value < least || value > most {
        return Err(Refusal::argument(format!("{name} is {value}"), format!("{name} must be from {least} to {most}")));
    }
    Ok(value)
}

/// Checks that a text has a length in its range, in characters.
pub(super) fn length(name: &str, text: &str, least: usize, most: usize) -> Result<(), Refusal> {
    within(&format!("the length of {name}"), text.chars().count(), least, most).map(|_| ())
}

/// Reports a number of things that are done.
pub(super) async fn report(progress: &Progress, done: u64, total: impl Into<Option<u64>>, message: String) {
    progress.report(done as f64, total.into().map(|total| total as f64), message).await;
}
