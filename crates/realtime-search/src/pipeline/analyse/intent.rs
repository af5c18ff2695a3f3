//! What kind of answer a query wants, and whether it goes on from another.

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use super::time::Window;
use crate::text;

/// What kind of answer is wanted. It decides how fast articles grow old.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "snake_case")]
pub enum Intent {
    /// What is going on now.
    Fresh,
    /// What is going on around a place.
    Local,
    /// A story, or a name that may be in the news.
    News,
    /// One thing beside another.
    Comparison,
    /// What was true last year too.
    Evergreen,
}

const FRESH: [&str; 24] = [
    "latest",
    "breaking",
    "now",
    "live",
    "update",
    "updates",
    "current",
    "currently",
    "newest",
    "score",
    "scores",
    "result",
    "results",
    "recent",
    "still",
    "aktuell",
    "neueste",
    "jetzt",
    "ultimas",
    "ahora",
    "derniers",
    "actualites",
    "happening",
    "yet",
];
const LOCAL: [&str; 8] = ["near", "nearby", "local", "neighbourhood", "downtown", "street", "traffic", "weather"];
const EVERGREEN: [&str; 16] = [
    "how",
    "why",
    "history",
    "explained",
    "explain",
    "guide",
    "recipe",
    "tutorial",
    "meaning",
    "definition",
    "basics",
    "learn",
    "habitat",
    "wie",
    "como",
    "comment",
];
const COMPARISON: [&str; 6] = ["vs", "versus", "compare", "compared", "comparison", "difference"];
/// A query that begins so is about what was spoken of before.
const GOES_ON: [&str; 16] = [
    "what about",
    "how about",
    "and the",
    "and what",
    "and how",
    "and who",
    "and when",
    "and where",
    "what else",
    "anything else",
    "any more",
    "und was",
    "y que",
    "et le",
    "then what",
    "so what",
];
/// Words that stand for something that was named before.
const POINTS_BACK: [&str; 15] = [
    "it", "its", "they", "their", "them", "he", "she", "his", "her", "that", "those", "this", "these", "there", "ones",
];
/// A query with more words that mean something says itself what it is about.
const SHORT: usize = 4;

pub(super) fn read(query: &str, rest: &str, window: Window) -> Intent {
    let words = text::words(query);
    let has = |list: &[&str]| words.iter().any(|word| list.contains(&word.as_str()));
    if has(&COMPARISON) {
        Intent::Comparison
    } else if has(&FRESH) || window.from.is_some() {
        Intent::Fresh
    } else if has(&LOCAL) {
        Intent::Local
    } else if has(&EVERGREEN) || text::words(rest).starts_with(&["what".to_owned(), "is".to_owned(), "a".to_owned()]) {
        Intent::Evergreen
    } else {
        Intent::News
    }
}

/// Whether a query can only be understood after another: it begins like one that goes on, or it points back and says
/// little itself.
pub fn is_follow_up(query: &str) -> bool {
    let words = text::words(query);
    let begins = words.iter().take(2).map(String::as_str).collect::<Vec<_>>().join(" ");
    if GOES_ON.contains(&begins.as_str()) {
        return true;
    }
    let points = words.iter().any(|word| POINTS_BACK.contains(&word.as_str()));
    points && text::stems(query).len() <= SHORT
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn intents() {
        for (query, intent) in [
            ("latest harbour news", Intent::Fresh),
            ("how does a suspension bridge work", Intent::Evergreen),
            ("weather in Lindhaven", Intent::Local),
            ("diesel vs hydrogen buses", Intent::Comparison),
            ("museum theft suspects", Intent::News),
        ] {
            assert_eq!(read(query, query, Window::default()), intent, "{query}");
        }
    }

    #[test]
    fn a_query_that_goes_on() {
        for query in ["what about the second leg?", "and the goalkeeper", "when does it open", "who did that"] {
            assert!(is_follow_up(query), "{query}");
        }
        for query in
            ["bridge", "what the mayor said about the closed harbour bridge", "is that new harbour bridge in town safe"]
        {
            assert!(!is_follow_up(query), "{query}");
        }
    }
}
