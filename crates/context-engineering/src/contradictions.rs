//! (6) Contradictions: two sources that say nearly the same with other numbers, or with a "not" between them.
//!
//! It is a warning, not a verdict: which of the two is right is not decided here. The newer one stands second.

use std::collections::BTreeSet;

use chrono::NaiveDate;
use schemars::JsonSchema;
use serde::Serialize;

use crate::{facts::facts, features::words, sentences::sentences};

/// Words that two sentences share, of all words of the shorter one.
const ALIKE: f32 = 0.6;
/// Fewest words that they share.
const SHARED: usize = 4;
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
    /// What differs, such as `10 / 5` or `negation`.
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

struct Said<'a> {
    source: usize,
    text: &'a str,
    words: BTreeSet<String>,
    numbers: BTreeSet<String>,
    is_negated: bool,
}

/// Finds statements of different documents that do not go together.
pub fn contradictions(sources: &[Source<'_>]) -> Vec<Contradiction> {
    let mut said: Vec<Said<'_>> = Vec::new();
    for (source, Source { text, .. }) in sources.iter().enumerate() {
        said.extend(sentences(text).into_iter().map(|span| statement(source, &text[span])));
    }
    said.retain(|said| said.words.len() >= SHARED);
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
                found.push(Contradiction { one: told(one), other: told(other), differs });
            }
        }
    }
    found
}

fn statement(source: usize, text: &str) -> Said<'_> {
    let numbers = facts(text).numbers;
    let plain = |word: &String| !word.chars().any(char::is_numeric);
    let lower = text.to_lowercase();
    let is_negated = ["not", "no", "never", "cannot", "without", "n't"].iter().any(|sign| {
        lower
            .split(|letter: char| letter.is_whitespace() || ",.;:()".contains(letter))
            .any(|word| word == *sign || (*sign == "n't" && word.ends_with(sign)))
    });
    Said { source, text, words: words(text).filter(plain).collect(), numbers, is_negated }
}

fn difference(one: &Said<'_>, other: &Said<'_>) -> Option<String> {
    let shared = one.words.intersection(&other.words).count();
    let shorter = one.words.len().min(other.words.len());
    if shared < SHARED || (shared as f32) < ALIKE * shorter as f32 {
        return None;
    }
    let here: Vec<&String> = one.numbers.difference(&other.numbers).collect();
    let there: Vec<&String> = other.numbers.difference(&one.numbers).collect();
    // Where more differs than one number, the two are about different things, such as two rows of a table.
    if let ([here], [there]) = (here.as_slice(), there.as_slice()) {
        return Some(format!("{here} / {there}"));
    }
    (one.is_negated != other.is_negated && here.is_empty() && there.is_empty()).then(|| "negation".to_owned())
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::document::date;

    #[test]
    fn other_numbers_and_a_not_are_noticed() {
        let source = |document, day, text| Source { document, date: date(day).ok(), text };
        let found = contradictions(&[
            source("new.md", "2026-05-01", "Stations send a reading every 5 minutes to the gateway. Fine."),
            source("old.md", "2025-05-01", "Stations send a reading every 10 minutes to the gateway."),
            source("faq.md", "2026-01-01", "The gateway does not keep readings of stations for days."),
            source("ops.md", "2026-02-01", "The gateway does keep readings of stations for days."),
        ]);
        assert_eq!(found.len(), 2, "{found:?}");
        assert_eq!((found[0].one.document.as_str(), found[0].other.document.as_str()), ("old.md", "new.md"));
        assert_eq!(found[1].differs, "negation");
    }

    #[test]
    fn what_is_about_something_else_is_no_contradiction() {
        let source = |document, text| Source { document, date: None, text };
        let found = contradictions(&[
            source("a", "A dock has 12 places for bicycles and a lamp."),
            source("b", "An invoice is due within 30 days of delivery, by transfer."),
            source("c", "A dock has 12 places for bicycles and a lamp."),
        ]);
        assert_eq!(found, []);
    }
}
