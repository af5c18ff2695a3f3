//! Exercise 1, change it: two searches that do not count alike.
//!
//! Reciprocal rank fusion adds 1 / (60 + rank) for each list in which a chunk is, its rank counted from 1. Here each list has
//! a weight too: on a corpus of error codes, words may count twice as much as vectors.
//!
//! Where to look: `search` in `src/search.rs` fuses two lists, with a weight of one each.
//!
//! Hint: add up in a map from chunk to score, then sort: the highest score first, and of equal ones the lower number.
//! Hint: a list in which a chunk is twice counts where it comes first.

/// The chunks of all lists, the best first. Each list has a weight, and chunks in the order of their ranks.
pub(crate) fn fused(lists: &[(f64, Vec<usize>)]) -> Vec<usize> {
    // TODO: add up the weighted reciprocal ranks.
    lists.first().map(|(_, chunks)| chunks.clone()).unwrap_or_default()
}
