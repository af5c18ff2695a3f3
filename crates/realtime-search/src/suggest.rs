//! What to ask next: words that the articles of a query share, names in them, and what the session is about.

use std::collections::HashMap;

use mcp_support::search::index::IndexError;
use schemars::JsonSchema;
use serde::Serialize;

use crate::{
    library::Library,
    pipeline::{Candidate, Weights, analyse, plan::Wanted},
    search,
    session::Session,
    text,
};

/// Articles that are looked at.
const FROM: usize = 8;

/// How far an outlet must be trusted before names are taken from it.
const LEAST_TRUST: f64 = 0.4;
/// A query with more words is a sentence.
const LONG: usize = 4;

/// A query that is worth asking.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, JsonSchema)]
pub struct Suggestion {
    /// The query.
    pub query: String,
    /// Where it comes from.
    pub why: String,
}

/// Suggests queries, the best first: each finds something. Blocks.
///
/// # Errors
/// The index is damaged.
pub fn suggest(
    library: &Library,
    query: &str,
    session: Option<&Session>,
    weights: &Weights,
    now: i64,
    most: usize,
) -> Result<Vec<Suggestion>, IndexError> {
    let wanted = Wanted { query: query.to_owned(), limit: FROM, ..Wanted::default() };
    let found = search::search(library, wanted, session, weights, now)?;
    let own = text::stems(&found.plan.text);
    let base = base(&found.plan.text);
    let typed = found.plan.analysis.text.clone();
    let mut suggestions: Vec<Suggestion> = Vec::new();
    let mut add = |query: String, why: &str| {
        let is_new = !suggestions.iter().any(|known| text::stems(&known.query) == text::stems(&query));
        let says_more = text::stems(&query) != own || text::words(&query) != text::words(&typed);
        if is_new && says_more && suggestions.len() < most {
            suggestions.push(Suggestion { query, why: why.to_owned() });
        }
    };
    if !found.plan.expansion.corrected.is_empty() {
        add(found.plan.text.clone(), "a likelier spelling");
    }
    for asked in session.iter().flat_map(|session| session.history.iter().rev()) {
        if asked.query.to_lowercase().starts_with(&query.to_lowercase()) {
            add(asked.query.clone(), "asked before in this session");
        }
    }
    for name in names(&found.results, &own).into_iter().take(most.div_ceil(2)) {
        add(format!("{base} {name}"), "a name in what was found");
    }
    for word in
        found.plan.expansion.feedback.iter().filter(|word| text::stems(word).iter().all(|stem| !own.contains(stem)))
    {
        add(format!("{base} {word}"), "a word that sets the best articles apart");
    }
    for topic in session.iter().flat_map(|session| session.preferences.topics.iter().chain(&session.domain)) {
        add(format!("{base} {topic}"), "the session's topic");
    }
    if found.plan.window.is_open() {
        add(format!("{base} this week"), "only what is new");
    }
    Ok(suggestions)
}

/// What a query is about: of a whole question only the words that say something.
fn base(text: &str) -> String {
    let words: Vec<&str> = text.split_whitespace().collect();
    if words.len() <= LONG {
        return text.to_owned();
    }
    let says_something = |word: &&&str| !text::stems(word).is_empty();
    words
        .iter()
        .filter(says_something)
        .map(|word| word.trim_end_matches(['?', '!', '.', ',']))
        .collect::<Vec<_>>()
        .join(" ")
}

/// Names that most of the articles have, and the query has not.
fn names(results: &[Candidate], own: &[String]) -> Vec<String> {
    let mut counts: HashMap<String, usize> = HashMap::new();
    // Whoever is trusted little must not choose what is asked next.
    let is_trusted =
        |candidate: &&Candidate| candidate.indexed.trust >= LEAST_TRUST && candidate.indexed.flags.is_empty();
    for candidate in results.iter().filter(is_trusted) {
        let mut names: Vec<String> = text::sentences(&candidate.indexed.article.text)
            .into_iter()
            .flat_map(|sentence| analyse::names(sentence.split_once(' ').map_or("", |(_, rest)| rest)))
            .filter(|name| name.contains(' ') && text::stems(name).iter().all(|stem| !own.contains(stem)))
            .collect();
        names.sort_unstable();
        names.dedup();
        names.into_iter().for_each(|name| *counts.entry(name).or_default() += 1);
    }
    let mut ranked: Vec<(String, usize)> = counts.into_iter().filter(|(_, count)| *count > 1).collect();
    ranked.sort_by(|one, other| other.1.cmp(&one.1).then(one.0.cmp(&other.0)));
    ranked.into_iter().map(|(name, _)| name).collect()
}
