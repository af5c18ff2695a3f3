//! Compare: how several outlets tell one story, what they have in common, and what only one of them says.

use std::collections::{BTreeMap, BTreeSet};

use mcp_support::search::index::IndexError;
use schemars::JsonSchema;
use serde::Serialize;

use crate::{
    claims,
    library::Library,
    pipeline::{
        Candidate, Weights, cite,
        plan::{Safe, Wanted},
    },
    search, text,
};

/// Articles that are looked at.
const LOOKED_AT: usize = 30;
/// An article with less of the query's words tells another story.
const LEAST_SHARED: f64 = 0.5;
/// So does one whose place in the lists is worth less than this share of the best.
const LEAST_PLACE: f64 = 0.4;

/// How one outlet tells it.
#[derive(Debug, Clone, PartialEq, Serialize, JsonSchema)]
pub struct Telling {
    /// The outlet.
    pub outlet: String,
    /// How far it is trusted, from 0 to 1.
    pub trust: f64,
    /// Id of its newest article about it.
    pub id: String,
    /// Title, between `<<<` and `>>>`.
    pub title: String,
    /// Where it can be read.
    pub url: String,
    /// When it was published (RFC 3339).
    pub published: Option<String>,
    /// Sentences to the point, between `<<<` and `>>>`.
    pub says: String,
    /// The sentence that has least in common with the others, between `<<<` and `>>>`.
    pub only_here: Option<String>,
    /// Numbers that only it has.
    pub own_numbers: Vec<String>,
    /// Outlets that have only copied it.
    pub copied_by: Vec<String>,
}

/// A comparison.
#[derive(Debug, Clone, PartialEq, Serialize, JsonSchema)]
pub struct Comparison {
    /// What is compared.
    pub query: String,
    /// How each tells it, the most trusted first.
    pub tellings: Vec<Telling>,
    /// Words that most of them use, besides the query's.
    pub common: Vec<String>,
    /// Numbers that two or more of them have.
    pub shared_numbers: Vec<String>,
}

/// Compares how outlets tell a story. Blocks.
///
/// # Errors
/// The index is damaged.
pub fn compare(
    library: &Library,
    query: &str,
    weights: &Weights,
    now: i64,
    most: usize,
) -> Result<Comparison, IndexError> {
    let wanted = Wanted { query: query.to_owned(), limit: LOOKED_AT, safe: Safe::Moderate, ..Wanted::default() };
    let found = search::search(library, wanted, None, weights, now)?;
    let stems = text::stems(&found.plan.text);
    let best = found.results.iter().map(|candidate| candidate.parts.fused).fold(0.0, f64::max);
    let mut newest: BTreeMap<&str, &Candidate> = BTreeMap::new();
    for candidate in &found.results {
        let article = &candidate.indexed.article;
        let shared = claims::shared_with(&found.plan.text, &candidate.indexed);
        if shared < LEAST_SHARED || candidate.parts.fused < LEAST_PLACE * best {
            continue;
        }
        let known = newest.entry(&article.source).or_insert(candidate);
        if candidate.indexed.published > known.indexed.published {
            *known = candidate;
        }
    }
    let mut chosen: Vec<&Candidate> = newest.into_values().collect();
    chosen.sort_by(|one, other| other.indexed.trust.total_cmp(&one.indexed.trust));
    chosen.truncate(most);
    let all_numbers: Vec<BTreeSet<String>> =
        chosen.iter().map(|candidate| claims::numbers(&candidate.indexed.article.text)).collect();
    let with_number = |number: &String| all_numbers.iter().filter(|numbers| numbers.contains(number)).count();
    let tellings = chosen.iter().enumerate().map(|(at, candidate)| {
        let others: Vec<&Candidate> =
            chosen.iter().enumerate().filter(|(other, _)| *other != at).map(|(_, other)| *other).collect();
        let article = &candidate.indexed.article;
        let name = |source: &String| library.outlets().name(source).to_owned();
        Telling {
            outlet: name(&article.source),
            trust: candidate.indexed.trust,
            id: article.id.clone(),
            title: cite::marked(&article.title),
            url: article.url.clone(),
            published: candidate.indexed.published.and_then(cite::rfc3339),
            says: cite::marked(&cite::snippet(&article.text, &stems)),
            only_here: only_here(candidate, &others)
                .map(|sentence| cite::marked(&text::shortened(sentence, cite::SNIPPET))),
            own_numbers: all_numbers[at].iter().filter(|number| with_number(number) == 1).cloned().collect(),
            copied_by: candidate.duplicates.iter().map(name).collect(),
        }
    });
    let tellings: Vec<Telling> = tellings.collect();
    let numbers: BTreeSet<&String> = all_numbers.iter().flatten().collect();
    let shared_numbers = numbers.into_iter().filter(|number| with_number(number) > 1).cloned().collect();
    Ok(Comparison { query: found.plan.text, common: common(&chosen, &stems), tellings, shared_numbers })
}

/// The sentence whose words the others have least; none where they have most of them.
fn only_here<'a>(candidate: &'a Candidate, others: &[&Candidate]) -> Option<&'a str> {
    let novelty = |sentence: &&str| {
        let own = text::stems(sentence);
        let is_new = |stem: &&String| others.iter().all(|other| !other.indexed.stems.contains_key(*stem));
        own.iter().filter(is_new).count() as f64 / own.len().max(4) as f64
    };
    let sentences = text::sentences(&candidate.indexed.article.text);
    let best = sentences.into_iter().max_by(|one, other| novelty(one).total_cmp(&novelty(other)))?;
    (!others.is_empty() && novelty(&best) > 0.3).then_some(best)
}

/// Words that two thirds of the articles have, in the form that the first of them uses.
fn common(chosen: &[&Candidate], query: &[String]) -> Vec<String> {
    let Some(first) = chosen.first().filter(|_| chosen.len() > 1) else { return Vec::new() };
    let needed = (2 * chosen.len()).div_ceil(3);
    let mut common: Vec<String> = Vec::new();
    let mut seen: BTreeSet<String> = query.iter().cloned().collect();
    for word in text::words(&first.indexed.article.text) {
        let Some(stem) = text::stems(&word).pop() else { continue };
        let with = chosen.iter().filter(|candidate| candidate.indexed.stems.contains_key(&stem)).count();
        if with >= needed && seen.insert(stem) {
            common.push(word);
        }
    }
    common.truncate(15);
    common
}
