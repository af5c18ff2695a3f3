//! Exercise 2, extend it: completion that finds what was mistyped.
//!
//! Completion by prefix is fast and stern: who types `york` does not find `new-york`, and `berlni` finds nothing at all.
//! Rank instead: first what begins with the text, then what contains it, then, from three letters on, what is one edit
//! away from it (one letter more, one less, one other, or two neighbours swapped). Within each rank the order stays as it
//! was, nothing comes twice, case does not matter, and at most `most` values come back.
//!
//! Where to look: `starting` in `src/server/completion.rs`.
//!
//! Hint: the one-edit rank compares with the beginning of a value that is as long as the text (or one longer or shorter),
//! because people stop typing in the middle: `berln` should find `berlin`.
//! Hint: two texts are one edit apart when what is left between their common beginning and common end is at most one
//! letter on each side, or two swapped ones.
//! Hint: the empty text begins everything.

/// Values that fit `text`, the best first, at most `most`.
pub(crate) fn ranked<'a>(text: &str, values: &[&'a str], most: usize) -> Vec<&'a str> {
    // TODO: only the first rank, and case matters.
    values.iter().copied().filter(|value| value.starts_with(text)).take(most).collect()
}
