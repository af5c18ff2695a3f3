//! Texts to measure with, made of a seed: with as many words as people use, some often and most hardly ever, and with
//! documents that are about something.

use std::collections::{BTreeMap, BTreeSet};

use rand::{RngExt, SeedableRng, rngs::ChaCha8Rng, seq::IndexedRandom};
use unicode_segmentation::UnicodeSegmentation;

use crate::{bundled, features::is_common};

/// Words that say something: those of the bundled corpus, and then invented ones.
const VOCABULARY: usize = 60_000;
/// Zipf's law with Mandelbrot's correction: a word of rank `r` is there `1 / (r + FLAT)` as often. Without common words, the
/// first of an English text is some 1 in 150 of the rest.
const FLAT: f64 = 25.0;
/// Sections of a document. Each becomes a chunk.
const SECTIONS: usize = 10;
/// Letters of a section: two of them are too long for one chunk.
const SECTION: usize = 340;
/// Words that a document is about, and how often one of them is the next that says something.
const TOPIC: usize = 80;
const ON_TOPIC: f64 = 0.35;
/// How often a word is a number.
const NUMBER: f64 = 0.03;
/// Words between those that say something.
const BETWEEN: [&str; 24] = [
    "the", "of", "and", "to", "in", "is", "for", "that", "with", "on", "by", "as", "at", "from", "are", "was", "has",
    "be", "this", "it", "or", "not", "when", "after",
];

/// A question in the words of one section.
#[derive(Debug, Clone)]
pub struct Question {
    /// What is asked.
    pub text: String,
    /// Id of the document that has the section.
    pub document: String,
}

/// Documents by id, as Markdown; sections of some 100 tokens each, so many of them together.
pub fn documents(sections: usize, seed: u64) -> Vec<(String, String)> {
    let mut random = ChaCha8Rng::seed_from_u64(seed);
    let words = vocabulary(&mut random);
    let sums: Vec<f64> = (0..words.len())
        .scan(0.0, |sum, rank| {
            *sum += 1.0 / (rank as f64 + FLAT);
            Some(*sum)
        })
        .collect();
    let all = sums.last().copied().unwrap_or_default();
    let drawn = |random: &mut ChaCha8Rng| {
        let wanted = random.random_range(0.0..all);
        words[sums.partition_point(|sum| *sum <= wanted).min(words.len() - 1)].as_str()
    };
    let document = |number: usize| {
        let topic: Vec<&str> = (0..TOPIC).map(|_| drawn(&mut random)).collect();
        let mut text = format!("# {}\n", title(&topic, &mut random));
        for _ in 0..SECTIONS.min(sections - number * SECTIONS) {
            let mut section = format!("\n## {}\n\n", title(&topic, &mut random));
            while section.len() < SECTION {
                let sentence = sentence(&mut random, |random| match random.random_bool(ON_TOPIC) {
                    true => topic.choose(random).copied().unwrap_or_default(),
                    false => drawn(random),
                });
                section.push_str(&sentence);
            }
            // No word is cut: what is left of it would be one that nobody has.
            section.truncate(section[..SECTION].rfind(' ').unwrap_or(SECTION));
            text.push_str(section.trim_end());
            text.push('\n');
        }
        (format!("text-{number:06}.md"), text)
    };
    (0..sections.div_ceil(SECTIONS)).map(document).collect()
}

/// Questions: three to seven words of a section, with others between them.
pub fn questions(documents: &[(String, String)], count: usize, seed: u64) -> Vec<Question> {
    let mut random = ChaCha8Rng::seed_from_u64(seed);
    let question = |_| {
        let (id, text) = documents.choose(&mut random)?;
        let sections: Vec<&str> = text.split("\n\n").filter(|part| !part.starts_with('#')).collect();
        let says: Vec<&str> = sections.choose(&mut random)?.unicode_words().filter(|word| !is_common(word)).collect();
        let mut asked = String::from("how is");
        for _ in 0..random.random_range(3..=7) {
            let (between, word) = (BETWEEN.choose(&mut random)?, says.choose(&mut random)?);
            asked.push_str(&format!(" {between} {word}"));
        }
        Some(Question { text: format!("{asked}?"), document: id.clone() })
    };
    (0..count).filter_map(question).collect()
}

/// The words of the bundled corpus, the most frequent first, and then words that nobody uses.
fn vocabulary(random: &mut ChaCha8Rng) -> Vec<String> {
    let mut times: BTreeMap<String, usize> = BTreeMap::new();
    for document in bundled::documents().unwrap_or_default() {
        for word in document.text.unicode_words().map(str::to_lowercase) {
            if word.chars().all(char::is_alphabetic) && !is_common(&word) {
                *times.entry(word).or_default() += 1;
            }
        }
    }
    let mut known: BTreeSet<String> = times.keys().cloned().collect();
    let mut words: Vec<(String, usize)> = times.into_iter().collect();
    words.sort_by(|one, other| other.1.cmp(&one.1).then_with(|| one.0.cmp(&other.0)));
    let mut words: Vec<String> = words.into_iter().map(|(word, _)| word).collect();
    while words.len() < VOCABULARY {
        let word = invented(random);
        if !is_common(&word) && known.insert(word.clone()) {
            words.push(word);
        }
    }
    words
}

fn invented(random: &mut ChaCha8Rng) -> String {
    const BEGINS: [&str; 20] =
        ["b", "br", "c", "ch", "d", "f", "fl", "g", "gr", "h", "k", "l", "m", "n", "p", "pl", "r", "s", "st", "t"];
    const MIDDLES: [&str; 8] = ["a", "e", "i", "o", "u", "ai", "ea", "ou"];
    const ENDS: [&str; 10] = ["", "", "", "l", "n", "r", "s", "nd", "ck", "m"];
    let syllables = random.random_range(2..=4);
    let mut word = String::new();
    for _ in 0..syllables {
        for part in [BEGINS.choose(random), MIDDLES.choose(random), ENDS.choose(random)].into_iter().flatten() {
            word.push_str(part);
        }
    }
    word
}

fn sentence<'a>(random: &mut ChaCha8Rng, mut word: impl FnMut(&mut ChaCha8Rng) -> &'a str) -> String {
    let mut text = String::new();
    for at in 0..random.random_range(6..=14) {
        let between = BETWEEN.choose(random).copied().unwrap_or_default();
        let next = match random.random_bool(NUMBER) {
            true => random.random_range(2..10_000).to_string(),
            false => word(random).to_owned(),
        };
        text.push_str(&if at % 2 == 0 { next } else { format!("{between} {next}") });
        text.push(' ');
    }
    text.truncate(text.trim_end().len());
    let (first, rest) = text.split_at(text.chars().next().map_or(0, char::len_utf8));
    format!("{}{rest}. ", first.to_uppercase())
}

fn title(topic: &[&str], random: &mut ChaCha8Rng) -> String {
    let words: Vec<&str> = (0..3).filter_map(|_| topic.choose(random).copied()).collect();
    words.join(" ")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_seed_makes_the_same_texts_again() {
        let made = documents(25, 1);
        assert_eq!(made.len(), 3);
        assert_eq!(made, documents(25, 1));
        assert_ne!(made, documents(25, 2));
        let sections = |text: &str| text.matches("\n## ").count();
        assert_eq!(made.iter().map(|(_, text)| sections(text)).collect::<Vec<_>>(), [10, 10, 5]);
        let asked = questions(&made, 20, 1);
        assert_eq!(asked.len(), 20);
        assert!(asked.iter().all(|question| made.iter().any(|(id, _)| *id == question.document)));
    }

    #[test]
    fn words_are_as_uneven_as_those_of_people() {
        let made = documents(2000, 1);
        let mut times: BTreeMap<&str, usize> = BTreeMap::new();
        let words = made.iter().flat_map(|(_, text)| text.unicode_words()).filter(|word| !is_common(word));
        words.for_each(|word| *times.entry(word).or_default() += 1);
        let all: usize = times.values().sum();
        let most = times.values().copied().max().unwrap_or_default();
        let once = times.values().filter(|times| **times == 1).count();
        assert!(most * 400 > all && most * 50 < all, "the first: {most} of {all}");
        assert!(once * 4 > times.len(), "{once} of {} words are there once", times.len());
    }
}
