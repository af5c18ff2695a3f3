//! (6) Contradictions: two sources that speak of the same thing and give another number for it, that say what a number of the
//! other was before, or that say nearly the same with a "not" between them.
//!
//! It is a warning, not a verdict: which of the two is right is not decided here. The newer one stands second. Two sources
//! that disagree in other words are not noticed: that would need a model which understands them.
//! Among passages that were found for one question, half of what is flagged was not planned, and most of that is none.

use std::{collections::BTreeSet, ops::Range, sync::LazyLock};

use chrono::NaiveDate;
use regex::Regex;
use schemars::JsonSchema;
use serde::Serialize;

use crate::{
    features::words,
    quantities::{Quantity, quantities},
    sentences::sentences,
};

/// Words that two sentences share, of all words of the shorter one.
const ALIKE: f32 = 0.6;
/// Fewest words that they share where nothing else says that they speak of the same.
const SHARED: usize = 4;
/// Fewest words that they share where they count the same thing, and where both name a time of the day.
const SHARED_OF_A_KIND: usize = 2;
const SHARED_OF_A_TIME: usize = 3;
/// A statement with more numbers of a kind is a list.
const MOST_OF_A_KIND: usize = 2;
/// Most pairs that are told.
const MOST: usize = 8;
/// Most sentences that are compared with each other.
const MOST_SENTENCES: usize = 400;

/// Two statements that do not go together.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, JsonSchema)]
pub struct Contradiction {
    /// The older statement, or that of the source whose name comes first.
    pub one: Statement,
    /// The newer statement.
    pub other: Statement,
    /// What differs, such as `10 minutes / 5 minutes` or `negation`.
    pub differs: String,
}

/// What a source says.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, JsonSchema)]
pub struct Statement {
    /// Id of the document.
    pub document: String,
    /// When it was written, as `YYYY-MM-DD`.
    pub date: Option<NaiveDate>,
    /// The sentence, as it stands there.
    pub text: String,
}

/// A text with where it comes from.
#[derive(Debug, Clone, Copy)]
pub struct Source<'a> {
    /// Id of the document.
    pub document: &'a str,
    /// When it was written.
    pub date: Option<NaiveDate>,
    /// What it says.
    pub text: &'a str,
}

/// A statement, taken apart once.
struct Said<'a> {
    source: usize,
    text: &'a str,
    /// What it is about: its words without those that count something.
    words: BTreeSet<String>,
    /// The same with the words of the heading or the question above it.
    topic: BTreeSet<String>,
    numbers: Vec<Quantity>,
    /// Numbers that are said to hold no more.
    before: Vec<Quantity>,
    is_negated: bool,
}

/// Finds statements of different documents that do not go together.
pub fn contradictions(sources: &[Source<'_>]) -> Vec<Contradiction> {
    let mut said: Vec<Said<'_>> =
        sources.iter().enumerate().flat_map(|(source, Source { text, .. })| statements(source, text)).collect();
    said.truncate(MOST_SENTENCES);
    let mut found = Vec::new();
    for (at, one) in said.iter().enumerate() {
        for other in &said[at + 1..] {
            if found.len() == MOST {
                return found;
            }
            if sources[one.source].document == sources[other.source].document {
                continue;
            }
            let key = |said: &Said<'_>| (sources[said.source].date, sources[said.source].document);
            let (one, other) = if key(one) > key(other) { (other, one) } else { (one, other) };
            if let Some(differs) = difference(one, other) {
                let told = |said: &Said<'_>| Statement {
                    document: sources[said.source].document.to_owned(),
                    date: sources[said.source].date,
                    text: said.text.to_owned(),
                };
                let contradiction = Contradiction { one: told(one), other: told(other), differs };
                // A passage may stand in several contexts.
                if !found.contains(&contradiction) {
                    found.push(contradiction);
                }
            }
        }
    }
    found
}

/// The sentences of a text. One that says what was before is a part of the one that it speaks of.
fn statements(source: usize, text: &str) -> Vec<Said<'_>> {
    // With the byte from which on a sentence says what was before.
    let mut joined: Vec<(Range<usize>, usize)> = Vec::new();
    for span in sentences(text) {
        match joined.last_mut() {
            Some((last, before)) if says_what_was(&text[span.clone()]) => {
                *before = span.start.min(*before);
                last.end = span.end;
            }
            _ => joined.push((span.clone(), span.end)),
        }
    }
    let mut above = BTreeSet::new();
    let said = joined.into_iter().filter_map(|(span, before)| {
        let before = before - span.start;
        let sentence = &text[span];
        // A comment in a program begins like a heading, and ends like a sentence.
        if (sentence.starts_with('#') && !sentence.ends_with('.')) || sentence.ends_with('?') {
            above = plain_words(sentence);
            return None;
        }
        Some(statement(source, sentence, before, &above))
    });
    said.filter(|said| !said.topic.is_empty()).collect()
}

fn statement<'a>(source: usize, text: &'a str, behind: usize, above: &BTreeSet<String>) -> Said<'a> {
    static BEFORE: LazyLock<Regex> = LazyLock::new(|| {
        let signs =
            r"(?i)\b(?:instead of|rather than|before:|before that,?|previously|formerly|used to be|it was|from)[\s*]*$";
        Regex::new(signs).expect("the pattern is part of this file, and a test uses it")
    });
    let is_before = |number: &Quantity| {
        let (ahead, rest) = (&text[..number.span.start], text[number.span.end..].trim_start());
        let sign = BEFORE.find(ahead).map(|sign| sign.as_str().to_lowercase());
        // "From" alone says where something begins.
        number.span.start >= behind || sign.is_some_and(|sign| !sign.starts_with("from") || rest.starts_with("to "))
    };
    let all = quantities(text);
    let (mut rest, mut end) = (String::new(), 0);
    for number in &all {
        rest.push_str(&text[end..number.span.start]);
        end = number.span.end;
    }
    rest.push_str(&text[end..]);
    let (before, numbers) = all.into_iter().partition(is_before);
    let words = plain_words(&rest);
    let topic = words.union(above).cloned().collect();
    Said { source, text, words, topic, numbers, before, is_negated: is_negated(text) }
}

fn difference(one: &Said<'_>, other: &Said<'_>) -> Option<String> {
    changed(one, other)
        .or_else(|| changed(other, one))
        .or_else(|| counted_otherwise(one, other))
        .or_else(|| nearly_the_same(one, other))
}

/// One of the two says what held before, and the other says that it holds.
fn changed(now: &Said<'_>, then: &Said<'_>) -> Option<String> {
    let shared = now.topic.intersection(&then.topic).count();
    let fits = |old: &Quantity| {
        let instead = now.numbers.iter().filter(|new| new.value != old.value && is_of_a_kind(old, new));
        let new = instead.min_by_key(|new| new.span.start.abs_diff(old.span.start))?;
        let is_same = |same: &&Quantity| same.value == old.value && is_of_a_kind(same, old) && is_of_a_kind(same, new);
        let same = then.numbers.iter().find(is_same)?;
        let knows = then.numbers.iter().any(|number| number.value == new.value);
        let counts = !same.unit.is_empty() && (same.unit == old.unit || same.unit == new.unit);
        let is_enough = shared >= if counts { 1 } else { SHARED_OF_A_KIND };
        (is_enough && !knows).then(|| format!("{} / {}", shown(same, then), shown(new, now)))
    };
    now.before.iter().find_map(fits)
}

/// Both count the same thing, and speak of the same, and the numbers are others.
fn counted_otherwise(one: &Said<'_>, other: &Said<'_>) -> Option<String> {
    let can_differ = |number: &&Quantity| !number.unit.is_empty() && !is_day(number);
    let of_a_kind = |said: &Said<'_>, unit: &str| said.numbers.iter().filter(|number| number.unit == unit).count();
    let has = |said: &Said<'_>, number: &Quantity| {
        said.numbers.iter().any(|other| other.value == number.value && is_of_a_kind(other, number))
    };
    let (here, there) = one.numbers.iter().filter(can_differ).find_map(|here| {
        let is_list = [one, other].into_iter().any(|said| of_a_kind(said, &here.unit) > MOST_OF_A_KIND);
        let agrees = |number: &Quantity| number.unit == here.unit && has(one, number);
        let there = other.numbers.iter().find(|number| number.unit == here.unit)?;
        (!is_list && !has(other, here) && !other.numbers.iter().any(agrees)).then_some((here, there))
    })?;
    let least = if here.unit == "clock" { SHARED_OF_A_TIME } else { SHARED_OF_A_KIND };
    is_alike(&one.topic, &other.topic, one.words.len().min(other.words.len()), least)
        .then(|| format!("{} / {}", shown(here, one), shown(there, other)))
}

/// The same words with one other number, or with a "not".
fn nearly_the_same(one: &Said<'_>, other: &Said<'_>) -> Option<String> {
    fn only<'a>(said: &'a Said<'_>, without: &Said<'_>) -> Vec<&'a Quantity> {
        let has = |number: &Quantity| without.numbers.iter().any(|other| other.value == number.value);
        let mut own: Vec<&Quantity> = said.numbers.iter().filter(|number| !has(number)).collect();
        own.sort_unstable_by(|one, other| one.value.cmp(&other.value));
        own.dedup_by(|one, other| one.value == other.value);
        own
    }
    if !is_alike(&one.words, &other.words, one.words.len().min(other.words.len()), SHARED) {
        return None;
    }
    // Where more differs than one number, the two are about different things, such as two rows of a table.
    match (only(one, other).as_slice(), only(other, one).as_slice()) {
        ([here], [there]) if is_of_a_kind(here, there) && !is_day(here) => {
            Some(format!("{} / {}", shown(here, one), shown(there, other)))
        }
        ([], []) if one.is_negated != other.is_negated => Some("negation".to_owned()),
        _ => None,
    }
}

fn is_alike(one: &BTreeSet<String>, other: &BTreeSet<String>, shorter: usize, least: usize) -> bool {
    let shared = one.intersection(other).count();
    shared >= least && shared as f32 >= ALIKE * shorter as f32
}

fn is_of_a_kind(one: &Quantity, other: &Quantity) -> bool {
    one.unit == other.unit || one.unit.is_empty() || other.unit.is_empty()
}

/// Most documents have days of their own, so other ones are no contradiction.
fn is_day(number: &Quantity) -> bool {
    ["date", "day of a year"].contains(&number.unit.as_str())
}

fn shown(number: &Quantity, said: &Said<'_>) -> String {
    said.text[number.span.clone()].split_whitespace().collect::<Vec<_>>().join(" ")
}

fn plain_words(text: &str) -> BTreeSet<String> {
    words(text).filter(|word| !word.chars().any(char::is_numeric)).collect()
}

fn says_what_was(sentence: &str) -> bool {
    ["It was ", "They were ", "Before", "Previously", "Formerly"].iter().any(|begin| sentence.starts_with(begin))
}

fn is_negated(text: &str) -> bool {
    let lower = text.to_lowercase();
    let mut words = lower.split(|letter: char| letter.is_whitespace() || ",.;:()".contains(letter));
    words.any(|word| ["not", "no", "never", "cannot", "without"].contains(&word) || word.ends_with("n't"))
}

#[cfg(test)]
mod tests;
