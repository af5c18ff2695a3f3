//! Five ways to fill a window for a question. The last one is what this server does; the others are what it is measured
//! against.

use std::{collections::BTreeSet, fmt};

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use crate::{
    corpus::Corpus,
    embedder::EmbedError,
    packing::{Candidate, Packed, fill, pack},
    relevance::valued,
    search::{Filter, Hit, Mode, POOL, search},
};

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
        Ok(hits.into_iter().map(|Hit { at, score, .. }| Candidate::chunk(at, score)).collect())
    };
    match strategy {
        Strategy::FirstN => {
            let all = corpus.all().into_iter().filter(|at| filter.lets_through(&corpus.piece(*at).document));
            Ok(all.take(POOL).map(|at| Candidate::chunk(at, 1.0)).collect())
        }
        Strategy::Keyword => by(Mode::Keyword),
        Strategy::Vector => by(Mode::Vector),
        Strategy::Hybrid => by(Mode::Hybrid),
        Strategy::Packed => {
            let hits = search(corpus, question, Mode::Hybrid, filter, 2 * POOL)?;
            valued(corpus, question, &hits)
        }
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

/// The whole chunks of a ranking, each once, where its best unit stands: pages show chunks, so that none is torn.
pub fn whole_chunks(ranked: &[Candidate]) -> Vec<Candidate> {
    let mut seen = BTreeSet::new();
    let first = ranked.iter().filter(|candidate| seen.insert(candidate.at));
    first.map(|candidate| Candidate::chunk(candidate.at, candidate.value)).collect()
}
