//! Which words stand in which document, and how much each word tells.

use std::collections::{HashMap, HashSet};

use mcp_support::search::index::Analyzer;

use super::corpus::{Corpus, Document};

/// Words that make a question of a statement, and others that stand in every text: they tell nothing about a topic.
const EMPTY: [&str; 73] = [
    "a", "about", "after", "am", "an", "and", "any", "are", "as", "at", "be", "best", "but", "by", "can", "cant",
    "could", "did", "do", "does", "dont", "for", "from", "get", "has", "have", "how", "i", "if", "in", "is", "it",
    "its", "just", "m", "me", "much", "my", "need", "of", "on", "or", "s", "should", "so", "some", "t", "than", "that",
    "the", "their", "them", "there", "these", "they", "this", "to", "use", "want", "was", "we", "what", "whats",
    "when", "where", "which", "who", "why", "will", "with", "would", "you", "your",
];

/// No text for people says one word so often, as a share of its words.
const STUFFED: f32 = 0.12;

/// A word of a question: its stem, how much it tells, and other stems that mean the same.
#[derive(Debug, Clone, PartialEq)]
pub(super) struct Term {
    pub(super) stem: String,
    pub(super) weight: f32,
    pub(super) same: Vec<Vec<String>>,
}

/// The stems of a document.
#[derive(Debug)]
pub(super) struct Stems {
    pub(super) title: HashSet<String>,
    pub(super) all: HashSet<String>,
    /// Runs of stems of the text, for near copies.
    pub(super) shingles: HashSet<u64>,
    /// Whether it says a word over and over, as is written for machines.
    pub(super) is_stuffed: bool,
}

/// The stems of the whole collection.
#[derive(Debug)]
pub(super) struct Lexicon {
    analyzer: Analyzer,
    pub(super) documents: Vec<Stems>,
    frequencies: HashMap<String, usize>,
    empty: HashSet<String>,
}

impl Lexicon {
    pub(super) fn new(corpus: &Corpus, analyzer: Analyzer) -> Self {
        let empty: HashSet<String> = EMPTY.map(str::to_owned).into();
        let documents: Vec<Stems> =
            corpus.documents.iter().map(|document| stems(document, &analyzer, &empty)).collect();
        let mut frequencies = HashMap::new();
        for stem in documents.iter().flat_map(|document| &document.all) {
            *frequencies.entry(stem.clone()).or_default() += 1;
        }
        Self { analyzer, documents, frequencies, empty }
    }

    /// The stems of a text, in order.
    pub(super) fn stems(&self, text: &str) -> Vec<String> {
        self.analyzer.stems(text)
    }

    /// Whether a word as it is typed says nothing about a topic.
    pub(super) fn is_empty_word(&self, word: &str) -> bool {
        self.empty.contains(&word.to_lowercase().replace('\'', ""))
    }

    /// Whether a word is in any document, in any form.
    pub(super) fn knows(&self, word: &str) -> bool {
        self.stems(word).iter().all(|stem| self.frequencies.contains_key(stem))
    }

    /// How much a stem tells: the rarer it is, the more. One that is in no document tells most.
    pub(super) fn weight(&self, stem: &str) -> f32 {
        let with_it = self.frequencies.get(stem).copied().unwrap_or(0) as f32;
        let all = self.documents.len() as f32;
        (1.0 + (all - with_it + 0.5) / (with_it + 0.5)).ln()
    }

    /// The distinct words of a text that say something, with their weights.
    pub(super) fn terms(&self, text: &str) -> Vec<Term> {
        let words = text.split(|c: char| c.is_whitespace() || c == '-').filter(|word| !self.is_empty_word(bare(word)));
        let mut terms = Vec::<Term>::new();
        for stem in words.flat_map(|word| self.stems(word)) {
            if terms.iter().all(|term| term.stem != stem) {
                terms.push(Term { weight: self.weight(&stem), stem, same: Vec::new() });
            }
        }
        terms
    }
}

/// Which share of what the words tell is in the set: 0 to 1. A word of the same meaning counts nearly as much.
pub(super) fn coverage(terms: &[Term], set: &HashSet<String>) -> f32 {
    let whole: f32 = terms.iter().map(|term| term.weight).sum();
    let found: f32 = terms
        .iter()
        .map(|term| match set.contains(&term.stem) {
            true => term.weight,
            false if term.same.iter().any(|same| same.iter().all(|stem| set.contains(stem))) => 0.8 * term.weight,
            false => 0.0,
        })
        .sum();
    if whole > 0.0 { found / whole } else { 0.0 }
}

/// A word without the marks around it.
pub(super) fn bare(word: &str) -> &str {
    word.trim_matches(|c: char| !c.is_alphanumeric())
}

fn stems(document: &Document, analyzer: &Analyzer, empty: &HashSet<String>) -> Stems {
    let title = analyzer.stems(&document.title);
    let text = analyzer.stems(&document.text);
    let shingles = super::copies::shingles(&text);
    let mut counts = HashMap::<&str, usize>::new();
    let tells = |stem: &&String| !empty.contains(*stem) && stem.starts_with(char::is_alphabetic);
    for stem in title.iter().chain(&text).filter(tells) {
        *counts.entry(stem).or_default() += 1;
    }
    let most = counts.into_values().max().unwrap_or(0);
    let is_stuffed = most as f32 > STUFFED * (title.len() + text.len()) as f32;
    let title: HashSet<String> = title.into_iter().collect();
    let mut all: HashSet<String> = title.iter().cloned().chain(text).collect();
    all.extend(analyzer.stems(&document.words_besides()));
    Stems { title, all, shingles, is_stuffed }
}
