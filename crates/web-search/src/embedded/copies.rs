//! Near copies: the same text on another page, with a word changed here and there.

use std::{
    collections::HashSet,
    hash::{DefaultHasher, Hash as _, Hasher as _},
};

/// Words that stand together in a run.
const RUN: usize = 3;
/// Texts that share so much of their runs say the same (Jaccard index, after Broder's "On the resemblance and
/// containment of documents", 1997).
const SAME: f32 = 0.4;

/// The runs of a text, hashed.
pub(super) fn shingles(stems: &[String]) -> HashSet<u64> {
    let hashed = |run: &[String]| {
        let mut hasher = DefaultHasher::new();
        run.hash(&mut hasher);
        hasher.finish()
    };
    stems.windows(RUN).map(hashed).collect()
}

/// Whether one is a near copy of the other.
pub(super) fn are_copies(one: &HashSet<u64>, other: &HashSet<u64>) -> bool {
    let common = one.intersection(other).count() as f32;
    let all = (one.len() + other.len()) as f32 - common;
    all > 0.0 && common / all >= SAME
}

/// Keeps the first of those that are near copies of each other.
pub(super) fn fold<'a, T>(items: Vec<T>, shingles: impl Fn(&T) -> &'a HashSet<u64>) -> Vec<T> {
    let mut kept: Vec<T> = Vec::with_capacity(items.len());
    for item in items {
        if kept.iter().all(|earlier| !are_copies(shingles(earlier), shingles(&item))) {
            kept.push(item);
        }
    }
    kept
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_word_here_and_there_makes_no_other_text() {
        let text = |text: &str| shingles(&text.split(' ').map(str::to_owned).collect::<Vec<_>>());
        let one = text("mix flour with water and leave the jar on a warm shelf for a day");
        let copy = text("mix flour with water and leave the jar on a cool shelf for a day");
        let other = text("pour the water on the flour and knead the dough for ten long minutes");
        assert!(are_copies(&one, &copy));
        assert!(!are_copies(&one, &other));
        assert!(!are_copies(&text("two words"), &text("two words")), "too short to tell");
        let kept = fold(vec![("a", &one), ("b", &other), ("c", &copy)], |(_, shingles)| *shingles);
        assert_eq!(kept.into_iter().map(|(name, _)| name).collect::<Vec<_>>(), ["a", "b"]);
    }
}
