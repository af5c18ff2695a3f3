//! Key phrases by RAKE (Rose, Engel, Cramer & Cowley, "Automatic keyword extraction from individual documents", 2010):
//! candidates are runs of words between stop words and punctuation, scored by the sum of degree / frequency.

use std::collections::BTreeMap;

use super::counts::words;
use super::{round, stop_words};

/// Most phrases in a report.
const MOST_PHRASES: usize = 10;
/// A longer run is no phrase but a sentence without stop words.
const LONGEST_PHRASE: usize = 5;

/// A run of words that says what a text is about.
#[derive(Debug, Clone, PartialEq, serde::Serialize, schemars::JsonSchema)]
pub struct KeyPhrase {
    /// The phrase in lower case.
    pub phrase: String,
    /// RAKE score: the sum of its words' degree divided by frequency; long phrases that recur score high.
    pub score: f64,
    /// How often it occurs.
    pub count: u32,
}

/// The best phrases of a text in a language (ISO 639-3), best first; ties in alphabetical order.
pub(super) fn rake(text: &str, code: &str) -> Vec<KeyPhrase> {
    let candidates = candidates(&text.to_lowercase(), code);
    let mut frequency: BTreeMap<&str, (f64, f64)> = BTreeMap::new();
    for phrase in &candidates {
        for word in phrase {
            let entry = frequency.entry(word).or_default();
            entry.0 += 1.0;
            entry.1 += phrase.len() as f64;
        }
    }
    let mut phrases: BTreeMap<String, (f64, u32)> = BTreeMap::new();
    for phrase in &candidates {
        let score =
            phrase.iter().filter_map(|word| frequency.get(word.as_str())).map(|(count, degree)| degree / count).sum();
        let entry = phrases.entry(phrase.join(" ")).or_insert((score, 0));
        entry.1 += 1;
    }
    let mut ranked: Vec<KeyPhrase> =
        phrases.into_iter().map(|(phrase, (score, count))| KeyPhrase { phrase, score: round(score), count }).collect();
    // The sort is stable, and the map was in alphabetical order.
    ranked.sort_by(|a, b| b.score.total_cmp(&a.score).then(b.count.cmp(&a.count)));
    ranked.truncate(MOST_PHRASES);
    ranked
}

fn candidates(text: &str, code: &str) -> Vec<Vec<String>> {
    let mut candidates = Vec::new();
    let is_break = |c: char| !(c.is_alphanumeric() || c == ' ' || c == '\t' || matches!(c, '\'' | '\u{2019}' | '-'));
    // One line break within a paragraph is a blank.
    let joined = text.replace("\r\n", "\n").replace("\n\n", "\u{2029}").replace('\n', " ");
    for fragment in joined.split(is_break) {
        let mut phrase: Vec<String> = Vec::new();
        for word in words(fragment) {
            let topic = word.chars().any(char::is_alphabetic)
                && word.chars().count() > 1
                && !stop_words::contains(code, &word.replace('\u{2019}', "'"));
            if topic {
                phrase.push(word.to_owned());
            } else if !phrase.is_empty() {
                candidates.push(std::mem::take(&mut phrase));
            }
        }
        if !phrase.is_empty() {
            candidates.push(phrase);
        }
    }
    candidates.retain(|phrase| phrase.len() <= LONGEST_PHRASE);
    candidates
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_example_of_the_paper_ranks_its_phrases_first() {
        let text = "Compatibility of systems of linear constraints over the set of natural numbers. Criteria of \
                    compatibility of a system of linear Diophantine equations, strict inequations, and nonstrict \
                    inequations are considered. Upper bounds for components of a minimal set of solutions and \
                    algorithms of construction of minimal generating sets of solutions for all types of systems are \
                    given. These criteria and the corresponding algorithms for constructing a minimal supporting set \
                    of solutions can be used in solving all the considered types of systems and systems of mixed types.";
        let phrases = rake(text, "eng");
        let names: Vec<&str> = phrases.iter().take(5).map(|p| p.phrase.as_str()).collect();
        assert!(
            names.contains(&"minimal generating sets") && names.contains(&"linear diophantine equations"),
            "{names:?}"
        );
    }

    #[test]
    fn ties_are_in_alphabetical_order_and_numbers_are_no_phrases() {
        let phrases: Vec<String> = rake("pear, apple, 42, plum", "eng").into_iter().map(|p| p.phrase).collect();
        assert_eq!(phrases, ["apple", "pear", "plum"]);
    }
}
