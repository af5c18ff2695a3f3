//! What a context does not say, as a structure: a model that knows what is missing asks, instead of making it up.

use std::collections::BTreeSet;

use schemars::JsonSchema;
use serde::Serialize;
use unicode_segmentation::UnicodeSegmentation;

use crate::{corpus::Corpus, features::words, thesaurus::plain};

/// Documents that are named for a gap.
const MOST_DOCUMENTS: usize = 5;
/// Gaps that are named.
const MOST_GAPS: usize = 20;

/// A word of the question that the context does not have.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, JsonSchema)]
pub struct Gap {
    /// The word, as it was asked.
    pub term: String,
    /// Whether other words are in its place everywhere, or other passages have it.
    pub reason: GapReason,
    /// Documents that have it.
    pub documents: Vec<String>,
}

/// Why a word is missing.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, JsonSchema)]
#[serde(rename_all = "snake_case")]
#[schemars(inline)]
pub enum GapReason {
    /// No document has it.
    NotInCorpus,
    /// Some have it, and were not shown.
    NotShown,
}

/// The words of a question that none of the texts has.
pub fn gaps(corpus: &Corpus, question: &str, shown: &[&str]) -> Vec<Gap> {
    let there: BTreeSet<String> = shown.iter().flat_map(|text| words(text)).collect();
    let (mut found, mut seen) = (Vec::new(), BTreeSet::new());
    for term in question.unicode_words() {
        let missing: Vec<String> = words(term).filter(|word| !there.contains(word)).collect();
        if missing.is_empty() || !seen.insert(term.to_lowercase()) || found.len() == MOST_GAPS {
            continue;
        }
        let mut documents: Vec<String> = Vec::new();
        for hit in corpus.keyword().search(&plain(term), 4 * MOST_DOCUMENTS, |_| true) {
            let id = &corpus.piece(hit.at).document.id;
            if documents.len() < MOST_DOCUMENTS && !documents.contains(id) {
                documents.push(id.clone());
            }
        }
        let reason = if documents.is_empty() { GapReason::NotInCorpus } else { GapReason::NotShown };
        found.push(Gap { term: term.to_owned(), reason, documents });
    }
    found
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::document::{About, Document, Kind};

    #[test]
    fn what_is_missing_says_why() {
        let mut corpus = Corpus::default();
        let document =
            |id: &str, text: &str| Document::new(id, Kind::Text, text, About::default()).expect("a document");
        corpus.ingest(vec![document("a", "The gate is green."), document("b", "The lamp is old.")]).expect("fits");
        let found = gaps(&corpus, "Is the gate or the lamp of bronze?", &["The gate is green."]);
        let gap = |term: &str, reason, documents: &[&str]| Gap {
            term: term.to_owned(),
            reason,
            documents: documents.iter().map(|id| (*id).to_owned()).collect(),
        };
        assert_eq!(found, [gap("lamp", GapReason::NotShown, &["b"]), gap("bronze", GapReason::NotInCorpus, &[])]);
    }
}
