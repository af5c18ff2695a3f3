//! From what a person types to what the index is asked.

use mcp_support::search::{
    index::{Filter, IndexError, SearchIndex, SearchQuery, WeightedWord},
    provider::{ProviderRequest, Vertical},
};

use super::{
    corpus::Kind,
    lexicon::{Lexicon, Term, bare},
    synonyms::Synonyms,
    wishes::{self, Wishes},
};

/// Hits that are looked at before the page is cut out of them.
const CANDIDATES: usize = 200;
/// What a word of the same meaning counts, where the typed one counts 1.
const SYNONYM_WEIGHT: f32 = 0.7;
/// Shorter words are not repaired: everything is near to them.
const LEAST_REPAIRED_CHARS: usize = 4;
/// Shorter words are repaired by one letter only: two change a snail into a snack.
const LONG_CHARS: usize = 8;

/// A question that is understood.
#[derive(Debug)]
pub(super) struct Question {
    pub(super) query: SearchQuery,
    /// The words that say something.
    pub(super) terms: Vec<Term>,
    pub(super) wishes: Wishes,
    /// What is searched instead of what was typed, if a word was repaired.
    pub(super) corrected: Option<String>,
}

impl Question {
    /// Understands a request, at the moment `now` in seconds since 1970.
    ///
    /// # Errors
    /// The index is damaged.
    pub(super) fn new(
        request: &ProviderRequest,
        index: &SearchIndex,
        lexicon: &Lexicon,
        synonyms: &Synonyms,
        now: i64,
    ) -> Result<Self, IndexError> {
        let mut wishes = match request.vertical {
            Vertical::Products => wishes::of_a_buyer(&request.query),
            _ => wishes::of_anybody(&request.query),
        };
        let corrected = repaired(&wishes.topic, index, lexicon)?;
        if let Some(topic) = &corrected {
            wishes.topic.clone_from(topic);
        }
        let text = searched(&wishes.topic, lexicon);
        let mut terms = lexicon.terms(&positive(&text));
        let also = synonyms.apply(&lexicon.stems(&text), &mut terms);
        let also = also.into_iter().map(|word| WeightedWord { word, weight: SYNONYM_WEIGHT }).collect();
        let query = SearchQuery {
            text,
            also,
            filters: filters(request, &wishes, now),
            limit: CANDIDATES,
            ..SearchQuery::default()
        };
        Ok(Self { query, terms, wishes, corrected })
    }
}

/// Without the words that say nothing, unless there is no other. What is quoted or excluded stays as it is.
fn searched(topic: &str, lexicon: &Lexicon) -> String {
    if topic.contains('"') {
        return topic.to_owned();
    }
    let kept: Vec<&str> = topic.split_whitespace().filter(|word| !lexicon.is_empty_word(bare(word))).collect();
    if kept.is_empty() { topic.to_owned() } else { kept.join(" ") }
}

/// Without what is excluded.
fn positive(text: &str) -> String {
    text.split_whitespace().filter(|word| !word.starts_with('-')).collect::<Vec<_>>().join(" ")
}

/// With known words in the place of unknown ones that are near to them. Nothing, if all are known or none is near.
fn repaired(topic: &str, index: &SearchIndex, lexicon: &Lexicon) -> Result<Option<String>, IndexError> {
    let mut has_changed = false;
    let mut words = Vec::new();
    for word in topic.split_whitespace() {
        let letters = bare(word);
        let is_word = letters.chars().count() >= LEAST_REPAIRED_CHARS && letters.chars().all(char::is_alphabetic);
        let is_operator = word.starts_with('-') || topic.contains('"');
        if is_word && !is_operator && !lexicon.knows(letters) {
            let near = index.spell(letters, 5)?;
            // People rarely miss the first letter, and names that begin otherwise are other names.
            let first = letters.to_lowercase().chars().next();
            let reach = if letters.chars().count() < LONG_CHARS { 1 } else { 2 };
            let is_likely = |word: &str, distance| word.chars().next() == first && distance <= reach;
            if let Some(known) = near.into_iter().find(|known| is_likely(&known.word, known.distance)) {
                has_changed = true;
                words.push(word.replace(letters, &known.word));
                continue;
            }
        }
        words.push(word.to_owned());
    }
    Ok(has_changed.then(|| words.join(" ")))
}

fn filters(request: &ProviderRequest, wishes: &Wishes, now: i64) -> Vec<Filter> {
    let kinds = Kind::of(request.vertical).iter().map(|kind| kind.as_str().to_owned()).collect();
    let mut filters = vec![Filter::Is { facet: "kind".to_owned(), any_of: kinds }];
    let site = |site: &str| site.trim().to_lowercase().trim_start_matches("www.").to_owned();
    filters.extend(request.site.as_deref().map(|only| Filter::is("site", site(only))));
    filters.extend(request.exclude_site.as_deref().map(|not| Filter::is_not("site", site(not))));
    filters.extend(request.language.as_deref().map(|language| Filter::is("language", language.to_lowercase())));
    let range = request.time_range.map(|range| Filter::Date { from: Some(now - range.seconds()), until: None });
    filters.extend(range);
    if wishes.at_least.is_some() || wishes.at_most.is_some() {
        filters.push(Filter::Number { least: wishes.at_least, most: wishes.at_most });
    }
    filters
}
