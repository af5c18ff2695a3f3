//! What a search may be asked, checked before any work starts.

use mcp_support::{
    refusal::{Refusal, quoted, within},
    search::provider::{MAX_COUNT, MAX_QUERY_CHARS, ProviderRequest, SafeSearch, TimeRange, Vertical},
};
use rmcp::schemars::JsonSchema;
use serde::Deserialize;

/// Results where none are asked for.
pub(super) const USUAL_COUNT: usize = 5;
/// The last page that can be asked for.
const MAX_PAGE: usize = 10;

#[derive(Debug, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub(super) struct SearchArguments {
    /// What to look for, as a person would type it; "quoted words" have to stand there, a -word must not.
    #[schemars(length(min = 1, max = 400))]
    query: String,
    /// How many results.
    #[serde(default = "usual_count")]
    #[schemars(range(min = 1, max = 20))]
    num_results: usize,
    /// Which page of results, from 1.
    #[serde(default = "first_page")]
    #[schemars(range(min = 1, max = 10))]
    page: usize,
    /// Whose results, as two letters (ISO 3166-1), such as de.
    #[schemars(length(min = 2, max = 2))]
    country: Option<String>,
    /// In which language, as two letters (ISO 639-1), such as en.
    #[schemars(length(min = 2, max = 2))]
    language: Option<String>,
    /// Whether explicit results are left out.
    #[serde(default)]
    safe: SafeSearch,
    /// How recent a result has to be.
    time_range: Option<TimeRange>,
    /// Only this host and its subdomains, such as example.com.
    #[schemars(length(max = 253))]
    site: Option<String>,
    /// Neither this host nor its subdomains.
    #[schemars(length(max = 253))]
    exclude_site: Option<String>,
}

pub(super) fn usual_count() -> usize {
    USUAL_COUNT
}

fn first_page() -> usize {
    1
}

impl SearchArguments {
    pub(super) fn request(self, vertical: Vertical) -> Result<ProviderRequest, Refusal> {
        Ok(ProviderRequest {
            vertical,
            query: query("query", &self.query)?,
            count: within("num_results", self.num_results, 1, MAX_COUNT)?,
            page: within("page", self.page, 1, MAX_PAGE)?,
            country: two_letters("country", self.country.as_deref())?,
            language: two_letters("language", self.language.as_deref())?,
            safe: self.safe,
            time_range: self.time_range,
            site: host("site", self.site.as_deref())?,
            exclude_site: host("exclude_site", self.exclude_site.as_deref())?,
        })
    }
}

/// A text to look for, with its blanks folded, so that the same question is one question.
pub(super) fn query(name: &str, text: &str) -> Result<String, Refusal> {
    let words: Vec<&str> = text
        .split(|letter: char| letter.is_whitespace() || letter.is_control())
        .filter(|word| !word.is_empty())
        .collect();
    let query = words.join(" ");
    match query.chars().count() {
        0 => Err(Refusal::argument(format!("{name} is empty"), "say what to look for")),
        length if length > MAX_QUERY_CHARS => Err(Refusal::argument(
            format!("{name} has {length} characters"),
            format!("{name} has at most {MAX_QUERY_CHARS}; keep the words that matter"),
        )),
        _ => Ok(query),
    }
}

fn two_letters(name: &str, text: Option<&str>) -> Result<Option<String>, Refusal> {
    let Some(text) = text else { return Ok(None) };
    if text.len() == 2 && text.bytes().all(|letter| letter.is_ascii_alphabetic()) {
        return Ok(Some(text.to_ascii_lowercase()));
    }
    let what = format!("{name} is {}", quoted(text));
    Err(Refusal::argument(
        what,
        format!("{name} has two letters, such as {}", if name == "country" { "de" } else { "en" }),
    ))
}

/// A host without scheme and path. It becomes part of a query, so it must not be anything else.
fn host(name: &str, text: Option<&str>) -> Result<Option<String>, Refusal> {
    let Some(text) = text else { return Ok(None) };
    let is_label = |label: &str| {
        (1..=63).contains(&label.len()) && label.bytes().all(|byte| byte.is_ascii_alphanumeric() || byte == b'-')
    };
    let host = text.trim().to_ascii_lowercase();
    if host.len() <= 253 && host.contains('.') && host.split('.').all(is_label) {
        return Ok(Some(host));
    }
    let what = format!("{name} is {}", quoted(text));
    Err(Refusal::argument(what, format!("{name} is a host such as example.com, without https:// and path")))
}

#[cfg(test)]
mod tests {
    use serde_json::{Value, json};

    use super::*;

    fn request(arguments: Value) -> Result<ProviderRequest, String> {
        let arguments: SearchArguments = serde_json::from_value(arguments).map_err(|error| error.to_string())?;
        arguments.request(Vertical::Web).map_err(|refusal| refusal.to_string())
    }

    #[test]
    fn defaults_and_bounds() {
        let usual = request(json!({"query": "  green \n tea "})).expect("a request");
        assert_eq!((usual.query.as_str(), usual.count, usual.page), ("green tea", 5, 1));
        assert_eq!(request(json!({"query": "x", "country": "DE"})).expect("a request").country.as_deref(), Some("de"));
        for (arguments, hint) in [
            (json!({"query": "  "}), "say what to look for"),
            (json!({"query": "x".repeat(401)}), "at most 400"),
            (json!({"query": "x", "num_results": 0}), "from 1 to 20"),
            (json!({"query": "x", "num_results": 21}), "from 1 to 20"),
            (json!({"query": "x", "page": 11}), "from 1 to 10"),
            (json!({"query": "x", "country": "deu"}), "two letters"),
            (json!({"query": "x", "language": "e1"}), "two letters"),
            (json!({"query": "x", "site": "https://example.com/"}), "without https://"),
            (json!({"query": "x", "site": "example.com OR x"}), "a host such as"),
            (json!({"query": "x", "exclude_site": "localhost"}), "a host such as"),
            (json!({"query": "x", "time_range": "decade"}), "unknown variant `decade`"),
            (json!({"query": "x", "limit": 3}), "unknown field `limit`"),
        ] {
            let refused = request(arguments.clone()).expect_err("refused");
            assert!(refused.contains(hint), "{arguments}: {refused}");
        }
    }
}
