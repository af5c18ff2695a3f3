//! An intranet's search, read with care.

use mcp_support::search::provider::ProviderAnswer;
use serde_json::{Value, json};

use crate::ex2_own_provider::read;

/// 2026-11-26T15:00:00Z.
const NOW: i64 = 1_795_705_200;

fn body() -> Value {
    json!({ "count": 17, "hits": [
        { "name": "No link", "excerpt": "x" },
        { "name": "A script", "href": "javascript:alert(1)", "excerpt": "x" },
        { "name": "<b>Travel</b> &amp; costs", "href": "https://Intra.example/travel?utm_source=mail#top",
          "excerpt": "How to <i>claim</i>\u{202e} them", "modified": "2 days ago", "score": 3.1 },
        { "name": "Travel again", "href": "http://www.intra.example/travel/", "excerpt": "x" },
        { "name": "\u{200b} ", "href": "https://intra.example/empty", "excerpt": "x" },
        { "name": "Rooms", "href": "https://intra.example/rooms", "modified": "some day" },
        { "name": "Phones", "href": "https://intra.example/phones", "excerpt": 7 },
    ] })
}

#[test]
fn fields_are_clean() {
    let answer = read(&body(), 10, NOW);
    let first = answer.results.first().expect("a result");
    assert_eq!((first.title.as_str(), first.snippet.as_str()), ("Travel & costs", "How to claim them"));
    assert_eq!((first.url.as_str(), first.site.as_str()), ("https://intra.example/travel", "intra.example"));
    assert_eq!(first.date.as_deref(), Some("2026-11-24T15:00:00Z"));
    assert_eq!(answer.total, Some(17));
}

#[test]
fn each_page_once_and_what_is_left_out_takes_no_place() {
    let titles = |count| read(&body(), count, NOW).results.into_iter().map(|result| result.title).collect::<Vec<_>>();
    assert_eq!(titles(10), ["Travel & costs", "Rooms", "Phones"]);
    assert_eq!(titles(2), ["Travel & costs", "Rooms"]);
}

#[test]
fn what_is_no_answer_is_an_empty_one() {
    for body in [json!(null), json!({}), json!({"hits": "none"}), json!({"hits": [null, 1, "x", {}]})] {
        assert_eq!(read(&body, 10, NOW), ProviderAnswer::default(), "{body}");
    }
    let long =
        json!({ "hits": [{ "name": "x".repeat(999), "href": "https://a.example/", "excerpt": "y".repeat(999) }] });
    let result = &read(&long, 10, NOW).results[0];
    assert_eq!((result.title.chars().count(), result.snippet.chars().count()), (200, 600));
}
