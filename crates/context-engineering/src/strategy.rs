//! Five ways to fill a window for a question. The last one is what this server does; the others are what it is measured
//! against.

use std::{collections::HashMap, fmt};

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use crate::{
    corpus::Corpus,
    embedder::EmbedError,
    packing::{Candidate, Packed, fill, pack},
    search::{Filter, Hit, Mode, POOL, search},
};

/// What BM25 weighs beside the vectors, of 1.
const KEYWORD_WEIGHT: f32 = 0.5;
/// How much more the best are worth: values are relevance to this power.
const SHARPNESS: f32 = 8.0;
/// What a chunk is worth because the one beside it is good: an answer may begin here and end there.
const NEIGHBOUR: f32 = 0.1;

/// A way to fill a window.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "snake_case")]
#[schemars(inline)]
pub enum Strategy {
    /// The corpus from its beginning, whatever is asked.
    FirstN,
    /// The best of BM25, in order.
    Keyword,
    /// The nearest vectors, in order.
    Vector,
    /// Both, fused by rank, in order.
    Hybrid,
    /// Hybrid search, and then a knapsack.
    Packed,
}

impl Strategy {
    /// All, from the simplest.
    pub const ALL: [Self; 5] = [Self::FirstN, Self::Keyword, Self::Vector, Self::Hybrid, Self::Packed];

    /// Its name.
    pub fn name(self) -> &'static str {
        match self {
            Self::FirstN => "first n",
            Self::Keyword => "keyword",
            Self::Vector => "vector",
            Self::Hybrid => "hybrid",
            Self::Packed => "hybrid, packed",
        }
    }
}

impl fmt::Display for Strategy {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.name())
    }
}

/// The chunks that a strategy prefers, the best first, with what each is worth to it.
///
/// # Errors
/// The question has no vector.
pub fn ranking(
    corpus: &Corpus,
    question: &str,
    strategy: Strategy,
    filter: &Filter,
) -> Result<Vec<Candidate>, EmbedError> {
    let by = |mode| -> Result<Vec<Candidate>, EmbedError> {
        let hits = search(corpus, question, mode, filter, POOL)?;
        Ok(hits.into_iter().map(|Hit { at, score, .. }| Candidate { at, value: score }).collect())
    };
    match strategy {
        Strategy::FirstN => {
            let all = corpus.all().into_iter().filter(|at| filter.lets_through(&corpus.piece(*at).document));
            Ok(all.take(POOL).map(|at| Candidate { at, value: 1.0 }).collect())
        }
        Strategy::Keyword => by(Mode::Keyword),
        Strategy::Vector => by(Mode::Vector),
        Strategy::Hybrid => by(Mode::Hybrid),
        Strategy::Packed => Ok(valued(corpus, &search(corpus, question, Mode::Hybrid, filter, 2 * POOL)?)),
    }
}

/// A context for a question.
///
/// # Errors
/// The question has no vector.
pub fn context(
    corpus: &Corpus,
    question: &str,
    strategy: Strategy,
    filter: &Filter,
    budget: usize,
) -> Result<Packed, EmbedError> {
    let ranked = ranking(corpus, question, strategy, filter)?;
    Ok(match strategy {
        Strategy::Packed => pack(corpus, &ranked, budget),
        _ => fill(corpus, &ranked.iter().map(|candidate| candidate.at).collect::<Vec<_>>(), budget),
    })
}

/// What chunks are worth: how well they were found by each search, of the best that it found.
fn valued(corpus: &Corpus, hits: &[Hit]) -> Vec<Candidate> {
    let best = |of: fn(&Hit) -> f32| hits.iter().map(of).fold(f32::MIN_POSITIVE, f32::max);
    let (keyword, similarity) = (best(|hit| hit.keyword), best(|hit| hit.similarity));
    let mut values: HashMap<usize, f32> = HashMap::new();
    for hit in hits {
        let relevance = KEYWORD_WEIGHT * hit.keyword / keyword + (1.0 - KEYWORD_WEIGHT) * hit.similarity / similarity;
        // A longer chunk holds more of what may be asked; without this, a knapsack is full of headings.
        let length = (corpus.piece(hit.at).chunk.tokens as f32 / 100.0).sqrt();
        values.insert(hit.at, length * relevance.max(0.0).powf(SHARPNESS));
    }
    let own = values.clone();
    for (at, value) in &own {
        for beside in [at.checked_sub(1), at.checked_add(1)].into_iter().flatten() {
            let is_beside =
                corpus.is_there(beside) && corpus.piece(beside).document.id == corpus.piece(*at).document.id;
            if is_beside {
                let worth = values.entry(beside).or_insert(0.0);
                *worth = worth.max(NEIGHBOUR * value);
            }
        }
    }
    let mut valued: Vec<Candidate> = values.into_iter().map(|(at, value)| Candidate { at, value }).collect();
    valued.sort_unstable_by(|a, b| b.value.total_cmp(&a.value).then(a.at.cmp(&b.at)));
    valued
}
