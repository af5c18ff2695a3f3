//! Exercise 1, change it: min-p, a filter that top-k and top-p are not.
//!
//! Top-k keeps a fixed number of tokens, top-p a fixed share. Both keep nonsense where the model is sure, or cut good
//! choices where it is not. Min-p keeps what is at least some share as likely as the likeliest token: few tokens where
//! one stands out, many where none does.
//!
//! Where to look: `shaped` in `crates/support/src/llm/embedded/sampler.rs` applies the other filters, on log-probabilities.
//!
//! Hint: find the highest probability first; then keep every token whose probability is at least `share` times that.
//! Hint: what is left has to sum to 1 again, and the likeliest token always stays, whatever the share.

/// The tokens of `candidates` (number, probability) that are at least `share` (0 to 1) as likely as the likeliest one,
/// in their order, with probabilities that sum to 1. Nothing for no candidates.
pub(crate) fn min_p(candidates: &[(u16, f64)], share: f64) -> Vec<(u16, f64)> {
    // TODO: leave out what is too unlikely.
    let _ = share;
    candidates.to_vec()
}
