//! Words that the index knows: those like a misspelt one, and those that tell documents apart.

use std::collections::{BTreeMap, HashMap};

use tantivy::{Searcher, Term, query::FuzzyTermQuery, schema::Field};

use super::{Analyzer, IndexError, WeightedWord};

/// Longer words are not repaired.
const MAX_WORD_CHARS: usize = 40;
/// Words shorter than this are repaired by one letter, others by two.
const LONG_WORD_CHARS: usize = 6;
/// Words shorter than this are not repaired: everything is near to them.
const SHORT_WORD_CHARS: usize = 3;
/// Most characters that are read of each document for its terms.
const MAX_READ_CHARS: usize = 50_000;

/// A known word near another.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Spelling {
    /// In lower case.
    pub word: String,
    /// Letters that differ (added, left out, another, two swapped): 0, 1 or 2.
    pub distance: u8,
    /// How many documents have it, in this form.
    pub documents: u64,
}

pub(super) fn spell(searcher: &Searcher, field: Field, word: &str, most: usize) -> Result<Vec<Spelling>, IndexError> {
    let word = word.trim().to_lowercase();
    let length = word.chars().count();
    if !(1..=MAX_WORD_CHARS).contains(&length) {
        return Ok(Vec::new());
    }
    let reach = match length {
        _ if length < SHORT_WORD_CHARS => 0,
        _ if length < LONG_WORD_CHARS => 1,
        _ => 2,
    };
    let mut documents = BTreeMap::<String, u64>::new();
    for segment in searcher.segment_readers() {
        let terms = segment.inverted_index(field)?;
        let automaton = FuzzyTermQuery::new(Term::from_field_text(field, &word), reach, true).automaton()?;
        let mut near =
            terms.terms().search(automaton).into_stream().map_err(|error| IndexError::Failed(error.to_string()))?;
        while near.advance() {
            if let Ok(known) = std::str::from_utf8(near.key()) {
                *documents.entry(known.to_owned()).or_default() += u64::from(near.value().doc_freq);
            }
        }
    }
    let mut near: Vec<Spelling> = documents
        .into_iter()
        .map(|(known, documents)| {
            let distance = strsim::osa_distance(&known, &word);
            Spelling { distance: u8::try_from(distance).unwrap_or(u8::MAX), word: known, documents }
        })
        .collect();
    near.sort_by(|a, b| (a.distance, b.documents, &a.word).cmp(&(b.distance, a.documents, &b.word)));
    near.truncate(most);
    Ok(near)
}

/// By how often they stand in these documents, times how rare they are elsewhere (tf-idf).
pub(super) fn top_terms(
    searcher: &Searcher,
    field: Field,
    analyzer: &Analyzer,
    texts: impl Iterator<Item = String>,
    most: usize,
) -> Result<Vec<WeightedWord>, IndexError> {
    let mut counts = HashMap::<String, f32>::new();
    for text in texts {
        let words = analyzer.words(&text.chars().take(MAX_READ_CHARS).collect::<String>());
        let mut of_text = HashMap::<String, f32>::new();
        for word in words.into_iter().filter(|word| word.chars().count() > 2 && !word.starts_with(char::is_numeric)) {
            *of_text.entry(word).or_default() += 1.0;
        }
        // A long document has no more to say than a short one, and the tenth time says less than the second.
        for (word, count) in of_text {
            *counts.entry(word).or_default() += 1.0 + count.ln();
        }
    }
    let documents = searcher.num_docs() as f32;
    let mut weighed = Vec::with_capacity(counts.len());
    for (word, count) in counts {
        let with_word = searcher.doc_freq(&Term::from_field_text(field, &word))? as f32;
        weighed.push(WeightedWord { weight: count * (1.0 + documents / (1.0 + with_word)).ln(), word });
    }
    weighed.sort_by(|a, b| b.weight.total_cmp(&a.weight).then_with(|| a.word.cmp(&b.word)));
    let mut stems = Vec::new();
    weighed.retain(|weighed| {
        let stem = analyzer.stems(&weighed.word);
        let is_new = stems.len() < most && !stems.contains(&stem);
        if is_new {
            stems.push(stem);
        }
        is_new
    });
    let best = weighed.first().map_or(1.0, |best| best.weight);
    weighed.iter_mut().for_each(|weighed| weighed.weight /= best);
    Ok(weighed)
}
