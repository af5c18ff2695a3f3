//! (2) Expand: other words for the same thing. Each kind of other words becomes a list of its own, so that the words
//! that were typed keep their say when the lists are fused.

use std::{collections::BTreeMap, sync::LazyLock};

use schemars::JsonSchema;
use serde::Serialize;

use super::analyse::Analysis;
use crate::text;

/// Groups of words that stand for each other.
static SYNONYMS: LazyLock<Vec<Vec<String>>> = LazyLock::new(|| {
    let groups: BTreeMap<String, Vec<String>> = toml::from_str(include_str!("../../corpus/synonyms.toml"))
        .expect("the table of synonyms is part of the program");
    groups.into_values().collect()
});

/// Words that are added for each word of a query.
const MOST_EACH: usize = 3;
/// A word must be this long before it is taken for a typing error.
const LEAST_LETTERS: usize = 4;

/// Words besides those that were typed.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, JsonSchema)]
pub struct Expansion {
    /// What was typed, and what was probably meant.
    pub corrected: Vec<Correction>,
    /// Words that mean the same.
    pub synonyms: Vec<String>,
    /// Words of the best articles, where the first search found any (pseudo-relevance feedback).
    pub feedback: Vec<String>,
    /// Words of the session.
    pub context: Vec<String>,
}

/// A word that no article has, and one that many have.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, JsonSchema)]
pub struct Correction {
    /// As it was typed.
    pub typed: String,
    /// As it is written.
    pub meant: String,
}

/// Words that the index knows nothing of become those that it knows, where some are near.
pub fn spelling(
    analysis: &Analysis,
    known: impl Fn(&str) -> bool,
    near: impl Fn(&str) -> Option<String>,
) -> Vec<Correction> {
    // A part that is several words is an address, a number or a name of a machine.
    let parts = analysis.text.split_whitespace().map(text::words);
    let words: Vec<String> = parts.filter(|words| words.len() == 1).flatten().collect();
    let unknown = words.iter().filter(|word| word.chars().count() >= LEAST_LETTERS && !known(word));
    let corrected = unknown.filter_map(|word| {
        let meant = near(word).filter(|meant| meant != word)?;
        Some(Correction { typed: word.clone(), meant })
    });
    corrected.collect()
}

/// The query with its typing errors mended.
pub fn corrected(text: &str, corrections: &[Correction]) -> String {
    let mended = text.split_whitespace().map(|word| {
        let bare = text::words(word);
        let correction = corrections.iter().find(|correction| bare == [correction.typed.as_str()]);
        correction.map_or_else(|| word.to_owned(), |correction| correction.meant.clone())
    });
    mended.collect::<Vec<_>>().join(" ")
}

/// Words that mean the same as one of the query's.
pub fn synonyms(text: &str) -> Vec<String> {
    let words = text::words(text);
    let mut found: Vec<String> = Vec::new();
    for word in &words {
        let groups = SYNONYMS.iter().filter(|group| group.contains(word));
        let others = groups.flatten().filter(|other| *other != word && !words.contains(other));
        for other in others.take(MOST_EACH) {
            if !found.contains(other) {
                found.push(other.clone());
            }
        }
    }
    found
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::pipeline::analyse::analyse;

    #[test]
    fn typing_errors_are_mended_where_the_word_is_unknown() {
        let known = |word: &str| ["harbour", "bridge", "closed"].contains(&word);
        let near = |word: &str| (word == "harbur").then(|| "harbour".to_owned());
        let analysis = analyse("Harbur bridge closed xqz", 0);
        let corrections = spelling(&analysis, known, near);
        assert_eq!(corrections, [Correction { typed: "harbur".to_owned(), meant: "harbour".to_owned() }]);
        assert_eq!(corrected(&analysis.text, &corrections), "harbour bridge closed xqz");
    }

    #[test]
    fn synonyms_are_found_in_both_directions() {
        assert!(synonyms("bicycle lanes").contains(&"bike".to_owned()));
        assert!(synonyms("bike").contains(&"bicycle".to_owned()));
        assert!(synonyms("harbour").iter().all(|word| word != "harbour"));
        assert!(synonyms("zzz").is_empty());
    }
}
