//! Exercise 1, change it: two searches that do not count alike.
//!
//! Reciprocal rank fusion adds 1 / (60 + rank) for each list in which a chunk is, its rank counted from 1. Here each list has
//! a weight too: on a corpus of error codes, words may count twice as much as vectors.
//!
//! Where to look: `search` in `src/search.rs` fuses two lists, with a weight of one each.
//!
//! Hint: add up in a map from chunk to score, then sort: the highest score first, and of equal ones the lower number.
//! Hint: a list in which a chunk is twice counts where it comes first.
//!
//! Learned: ranks can be added where scores cannot, since they have no unit; a weight says whom to believe, and a chunk that
//! both searches find beats one that either of them likes best.
//! Read on: src/search.rs; Cormack, Clarke and Büttcher, "Reciprocal Rank Fusion", 2009.

use std::collections::{BTreeMap, BTreeSet};

/// How little the first ranks stand out.
const FUSION: f64 = 60.0;

/// The chunks of all lists, the best first. Each list has a weight, and chunks in the order of their ranks.
pub(crate) fn fused(lists: &[(f64, Vec<usize>)]) -> Vec<usize> {
    let mut scores: BTreeMap<usize, f64> = BTreeMap::new();
    for (weight, chunks) in lists {
        let mut seen = BTreeSet::new();
        for (rank, chunk) in (1_u32..).zip(chunks) {
            if seen.insert(*chunk) {
                *scores.entry(*chunk).or_default() += weight / (FUSION + f64::from(rank));
            }
        }
    }
    let mut sorted: Vec<(usize, f64)> = scores.into_iter().collect();
    // The sort is stable, and the map is in the order of numbers: equal ones stay so.
    sorted.sort_by(|a, b| b.1.total_cmp(&a.1));
    sorted.into_iter().map(|(chunk, _)| chunk).collect()
}
