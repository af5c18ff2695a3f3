//! (1) Analyse: what a person means by a few words. Operators, time expressions, language, names and intent are read
//! off the query; what is left are the words to look for.

mod intent;
mod operators;
mod time;

use schemars::JsonSchema;
use serde::Serialize;
use whatlang::{Detector, Lang};

pub use self::{
    intent::{Intent, is_follow_up},
    operators::Operators,
    time::Window,
};
use crate::text;

/// Longest query, in characters.
pub const MAX_QUERY: usize = 400;
/// Languages that articles are written in here.
const LANGUAGES: [(Lang, &str); 4] = [(Lang::Eng, "en"), (Lang::Deu, "de"), (Lang::Spa, "es"), (Lang::Fra, "fr")];
/// A guess at the language of fewer characters is no better than a coin.
const LEAST_FOR_LANGUAGE: usize = 18;

/// What a query says.
#[derive(Debug, Clone, PartialEq, Serialize, JsonSchema)]
pub struct Analysis {
    /// The words to look for: the query without operators and time expressions.
    pub text: String,
    /// What must or must not be there.
    pub operators: Operators,
    /// When the article must have been published.
    pub window: Window,
    /// Language of the query (ISO 639-1), where that is certain.
    pub language: Option<String>,
    /// Names in the query.
    pub entities: Vec<String>,
    /// What kind of answer is wanted.
    pub intent: Intent,
    /// Whether the query goes on from the one before, as in "and the second leg?".
    pub follow_up: bool,
}

/// Reads a query at the time `now`.
pub fn analyse(query: &str, now: i64) -> Analysis {
    let query: String = query.chars().filter(|letter| !letter.is_control()).take(MAX_QUERY).collect();
    let (operators, rest) = operators::read(&query);
    let (mut window, rest) = time::read(&rest, now);
    window.from = window.from.max(operators.after);
    window.until = [window.until, operators.before].into_iter().flatten().min();
    let intent = intent::read(&query, &rest, window);
    Analysis {
        language: operators.language.clone().or_else(|| language(&rest)),
        entities: names(&rest),
        intent,
        follow_up: is_follow_up(&rest),
        text: rest,
        operators,
        window,
    }
}

fn language(text: &str) -> Option<String> {
    if text.chars().count() < LEAST_FOR_LANGUAGE {
        return None;
    }
    let found = Detector::with_allowlist(LANGUAGES.map(|(lang, _)| lang).to_vec()).detect(text)?;
    let known = LANGUAGES.iter().find(|(lang, _)| *lang == found.lang());
    known.filter(|_| found.is_reliable()).map(|(_, code)| (*code).to_owned())
}

/// Runs of words with capitals, and words with digits in them. The first word of a query says little: people begin
/// with a capital.
pub fn names(text: &str) -> Vec<String> {
    let mut entities: Vec<String> = Vec::new();
    let mut run: Vec<&str> = Vec::new();
    let words: Vec<&str> = text.split_whitespace().collect();
    for (at, word) in words.iter().copied().chain([""]).enumerate() {
        let word = word.trim_matches(|letter: char| !letter.is_alphanumeric());
        let capital = word.chars().next().is_some_and(char::is_uppercase) && (at > 0 || words.len() <= 3);
        let numbered = word.chars().any(char::is_numeric) && word.chars().any(char::is_alphabetic);
        if capital || numbered {
            run.push(word);
        } else if !run.is_empty() {
            let entity = std::mem::take(&mut run).join(" ");
            if !text::stems(&entity).is_empty() && !entities.contains(&entity) {
                entities.push(entity);
            }
        }
    }
    entities
}

#[cfg(test)]
mod tests {
    use super::*;

    const NOW: i64 = 1_795_694_400; // 2026-11-26T12:00:00Z

    #[test]
    fn a_query_is_taken_apart() {
        let found = analyse("latest on the Lindhaven bridge site:courier.example -football this week", NOW);
        assert_eq!(found.text, "latest on the Lindhaven bridge");
        assert_eq!(found.operators.sites, ["courier.example"]);
        assert_eq!(found.operators.excluded, ["football"]);
        assert_eq!(found.entities, ["Lindhaven"]);
        assert_eq!(found.intent, Intent::Fresh);
        assert!(found.window.from.is_some_and(|from| from < NOW && from > NOW - 8 * 86_400), "{found:?}");
    }

    #[test]
    fn a_language_is_named_only_when_it_is_certain() {
        for (query, language) in [
            ("wann wird die Brücke im Hafen wieder geöffnet", Some("de")),
            ("cuándo abrirán de nuevo el puente del puerto viejo", Some("es")),
            ("when will the bridge in the harbour open again", Some("en")),
            ("jaguar", None),
            ("lang:fr jaguar", Some("fr")),
        ] {
            assert_eq!(analyse(query, NOW).language.as_deref(), language, "{query}");
        }
    }

    #[test]
    fn names() {
        for (query, names) in [
            ("what did Mayor Ida Brandt say about Orbit 7b", &["Mayor Ida Brandt", "Orbit 7b"][..]),
            ("How do bridges rust", &[]),
            ("Saturn", &["Saturn"]),
        ] {
            assert_eq!(analyse(query, NOW).entities, names, "{query}");
        }
    }

    proptest::proptest! {
        #[test]
        fn nothing_that_is_typed_breaks_it(query in "\\PC{0,80}|[a-z\":\\- 0-9]{0,60}") {
            let found = analyse(&query, NOW);
            proptest::prop_assert!(found.text.chars().count() <= MAX_QUERY);
        }
    }
}
