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

/// Words that the index knows nothing of become those that it knows, where some are near, and where articles have them
/// together with another word of the query. What somebody has quoted, demands by `+`, or writes as a name or a number is
/// meant as it stands.
pub fn spelling(
    analysis: &Analysis,
    known: impl Fn(&str) -> bool,
    near: impl Fn(&str) -> Vec<String>,
    are_together: impl Fn(&str, &[String]) -> bool,
) -> Vec<Correction> {
    let operators = &analysis.operators;
    let as_it_stands = [&operators.phrases, &operators.required, &analysis.entities].into_iter().flatten();
    let as_it_stands: Vec<String> = as_it_stands.flat_map(|text| text::words(text)).collect();
    // A part that is several words is an address, a number or a name of a machine.
    let parts = analysis.text.split_whitespace().map(text::words);
    let words: Vec<String> = parts.filter(|words| words.len() == 1).flatten().collect();
    let (known, unknown): (Vec<String>, Vec<String>) = words.into_iter().partition(|word| known(word));
    let others: Vec<String> = known.iter().flat_map(|word| text::stems(word)).collect();
    let unknown = unknown.into_iter().filter(|word| {
        word.chars().count() >= LEAST_LETTERS && !word.chars().any(char::is_numeric) && !as_it_stands.contains(word)
    });
    let corrected = unknown.filter_map(|typed| {
        let fits = |meant: &String| *meant != typed && (others.is_empty() || are_together(meant, &others));
        let meant = near(&typed).into_iter().find(fits)?;
        Some(Correction { typed, meant })
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
        let analysis = analyse("Harbur bridge closed xqz", 0);
        let corrections = mended(&analysis);
        assert_eq!(corrections, [Correction { typed: "harbur".to_owned(), meant: "harbour".to_owned() }]);
        assert_eq!(corrected(&analysis.text, &corrections), "harbour bridge closed xqz");
        assert_eq!(mended(&analyse("harbur", 0)).len(), 1, "no other word speaks against it");
    }

    #[test]
    fn what_is_meant_as_it_stands_is_not_mended() {
        for query in
            ["bridge 1980", "bridge \"harbur bridge\"", "bridge +harbur", "the bridge of Harbur", "closed lawyer"]
        {
            assert_eq!(mended(&analyse(query, 0)), [], "{query}");
        }
    }

    fn mended(analysis: &Analysis) -> Vec<Correction> {
        let known = |word: &str| ["the", "of", "harbour", "bridge", "closed", "layer", "1987"].contains(&word);
        let near = |word: &str| {
            let near = [("harbur", "harbour"), ("lawyer", "layer"), ("1980", "1987")];
            near.iter().filter(|(typed, _)| *typed == word).map(|(_, meant)| (*meant).to_owned()).collect()
        };
        spelling(analysis, known, near, |meant, _| meant == "harbour")
    }

    #[test]
    fn synonyms_are_found_in_both_directions() {
        assert!(synonyms("bicycle lanes").contains(&"bike".to_owned()));
        assert!(synonyms("bike").contains(&"bicycle".to_owned()));
        assert!(synonyms("harbour").iter().all(|word| word != "harbour"));
        assert!(synonyms("zzz").is_empty());
    }
}
