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
//!
//! Learned: rank, then sort stably; and two texts without their common ends show at a glance whether one edit parts them.
//! Read on: src/server/completion.rs; F. J. Damerau (1964), who found that most misspellings are one such edit.

/// Values that fit `text`, the best first, at most `most`.
pub(crate) fn ranked<'a>(text: &str, values: &[&'a str], most: usize) -> Vec<&'a str> {
    let text = text.to_lowercase();
    let rank = |value: &str| {
        let value = value.to_lowercase();
        match () {
            () if value.starts_with(&text) => Some(0),
            () if value.contains(&text) => Some(1),
            () if begins_nearly(&value, &text) => Some(2),
            () => None,
        }
    };
    let mut found: Vec<(u8, &str)> = values.iter().filter_map(|value| Some((rank(value)?, *value))).collect();
    // Stable: within a rank the order stays.
    found.sort_by_key(|(rank, _)| *rank);
    found.into_iter().map(|(_, value)| value).take(most).collect()
}

/// Whether some beginning of `value` is one edit away from `text`.
fn begins_nearly(value: &str, text: &str) -> bool {
    let (value, text): (Vec<char>, Vec<char>) = (value.chars().collect(), text.chars().collect());
    if text.len() < 3 {
        return false;
    }
    let lengths = text.len().saturating_sub(1)..=text.len() + 1;
    lengths.filter(|length| *length <= value.len()).any(|length| is_one_edit(&value[..length], &text))
}

fn is_one_edit(one: &[char], other: &[char]) -> bool {
    let start = one.iter().zip(other).take_while(|(a, b)| a == b).count();
    let (one, other) = (&one[start..], &other[start..]);
    let end = one.iter().rev().zip(other.iter().rev()).take_while(|(a, b)| a == b).count();
    match (&one[..one.len() - end], &other[..other.len() - end]) {
        ([a, b], [c, d]) => a == d && b == c,
        (one, other) => one.len() <= 1 && other.len() <= 1,
    }
}
