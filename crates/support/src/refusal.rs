//! What a tool answers, and what it says when it cannot do what was asked.

use rmcp::{
    ErrorData,
    handler::server::tool::IntoCallToolResult,
    model::{CallToolResponse, CallToolResult, CompletionInfo, ContentBlock, PaginatedRequestParams},
};
use serde::Serialize;

/// Why a call has no answer. Each says what is wrong and how it can be mended.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum Refusal {
    /// Something that the caller can mend.
    #[error("{what}; hint: {hint}")]
    Argument {
        /// What is wrong, with the offending value.
        what: String,
        /// What would be accepted.
        hint: String,
    },
    /// Our fault. The cause is in the log, and nowhere else.
    #[error("internal error; hint: try again, and tell the operator if it stays")]
    Internal,
}

impl Refusal {
    /// Something that the caller can mend.
    pub fn argument(what: impl Into<String>, hint: impl Into<String>) -> Self {
        Self::Argument { what: what.into(), hint: hint.into() }
    }

    /// Logs what went wrong, and keeps it from the caller.
    pub fn internal(doing: &str, error: impl std::fmt::Display) -> Self {
        tracing::error!(%error, doing, "failed");
        Self::Internal
    }
}

/// What the model can mend is a result with `isError`, not a protocol error.
impl IntoCallToolResult for Refusal {
    fn into_call_tool_result(self) -> Result<CallToolResponse, ErrorData> {
        Ok(CallToolResult::error(vec![ContentBlock::text(self.to_string())]).into())
    }
}

/// The result of a tool: a text for people, and a structure for programs.
///
/// # Errors
/// `structure` cannot be written as JSON.
pub fn answer(text: impl Into<String>, structure: &impl Serialize) -> Result<CallToolResult, Refusal> {
    let structure = serde_json::to_value(structure).map_err(|error| Refusal::internal("writing an answer", error))?;
    let mut result = CallToolResult::structured(structure);
    result.content = vec![ContentBlock::text(text)];
    Ok(result)
}

/// Checks that a number is in its range.
///
/// # Errors
/// It is not; the hint names the range.
pub fn within<T: PartialOrd + std::fmt::Display>(name: &str, value: T, least: T, most: T) -> Result<T, Refusal> {
    if value < least || value > most {
        return Err(Refusal::argument(format!("{name} is {value}"), format!("{name} must be from {least} to {most}")));
    }
    Ok(value)
}

/// Refuses a cursor where a list has one page: it gives out none, so it knows none.
///
/// # Errors
/// -32602 for any cursor.
pub fn one_page(request: Option<PaginatedRequestParams>) -> Result<(), ErrorData> {
    match request.and_then(|request| request.cursor) {
        None => Ok(()),
        Some(_) => Err(ErrorData::invalid_params("the cursor is not valid here: this list has one page", None)),
    }
}

/// The first values, as many as may be, and how many there are.
///
/// # Errors
/// None that is known: there are not too many.
pub fn completion(mut values: Vec<String>) -> Result<CompletionInfo, ErrorData> {
    let all = values.len();
    values.truncate(CompletionInfo::MAX_VALUES);
    let has_more = all > values.len();
    CompletionInfo::with_pagination(values, u32::try_from(all).ok(), has_more)
        .map_err(|error| ErrorData::internal_error(error, None))
}

/// Text that stands in an error, cut to a reasonable length.
pub fn quoted(text: &str) -> String {
    const MOST: usize = 80;
    let mut shown: String = text.chars().filter(|letter| !letter.is_control()).take(MOST).collect();
    if text.chars().count() > MOST {
        shown.push_str("...");
    }
    format!("'{shown}'")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_refusal_says_what_and_how() {
        let refused = within("pages", 0, 1, 9).expect_err("out of range");
        assert_eq!(refused.to_string(), "pages is 0; hint: pages must be from 1 to 9");
        assert_eq!(within("pages", 9, 1, 9), Ok(9));
        let hidden = Refusal::internal("reading", "the secret path");
        assert!(!hidden.to_string().contains("secret"), "{hidden}");
        assert_eq!(quoted("a\nb"), "'ab'");
        assert_eq!(quoted(&"x".repeat(100)).len(), 85);
    }
}
