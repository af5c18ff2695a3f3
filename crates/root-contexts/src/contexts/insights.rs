//! Insights: sentences that say of themselves that they matter.
//!
//! A marker is one or more whole words ("mustard" is no "must"). A question is no insight, nor is a sentence that takes
//! its marker back ("not important", "no deadline", "we have not yet decided"); "must not" is one.

use std::collections::HashSet;

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};
use unicode_segmentation::UnicodeSegmentation;

use super::{model::Role, sentences::sentences};

/// Longest insight, in characters; more is cut, and the cut shows.
pub const MAX_INSIGHT_CHARS: usize = 500;

/// What a sentence is about.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "snake_case")]
#[schemars(inline)]
pub enum InsightKind {
    /// Something was decided or agreed.
    Decision,
    /// Something has to be done by a time.
    Deadline,
    /// Somebody has to do something.
    ActionItem,
    /// Something has to be so.
    Requirement,
    /// Something to remember.
    KeyPoint,
}

/// A sentence that matters.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct Insight {
    /// Position of the message that it comes from.
    pub position: u32,
    /// Who said it.
    pub role: Role,
    /// What it is about.
    pub kind: InsightKind,
    /// The sentence.
    pub text: String,
}

/// Markers, those that say most first.
const MARKERS: [(InsightKind, &[&str]); 5] = [
    (InsightKind::Decision, &["decided", "decision", "decisions", "agreed", "agreement", "approved", "concluded"]),
    (InsightKind::Deadline, &["deadline", "deadlines", "due by", "due on", "due date", "no later than"]),
    (InsightKind::ActionItem, &["action item", "action items", "next step", "next steps", "follow up", "todo"]),
    (InsightKind::Requirement, &["must", "required", "requirement", "requirements", "mandatory"]),
    (
        InsightKind::KeyPoint,
        &[
            "important",
            "importantly",
            "key point",
            "key points",
            "key insight",
            "remember",
            "note that",
            "crucial",
            "critical",
            "essential",
        ],
    ),
];
/// Markers that hold whatever stands before them: "nobody must wait" is a requirement.
const FIRM: [&str; 2] = ["must", "no later than"];
const NEGATIONS: [&str; 11] =
    ["not", "no", "never", "nothing", "none", "neither", "nor", "without", "cannot", "nobody", "hardly"];
/// Words that may stand between a negation and what it negates.
const FILLERS: [&str; 28] = [
    "a",
    "actually",
    "all",
    "an",
    "any",
    "at",
    "be",
    "been",
    "being",
    "clear",
    "especially",
    "even",
    "ever",
    "final",
    "firm",
    "fixed",
    "formally",
    "is",
    "particularly",
    "really",
    "so",
    "such",
    "that",
    "the",
    "very",
    "was",
    "were",
    "yet",
];

/// The insights of a message's text, each sentence once.
pub fn insights(position: u32, role: Role, text: &str) -> Vec<Insight> {
    let (mut found, mut known) = (Vec::new(), HashSet::new());
    for sentence in sentences(text) {
        let Some(kind) = kind_of(sentence) else { continue };
        let text = cut(sentence.split_whitespace().collect::<Vec<_>>().join(" ").as_str(), MAX_INSIGHT_CHARS);
        if known.insert(key(&text)) {
            found.push(Insight { position, role, kind, text });
        }
    }
    found
}

/// What two wordings of one insight have in common: its words, in lower case.
pub fn key(text: &str) -> String {
    words(text).into_iter().flatten().collect::<Vec<_>>().join(" ")
}

/// The first characters of a text.
pub fn cut(text: &str, most: usize) -> String {
    match text.char_indices().nth(most) {
        None => text.to_owned(),
        Some(_) => {
            let shortened: String = text.chars().take(most.saturating_sub(1)).collect();
            format!("{}\u{2026}", shortened.trim_end())
        }
    }
}

fn kind_of(sentence: &str) -> Option<InsightKind> {
    if sentence.trim_end().trim_end_matches(['"', ')', '\u{201d}']).ends_with(['?', '\u{ff1f}']) {
        return None;
    }
    let words = words(sentence);
    MARKERS.iter().find_map(|(kind, markers)| markers.iter().any(|marker| stands_in(&words, marker)).then_some(*kind))
}

/// Whether a marker stands among these words, and is not taken back.
fn stands_in(words: &[Option<String>], marker: &str) -> bool {
    let wanted: Vec<&str> = marker.split(' ').collect();
    words
        .windows(wanted.len())
        .enumerate()
        .filter(|(_, window)| window.iter().zip(&wanted).all(|(word, wanted)| word.as_deref() == Some(*wanted)))
        .any(|(at, _)| FIRM.contains(&marker) || !is_negated(words, at))
}

/// Whether a negation stands before the word at `at`, with nothing but fillers between, in the same clause.
fn is_negated(words: &[Option<String>], at: usize) -> bool {
    let before = words[..at].iter().rev().map_while(Option::as_deref);
    let first = before.clone().find(|word| !FILLERS.contains(word));
    first.is_some_and(|word| NEGATIONS.contains(&word) || word.ends_with("n't"))
}

/// The words in lower case; `None` where a clause ends.
fn words(text: &str) -> Vec<Option<String>> {
    let mut words = Vec::new();
    for piece in text.split_word_bounds() {
        if piece.chars().any(char::is_alphanumeric) {
            words.push(Some(piece.to_lowercase().replace('\u{2019}', "'")));
        } else if piece.contains([',', ';', ':', '(', ')', '\u{2014}', '\u{2013}']) {
            words.push(None);
        }
    }
    words
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    #[test]
    fn markers_are_words_and_can_be_taken_back() {
        use InsightKind::*;
        for (text, wanted) in [
            ("We must ship on Friday.", Some(Requirement)),
            ("You must not restart the server.", Some(Requirement)),
            ("Nobody must wait.", Some(Requirement)),
            ("Pass the mustard.", None),
            ("This is IMPORTANT", Some(KeyPoint)),
            ("This is unimportant.", None),
            ("This is not important.", None),
            ("It isn't really important.", None),
            ("It isn\u{2019}t important.", None),
            ("It is not only important but urgent.", Some(KeyPoint)),
            ("Is it important?", None),
            ("We decided to use SQLite.", Some(Decision)),
            ("We have not yet been decided.", None),
            ("They never agreed.", None),
            ("It was agreed, and must stay.", Some(Decision)),
            ("Not today, we agreed.", Some(Decision)),
            ("The deadline is Monday.", Some(Deadline)),
            ("We cannot miss the deadline.", Some(Deadline)),
            ("There is no firm deadline.", None),
            ("Send it no later than Friday.", Some(Deadline)),
            ("Action item: call Ada.", Some(ActionItem)),
            ("The reaction items are gone.", None),
            ("A key point is the price.", Some(KeyPoint)),
            ("The key opens a point of sale.", None),
            ("Remember the milk.", Some(KeyPoint)),
            ("I can't remember it.", None),
            ("Hello there.", None),
        ] {
            assert_eq!(insights(1, Role::User, text).first().map(|found| found.kind), wanted, "{text}");
        }
    }

    #[test]
    fn each_sentence_counts_once() {
        let text = "We must pay. Hello. We  must\npay! WE MUST PAY. Remember Dr. Smith.";
        let found: Vec<String> = insights(7, Role::Tool, text).into_iter().map(|insight| insight.text).collect();
        assert_eq!(found, ["We must pay.", "Remember Dr. Smith."]);
        let long = format!("We must {}", "x ".repeat(1000));
        let text = &insights(1, Role::User, &long)[0].text;
        assert!(text.chars().count() <= MAX_INSIGHT_CHARS && text.ends_with('\u{2026}'), "{text}");
    }

    proptest! {
        #[test]
        fn any_text_is_read(text in "(\\PC|must |not |[.!?,\n ]){0,100}") {
            for insight in insights(1, Role::User, &text) {
                prop_assert!(insight.text.chars().count() <= MAX_INSIGHT_CHARS);
                prop_assert!(!insight.text.ends_with('?'));
            }
        }
    }
}
