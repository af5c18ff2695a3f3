//! (5) What speaks for a unit: each signal is from 0 to about 1.

mod near;
mod others;

use std::collections::HashMap;

use chrono::Datelike as _;

pub use self::{
    near::from_vectors,
    others::{feedback, from_neighbours, scaled},
};
use crate::{
    corpus::Corpus,
    thesaurus::{Wanted, expanded, plain, relatives},
    units,
};

/// The names of the signals.
pub const NAMES: [&str; SIGNALS] = [
    "words",
    "headings",
    "share",
    "loose share",
    "pairs",
    "identifiers",
    "figure",
    "length",
    "chunk by words",
    "chunk by vectors",
    "chunk by both",
    "source",
    "best chunk of source",
    "neighbour",
    "feedback",
    "vector",
    "nearest words",
    "recent",
    "year",
];
/// How many signals there are.
pub const SIGNALS: usize = 19;
const WORDS: usize = 0;
const HEADINGS: usize = 1;
const SHARE: usize = 2;
const LOOSE: usize = 3;
const PAIRS: usize = 4;
const IDENTIFIERS: usize = 5;
const FIGURE: usize = 6;
const LENGTH: usize = 7;
const CHUNK: usize = 8;
const SOURCE: usize = 11;
const BEST: usize = 12;
const NEIGHBOUR: usize = 13;
const FEEDBACK: usize = 14;
const VECTOR: usize = 15;
const NEAREST: usize = 16;
const RECENT: usize = 17;
const YEAR: usize = 18;

/// How soon more of the same word stops to matter, and what a long unit has to pay (BM25).
const K1: f32 = 1.2;
const B: f32 = 0.3;
/// Words of a usual unit.
const USUAL: f32 = 30.0;
/// What a related word is worth where the word itself is missing.
const RELATED: f32 = 0.5;
/// What asks for a figure.
const FIGURES: [&str; 15] = [
    "how many",
    "how much",
    "how long",
    "how often",
    "how far",
    "how old",
    "how fast",
    "how big",
    "how high",
    "how large",
    "when ",
    "what time",
    "limit",
    "price",
    "cost",
];

/// A unit of a chunk that was found.
#[derive(Debug, Clone)]
pub struct Unit<'a> {
    /// The number of the chunk.
    pub at: usize,
    /// Its number in the chunk.
    pub number: usize,
    /// What speaks for it.
    pub signals: [f32; SIGNALS],
    document: &'a str,
    unit: &'a units::Unit,
}

impl Unit<'_> {
    /// What the cheap signals say.
    pub(crate) fn promise(&self) -> f32 {
        let of = |signal: usize| self.signals[signal];
        of(WORDS) + 2.0 * of(SHARE) + of(SOURCE) + of(CHUNK) + of(CHUNK + 1) + of(CHUNK + 2) + of(PAIRS)
    }
}

/// A question, taken apart once.
#[derive(Debug)]
pub struct Asked {
    words: Vec<Wanted>,
    /// Of each word, its share of the rarity of all.
    shares: Vec<f32>,
    /// Of each word, where its relatives stand among the words that are looked up.
    relatives: Vec<Vec<usize>>,
    lookup: Lookup,
    identifiers: Vec<String>,
    years: Vec<i32>,
    wants_figure: bool,
}

impl Asked {
    /// Takes a question apart.
    pub fn new(corpus: &Corpus, question: &str) -> Self {
        let words = plain(question);
        let lower = question.to_lowercase();
        let named = question.split(|letter: char| letter.is_whitespace() || ",?!()\"'`".contains(letter));
        let named = named.map(|word| word.trim_matches(['.', ';', ':']));
        let years = named.clone().filter_map(|word| word.parse().ok()).filter(|year| (1900..2100).contains(year));
        let rarities: Vec<f32> = words.iter().map(|wanted| corpus.keyword().rarity(&wanted.word)).collect();
        let all = rarities.iter().sum::<f32>().max(1e-6);
        let lookup = Lookup::new(corpus, &expanded(question));
        let of = |wanted: &Wanted| relatives(&wanted.word).iter().filter_map(|word| lookup.places.get(word).copied());
        Self {
            relatives: words.iter().map(|wanted| of(wanted).collect()).collect(),
            shares: rarities.into_iter().map(|rarity| rarity / all).collect(),
            years: years.collect(),
            identifiers: named.filter(|word| word.len() > 2 && is_identifier(word)).map(str::to_lowercase).collect(),
            wants_figure: FIGURES.iter().any(|form| lower.contains(form)),
            lookup,
            words,
        }
    }

    /// The signals that need no other unit. `found` is how well its chunk was found, by words, vectors and both.
    pub fn judge<'a>(&self, corpus: &'a Corpus, at: usize, number: usize, found: [f32; 3]) -> Unit<'a> {
        let piece = corpus.piece(at);
        let unit = &piece.chunk.units[number];
        let text = &piece.document.text[unit.span.clone()];
        let (here, over) = (self.lookup.counts(&unit.words), self.lookup.counts(&unit.words_above));
        // The question's own words come first among those that are looked up.
        let has = |place: usize| here.times[place] + over.times[place] > 0.0;
        let loose = |word: usize| if self.relatives[word].iter().any(|place| has(*place)) { RELATED } else { 0.0 };
        let shares = |of: &dyn Fn(usize) -> f32| -> f32 {
            self.shares.iter().enumerate().map(|(word, share)| share * if has(word) { 1.0 } else { of(word) }).sum()
        };
        let lower = if self.identifiers.is_empty() { String::new() } else { text.to_lowercase() };
        let named = self.identifiers.iter().filter(|name| lower.contains(name.as_str())).count();
        let year = piece.document.about.date.map(|date| date.year());
        let mut signals = [0.0; SIGNALS];
        signals[WORDS] = self.lookup.score(&here);
        signals[HEADINGS] = self.lookup.score(&over);
        signals[SHARE] = shares(&|_| 0.0);
        signals[LOOSE] = shares(&loose);
        signals[PAIRS] = here.pairs.iter().filter(|first| **first + 1 < self.words.len()).count().min(2) as f32 / 2.0;
        signals[IDENTIFIERS] = named as f32 / self.identifiers.len().max(1) as f32;
        signals[FIGURE] = if self.wants_figure && text.chars().any(char::is_numeric) { 1.0 } else { 0.0 };
        signals[LENGTH] = (here.length + 1.0).ln() / 4.0;
        signals[YEAR] = if year.is_some_and(|year| self.years.contains(&year)) { 1.0 } else { 0.0 };
        signals[CHUNK..CHUNK + 3].copy_from_slice(&found);
        Unit { at, number, signals, document: &piece.document.id, unit }
    }
}

/// Words that are looked up in units, each with its place.
#[derive(Debug)]
struct Lookup {
    places: HashMap<String, usize>,
    /// What each counts: its weight times its rarity.
    weights: Vec<f32>,
}

/// How often the words that are looked up stand in a text.
struct Counts {
    times: Vec<f32>,
    /// Places of words that are followed by the next one.
    pairs: Vec<usize>,
    length: f32,
}

impl Lookup {
    fn new(corpus: &Corpus, wanted: &[Wanted]) -> Self {
        Self {
            places: wanted.iter().enumerate().map(|(place, wanted)| (wanted.word.clone(), place)).collect(),
            weights: wanted.iter().map(|wanted| wanted.weight * corpus.keyword().rarity(&wanted.word)).collect(),
        }
    }

    fn counts(&self, words: &str) -> Counts {
        let mut counts = Counts { times: vec![0.0; self.weights.len()], pairs: Vec::new(), length: 0.0 };
        let mut before = None;
        for word in words.split_ascii_whitespace() {
            let place = self.places.get(word).copied();
            if let Some(place) = place {
                counts.times[place] += 1.0;
                if place.checked_sub(1).is_some_and(|first| before == Some(first) && !counts.pairs.contains(&first)) {
                    counts.pairs.push(place - 1);
                }
            }
            before = place;
            counts.length += 1.0;
        }
        counts
    }

    /// BM25 of one unit, with the corpus's rarities.
    fn score(&self, counts: &Counts) -> f32 {
        let length = 1.0 - B + B * counts.length / USUAL;
        let of = |(times, weight): (&f32, &f32)| weight * times * (K1 + 1.0) / (times + K1 * length);
        counts.times.iter().zip(&self.weights).filter(|(times, _)| **times > 0.0).map(of).sum()
    }
}

fn is_identifier(word: &str) -> bool {
    word.chars().any(|letter| letter.is_numeric() || letter == '_') || word.chars().skip(1).any(char::is_uppercase)
}
