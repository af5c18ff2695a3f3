//! Exercise 2, extend it: a provider of your own.
//!
//! Your company has a search of its intranet. It answers `{"hits": [{"name": "...", "href": "...", "excerpt": "...",
//! "modified": "2 days ago", "score": 3.1}], "count": 17}`. What stands there was written by everybody: titles hold
//! markup, links track who follows them, one page is there under three addresses, and some links are no links.
//!
//! Where to look: `crates/support/src/search/provider/searxng.rs` does the same for SearXNG, `search::clean` has what
//! is needed, and `SearchResult` has a `Default`.
//!
//! Hint: `clean::text`, `clean::link`, `clean::site` and `clean::date` each do one field; a hit without a title or
//! without a link is left out.
//! Hint: two links lead to one page if `clean::same_page` says the same of them; the first counts.
//!
//! Learned: a provider is a request, a reader of its answer, and names for its failures; cleaning comes before
//! counting, or what is left out takes the place of what is good.
//! Read on: crates/support/src/search/provider/read.rs; crates/support/src/search/clean/link.rs.

use std::collections::HashSet;

use mcp_support::search::{
    clean,
    provider::{ProviderAnswer, SearchResult},
};
use serde_json::Value;

/// At most `count` results, clean, each page once; titles have at most 200 characters, extracts 600. `now` is in
/// seconds since 1970.
pub(crate) fn read(body: &Value, count: usize, now: i64) -> ProviderAnswer {
    let hits = body["hits"].as_array().into_iter().flatten();
    let mut seen = HashSet::new();
    let results = hits.filter_map(|hit| result(hit, now)).filter(|result| seen.insert(clean::same_page(&result.url)));
    ProviderAnswer {
        results: results.take(count).collect(),
        total: body["count"].as_u64(),
        ..ProviderAnswer::default()
    }
}

fn result(hit: &Value, now: i64) -> Option<SearchResult> {
    let text = |field: &str, most| clean::text(hit[field].as_str().unwrap_or_default(), most);
    let url = clean::link(hit["href"].as_str()?)?;
    Some(SearchResult {
        title: Some(text("name", 200)).filter(|title| !title.is_empty())?,
        snippet: text("excerpt", 600),
        site: clean::site(&url),
        date: hit["modified"].as_str().and_then(|date| clean::date(date, now)),
        url,
        ..SearchResult::default()
    })
}
