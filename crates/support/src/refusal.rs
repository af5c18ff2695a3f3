//! What tools and resources answer, and what they say when they cannot do what was asked.

use rmcp::{
    ErrorData,
    handler::server::tool::IntoCallToolResult,
    model::{
        CacheScope, CallToolResponse, CallToolResult, CompletionInfo, ContentBlock, PaginatedRequestParams,
        ReadResourceResponse, ReadResourceResult, ResourceContents,
    },
};
use serde::Serialize;
use serde_json::json;

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

    /// The same where no tool is called, and there are no results with `isError`: -32603. It is no `From`, so that none
    /// is taken for the answer of a tool by accident.
    pub fn protocol_error(self) -> ErrorData {
        ErrorData::internal_error(self.to_string(), None)
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

/// A resource that is a value as JSON: for nobody but its reader, who reads it again each time.
///
/// # Errors
/// `value` cannot be written as JSON.
pub fn document(uri: &str, value: &impl Serialize) -> Result<ReadResourceResponse, ErrorData> {
    let text = serde_json::to_string_pretty(value)
        .map_err(|error| Refusal::internal("writing a resource", error).protocol_error())?;
    let contents = ResourceContents::text(text, uri).with_mime_type("application/json");
    Ok(ReadResourceResult::new(vec![contents]).with_ttl_ms(0).with_cache_scope(CacheScope::Private).into())
}

/// There is no such resource, or none that is the caller's. The SDK sends -32002 to clients of 2025-11-25, and -32602 to
/// those of 2026-07-28.
///
/// Spec(2026-07-28, resources): the error SHOULD name the URI.
pub fn not_found(what: impl Into<String>, uri: &str) -> ErrorData {
    ErrorData::resource_not_found(what.into(), Some(json!({ "uri": uri })))
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

/// A count and what was counted: `1 entry`, `2 entries`.
pub fn counted(count: usize, one: &str, more: &str) -> String {
    format!("{count} {}", if count == 1 { one } else { more })
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
        let error = hidden.protocol_error();
        assert!(error.code.0 == -32603 && !error.message.contains("secret"), "{error:?}");
        assert_eq!(quoted("a\nb"), "'ab'");
        assert_eq!(quoted(&"x".repeat(100)).len(), 85);
    }

    #[test]
    fn a_resource_is_private_and_a_missing_one_is_named() {
        let ReadResourceResponse::Complete(read) = document("a://b", &json!({ "c": 1 })).expect("a resource") else {
            panic!("no answer");
        };
        let read = serde_json::to_value(read).expect("JSON");
        assert_eq!((&read["ttlMs"], &read["cacheScope"]), (&json!(0), &json!("private")), "{read}");
        assert_eq!(
            read["contents"],
            json!([{ "uri": "a://b", "mimeType": "application/json", "text": "{\n  \"c\": 1\n}" }])
        );
        assert_eq!(not_found("nothing there", "a://x").data, Some(json!({ "uri": "a://x" })));
    }
}
