//! (3) A thesaurus: people ask in other words than those that documents were written in. Only questions are expanded; what a
//! word stands for elsewhere counts less than the word itself.

use std::{collections::HashMap, sync::LazyLock};

use crate::features::words;

const GROUPS: &str = include_str!("thesaurus.txt");
/// What a related word counts beside one that was asked.
const RELATED: f32 = 0.3;
/// Words of a question that are looked at.
const MOST_WORDS: usize = 64;

/// A word that is looked for.
#[derive(Debug, Clone, PartialEq)]
pub struct Wanted {
    /// As [`words`] gives it.
    pub word: String,
    /// 1 for a word of the question, less for one that is related to it.
    pub weight: f32,
}

/// The words of a question, each once.
pub fn plain(question: &str) -> Vec<Wanted> {
    let mut wanted: Vec<Wanted> = Vec::new();
    for word in words(question).take(MOST_WORDS) {
        add(&mut wanted, word, 1.0);
    }
    wanted
}

/// Words that stand for this one elsewhere, as [`words`] gives them.
pub fn relatives(word: &str) -> &'static [String] {
    static RELATIVES: LazyLock<HashMap<String, Vec<String>>> = LazyLock::new(|| {
        let mut relatives: HashMap<String, Vec<String>> = HashMap::new();
        for line in GROUPS.lines().filter(|line| !line.starts_with('#')) {
            let group: Vec<String> = words(line).collect();
            for word in &group {
                relatives.entry(word.clone()).or_default().extend(group.iter().filter(|other| *other != word).cloned());
            }
        }
        relatives
    });
    RELATIVES.get(word).map_or(&[], Vec::as_slice)
}

/// The words of a question, each once, and then those that are related to them.
pub fn expanded(question: &str) -> Vec<Wanted> {
    let mut wanted = plain(question);
    for at in 0..wanted.len() {
        for word in relatives(&wanted[at].word.clone()) {
            add(&mut wanted, word.clone(), RELATED);
        }
    }
    wanted
}

fn add(wanted: &mut Vec<Wanted>, word: String, weight: f32) {
    if wanted.iter().all(|known| known.word != word) {
        wanted.push(Wanted { word, weight });
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_question_is_asked_in_other_words_too() {
        let wanted = expanded("Who stole the box?");
        let weight = |word: &str| wanted.iter().find(|wanted| wanted.word == word).map(|wanted| wanted.weight);
        assert_eq!((weight("box"), weight("cabinet")), (Some(1.0), Some(RELATED)), "{wanted:?}");
        assert_eq!(expanded("the of"), []);
    }
}
