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
//!
//! Learned: a threshold that moves with the model's certainty; a filter ends with a distribution again.
//! Read on: crates/support/src/llm/embedded/sampler.rs; Nguyen and others, "Turning Up the Heat: Min-p Sampling", 2024.

/// The tokens of `candidates` (number, probability) that are at least `share` (0 to 1) as likely as the likeliest one,
/// in their order, with probabilities that sum to 1. Nothing for no candidates.
pub(crate) fn min_p(candidates: &[(u16, f64)], share: f64) -> Vec<(u16, f64)> {
    let best = candidates.iter().map(|(_, probability)| *probability).fold(0.0, f64::max);
    // A share over 1, or none at all, must not empty the list.
    let least = if share.is_nan() { 0.0 } else { share.clamp(0.0, 1.0) * best };
    let kept = || candidates.iter().filter(|(_, probability)| *probability >= least);
    let sum: f64 = kept().map(|(_, probability)| probability).sum();
    if sum <= 0.0 {
        return Vec::new();
    }
    kept().map(|(token, probability)| (*token, probability / sum)).collect()
}
