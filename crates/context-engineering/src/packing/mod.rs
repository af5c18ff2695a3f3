//! (5) Packing: as much of what matters as a budget of tokens holds, and not one token more.
//!
//! A knapsack over value and cost chooses the units. Those that touch become one passage, so that nothing is there twice;
//! passages of a source keep their order; the best sources stand at the two edges, where models read best (Liu and others,
//! "Lost in the Middle", 2024).

pub mod knapsack;
mod render;

use std::{
    collections::{BTreeMap, BTreeSet},
    ops::Range,
    sync::Arc,
};

use self::knapsack::{Thing, choose};
pub use self::render::{Passage, number, render};
use crate::{
    contradictions::{Contradiction, contradictions},
    corpus::Corpus,
    features::words,
    tokens::Encoding,
};

/// Largest budget, in tokens.
pub const MOST_TOKENS: usize = 100_000;
/// Candidates that are looked at.
const MOST_CANDIDATES: usize = 150;
/// What the marks of a passage cost, about. The exact count decides in the end.
const MARKS: usize = 8;
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
    fn span(self, corpus: &Corpus) -> Range<usize> {
        let chunk = &corpus.piece(self.at).chunk;
        self.unit.and_then(|unit| chunk.units.get(unit)).map_or_else(|| chunk.span.clone(), |unit| unit.span.clone())
    }

    fn text(self, corpus: &Corpus) -> &str {
        &corpus.piece(self.at).document.text[self.span(corpus)]
    }

    fn tokens(self, corpus: &Corpus) -> usize {
        match self.unit {
            None => corpus.piece(self.at).chunk.tokens,
            Some(_) => corpus.encoding().count(self.text(corpus)),
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
    let cost = |candidate: &Candidate| candidate.tokens(corpus) + MARKS;
    let things: Vec<Thing> =
        candidates.iter().map(|candidate| Thing { value: candidate.value, cost: cost(candidate) }).collect();
    let mut chosen: BTreeSet<usize> = choose(&things, budget).into_iter().collect();
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
        let tokens = thing.cost - MARKS;
        if chosen.contains(&at) || packed.tokens + tokens / 2 > budget || attempts == ATTEMPTS {
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

fn without_duplicates(corpus: &Corpus, candidates: &[Candidate]) -> (Vec<Candidate>, usize) {
    let mut sorted: Vec<Candidate> = candidates.iter().copied().filter(|candidate| candidate.value > 0.0).collect();
    sorted.sort_by(|a, b| b.value.total_cmp(&a.value).then(a.at.cmp(&b.at)));
    sorted.truncate(MOST_CANDIDATES);
    let (mut kept, mut seen): (Vec<Candidate>, Vec<BTreeSet<String>>) = (Vec::new(), Vec::new());
    let mut duplicates = 0;
    for candidate in sorted {
        let words: BTreeSet<String> = words(candidate.text(corpus)).collect();
        let is_same = |other: &BTreeSet<String>| {
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
    let unit = candidate.unit.and_then(|unit| piece.chunk.units.get(unit));
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

/// Merges passages that touch, keeps the order within a source, and puts the best sources at the edges.
fn arranged(passages: Vec<Passage>) -> Vec<Passage> {
    let mut sources: BTreeMap<String, Vec<Passage>> = BTreeMap::new();
    for passage in passages {
        sources.entry(passage.document.id.clone()).or_default().push(passage);
    }
    let mut merged: Vec<Vec<Passage>> = sources.into_values().map(merge).collect();
    let best = |source: &[Passage]| source.iter().map(|passage| passage.value).fold(0.0, f32::max);
    merged.sort_by(|a, b| best(b).total_cmp(&best(a)));
    let (mut front, mut back) = (Vec::new(), Vec::new());
    for (rank, source) in merged.into_iter().enumerate() {
        if rank % 2 == 0 { front.push(source) } else { back.push(source) }
    }
    front.into_iter().chain(back.into_iter().rev()).flatten().collect()
}

fn merge(mut passages: Vec<Passage>) -> Vec<Passage> {
    passages.sort_by_key(|passage| passage.span.start);
    let mut merged: Vec<Passage> = Vec::new();
    for passage in passages {
        match merged.last_mut() {
            Some(last) if touches(last, &passage) => {
                last.span.end = last.span.end.max(passage.span.end);
                last.chunks.extend(passage.chunks);
                last.chunks.dedup();
                last.value = last.value.max(passage.value);
            }
            _ => merged.push(passage),
        }
    }
    merged
}

fn touches(one: &Passage, next: &Passage) -> bool {
    debug_assert!(Arc::ptr_eq(&one.document, &next.document), "passages of one source");
    let text = &one.document.text;
    next.span.start <= one.span.end || text[one.span.end..next.span.start].trim().is_empty()
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
