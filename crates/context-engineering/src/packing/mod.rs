//! (5) Packing: as much of what matters as a budget of tokens holds, and not one token more.
//!
//! A knapsack over value and cost chooses the units. Those that touch become one passage, so that nothing is there twice;
//! passages of a source keep their order; the best sources stand at the two edges, where models read best (Liu and others,
//! "Lost in the Middle", 2024).

mod arrange;
pub mod knapsack;
mod render;

use std::{
    borrow::Cow,
    collections::{BTreeSet, HashMap},
    ops::Range,
};

pub use self::render::{Passage, number, render};
use self::{
    arrange::arranged,
    knapsack::{Thing, choose_of_groups},
    render::{above, marks},
};
use crate::{
    contradictions::{Contradiction, contradictions},
    corpus::Corpus,
    features::words,
    tokens::Encoding,
    units::Unit,
};

/// Largest budget, in tokens.
pub const MOST_TOKENS: usize = 100_000;
/// Candidates that are looked at.
const MOST_CANDIDATES: usize = 150;
/// Share of words by which two chunks say the same.
const SAME: f32 = 0.8;
/// Contradictions that are noted in the text.
const MOST_NOTES: usize = 3;
/// Attempts to fill what is left.
const ATTEMPTS: usize = 8;

/// A chunk, or one unit of it, that may be packed.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Candidate {
    /// The number of the chunk in the corpus.
    pub at: usize,
    /// The number of the unit in the chunk, if it is not the whole chunk.
    pub unit: Option<usize>,
    /// What it is worth, above 0.
    pub value: f32,
}

impl Candidate {
    /// A whole chunk.
    pub fn chunk(at: usize, value: f32) -> Self {
        Self { at, unit: None, value }
    }

    /// Bytes of the document's text.
    pub(crate) fn span(self, corpus: &Corpus) -> Range<usize> {
        self.unit(corpus).map_or_else(|| corpus.piece(self.at).chunk.span.clone(), |unit| unit.span.clone())
    }

    fn text(self, corpus: &Corpus) -> &str {
        &corpus.piece(self.at).document.text[self.span(corpus)]
    }

    fn unit(self, corpus: &Corpus) -> Option<&Unit> {
        self.unit.and_then(|unit| corpus.piece(self.at).chunk.units.get(unit))
    }

    /// Tokens of its text alone.
    fn tokens(self, corpus: &Corpus) -> usize {
        self.unit(corpus).map_or(corpus.piece(self.at).chunk.tokens, |unit| unit.tokens)
    }

    /// Its words, each once.
    fn words(self, corpus: &Corpus) -> BTreeSet<Cow<'_, str>> {
        match self.unit(corpus) {
            Some(unit) => unit.words.split_ascii_whitespace().map(Cow::Borrowed).collect(),
            None => words(self.text(corpus)).map(Cow::Owned).collect(),
        }
    }
}

/// A packed context.
#[derive(Debug, Clone, Default)]
pub struct Packed {
    /// What a model reads.
    pub text: String,
    /// Tokens of the text, exactly: never more than the budget.
    pub tokens: usize,
    /// What is in it, in the order of their numbers.
    pub passages: Vec<Passage>,
    /// Sources that do not go together.
    pub contradictions: Vec<Contradiction>,
    /// Chunks that were left out because others say the same.
    pub duplicates: usize,
    /// Chunks of which a candidate did not fit, the best first.
    pub left_out: Vec<usize>,
}

/// Packs the best of the candidates, and notes where sources contradict each other.
pub fn pack(corpus: &Corpus, candidates: &[Candidate], budget: usize) -> Packed {
    with_notes(pack_without_notes(corpus, candidates, budget), budget, corpus.encoding())
}

/// The same without looking for contradictions, which changes no passage.
pub fn pack_without_notes(corpus: &Corpus, candidates: &[Candidate], budget: usize) -> Packed {
    let encoding = corpus.encoding();
    let (candidates, duplicates) = without_duplicates(corpus, candidates);
    let (things, sources, openings) = priced(corpus, &candidates);
    let mut chosen: BTreeSet<usize> = choose_of_groups(&things, &sources, &openings, budget).into_iter().collect();
    let mut packed = written(corpus, &candidates, &chosen, encoding);
    // The estimate was too low, or what was merged is longer with its heads of tables: the least worth per token goes.
    while packed.tokens > budget {
        let density = |at: &usize| things[*at].value / things[*at].cost as f32;
        let Some(least) = chosen.iter().copied().min_by(|a, b| density(a).total_cmp(&density(b))) else { break };
        chosen.remove(&least);
        packed = written(corpus, &candidates, &chosen, encoding);
    }
    // Chunks that touch share their marks and their overlap, so there may be room for more.
    let mut attempts = 0;
    for (at, thing) in things.iter().enumerate() {
        if chosen.contains(&at) || packed.tokens + thing.cost / 2 > budget || attempts == ATTEMPTS {
            continue;
        }
        attempts += 1;
        chosen.insert(at);
        let more = written(corpus, &candidates, &chosen, encoding);
        if more.tokens <= budget {
            packed = more;
        } else {
            chosen.remove(&at);
        }
    }
    packed.duplicates = duplicates;
    let mut left_out: Vec<usize> = Vec::new();
    for at in (0..candidates.len()).filter(|at| !chosen.contains(at)).map(|at| candidates[at].at) {
        if !left_out.contains(&at) {
            left_out.push(at);
        }
    }
    packed.left_out = left_out;
    packed
}

/// Packs candidates in their order, as many as fit, for one page of several. The second value is how many were taken, so
/// that the next page begins there. One that does not even fit alone is passed over, and named in `left_out`.
pub fn page(corpus: &Corpus, candidates: &[Candidate], budget: usize) -> (Packed, usize) {
    let encoding = corpus.encoding();
    let (mut chosen, mut packed, mut taken) = (BTreeSet::new(), Packed::default(), 0);
    for at in 0..candidates.len() {
        chosen.insert(at);
        let more = written(corpus, candidates, &chosen, encoding);
        if more.tokens <= budget {
            let left_out = std::mem::take(&mut packed.left_out);
            packed = Packed { left_out, ..more };
        } else {
            chosen.remove(&at);
            if !chosen.is_empty() {
                break;
            }
            packed.left_out.push(candidates[at].at);
        }
        taken = at + 1;
    }
    (with_notes(packed, budget, encoding), taken)
}

/// Fills the budget with chunks in the order given, until one does not fit: what packing is measured against.
pub fn fill(corpus: &Corpus, order: &[usize], budget: usize) -> Packed {
    let encoding = corpus.encoding();
    let (mut passages, mut tokens): (Vec<Passage>, usize) = (Vec::new(), 0);
    for at in order {
        tokens += corpus.piece(*at).chunk.tokens;
        if tokens > budget {
            break;
        }
        passages.push(passage(corpus, Candidate::chunk(*at, 1.0)));
    }
    // What the marks cost is known when they are written.
    loop {
        let text = render(&passages, &[]);
        let tokens = encoding.count(&text);
        if tokens <= budget {
            return Packed { text, tokens, passages, ..Packed::default() };
        }
        passages.pop();
    }
}

/// What each candidate costs, the number of its source, and what opens each source: a passage costs its text and what stands
/// above it, and the first of a source the marks around it. What touches shares more; the exact count decides in the end.
fn priced(corpus: &Corpus, candidates: &[Candidate]) -> (Vec<Thing>, Vec<usize>, Vec<usize>) {
    let encoding = corpus.encoding();
    let (mut things, mut sources, mut openings) = (Vec::new(), Vec::new(), Vec::new());
    let mut numbers: HashMap<&str, usize> = HashMap::new();
    for candidate in candidates {
        let passage = passage(corpus, *candidate);
        let number = *numbers.entry(&corpus.piece(candidate.at).document.id).or_insert_with(|| {
            openings.push(encoding.count(&marks(&passage)));
            openings.len() - 1
        });
        let cost = candidate.tokens(corpus) + encoding.count(&above(&passage)) + 1;
        things.push(Thing { value: candidate.value, cost });
        sources.push(number);
    }
    (things, sources, openings)
}

fn without_duplicates(corpus: &Corpus, candidates: &[Candidate]) -> (Vec<Candidate>, usize) {
    let mut sorted: Vec<Candidate> = candidates.iter().copied().filter(|candidate| candidate.value > 0.0).collect();
    sorted.sort_by(|a, b| b.value.total_cmp(&a.value).then(a.at.cmp(&b.at)));
    sorted.truncate(MOST_CANDIDATES);
    let (mut kept, mut seen): (Vec<Candidate>, Vec<BTreeSet<Cow<'_, str>>>) = (Vec::new(), Vec::new());
    let mut duplicates = 0;
    for candidate in sorted {
        let words = candidate.words(corpus);
        let is_same = |other: &BTreeSet<Cow<'_, str>>| {
            let (few, many) = (words.len().min(other.len()), words.len().max(other.len()));
            // Sets of very different sizes cannot be the same: no need to compare them.
            few as f32 > SAME * many as f32 && {
                let shared = words.intersection(other).count();
                shared as f32 > SAME * (words.len() + other.len() - shared) as f32
            }
        };
        if seen.iter().any(is_same) {
            duplicates += 1;
            continue;
        }
        seen.push(words);
        kept.push(candidate);
    }
    (kept, duplicates)
}

fn passage(corpus: &Corpus, candidate: Candidate) -> Passage {
    let piece = corpus.piece(candidate.at);
    let unit = candidate.unit(corpus);
    let (headings, table_head) =
        unit.map_or((&piece.chunk.headings, &piece.chunk.table_head), |unit| (&unit.headings, &unit.table_head));
    Passage {
        document: piece.document.clone(),
        span: candidate.span(corpus),
        chunks: vec![piece.chunk.id.clone()],
        headings: headings.clone(),
        table_head: table_head.clone(),
        value: candidate.value,
    }
}

fn written(corpus: &Corpus, candidates: &[Candidate], chosen: &BTreeSet<usize>, encoding: Encoding) -> Packed {
    let passages = arranged(chosen.iter().map(|at| passage(corpus, candidates[*at])).collect());
    let text = render(&passages, &[]);
    Packed { tokens: encoding.count(&text), text, passages, ..Packed::default() }
}

fn with_notes(mut packed: Packed, budget: usize, encoding: Encoding) -> Packed {
    packed.contradictions = contradictions(&packed.passages.iter().map(Passage::source).collect::<Vec<_>>());
    for notes in (1..=packed.contradictions.len().min(MOST_NOTES)).rev() {
        let text = render(&packed.passages, &packed.contradictions[..notes]);
        let tokens = encoding.count(&text);
        if tokens <= budget {
            (packed.text, packed.tokens) = (text, tokens);
            break;
        }
    }
    packed
}

#[cfg(test)]
mod tests;
