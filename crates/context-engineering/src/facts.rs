//! What must not get lost when a text becomes shorter: numbers, names and decisions.

use std::{collections::BTreeSet, sync::LazyLock};

use regex::Regex;

use crate::{features::is_common, sentences::sentences};

/// What a text states that no shorter text can make up again.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Facts {
    /// Numbers, dates and times as they stand there, such as `4711`, `2026-03-31`, `99.5`.
    pub numbers: BTreeSet<String>,
    /// Names and identifiers, such as `Ada`, `E-4711`, `retry_after`, `MQTT`.
    pub names: BTreeSet<String>,
}

impl Facts {
    /// What is here and not in `other`.
    #[must_use]
    pub fn without(&self, other: &Self) -> Self {
        Self {
            numbers: self.numbers.difference(&other.numbers).cloned().collect(),
            names: self.names.difference(&other.names).cloned().collect(),
        }
    }

    /// How many there are.
    pub fn len(&self) -> usize {
        self.numbers.len() + self.names.len()
    }

    /// Whether there is none.
    pub fn is_empty(&self) -> bool {
        self.numbers.is_empty() && self.names.is_empty()
    }
}

fn pattern(pattern: &str) -> Regex {
    Regex::new(pattern).expect("the pattern is part of this file, and a test uses it")
}

/// The numbers and names of a text. A word is a name when it has a digit, an underscore or a capital inside, or begins with
/// a capital where no sentence begins. A name at the beginning of a sentence only is not seen; its sentence may still stay.
pub fn facts(text: &str) -> Facts {
    static WORD: LazyLock<Regex> = LazyLock::new(|| pattern(r"[\p{L}\p{N}](?:[\p{L}\p{N}]|[_\-./:'@][\p{L}\p{N}])*"));
    let mut facts = Facts::default();
    for span in sentences(text) {
        let sentence = &text[span];
        for (at, word) in WORD.find_iter(sentence).enumerate() {
            let word = word.as_str();
            let has_digit = word.chars().any(char::is_numeric);
            if has_digit && !word.chars().any(char::is_alphabetic) {
                facts.numbers.insert(word.to_owned());
                continue;
            }
            let inner = word.chars().skip(1).any(char::is_uppercase) || word.contains('_');
            let first = word.chars().next().is_some_and(char::is_uppercase);
            if has_digit || inner || (first && at > 0 && !is_common(&word.to_lowercase())) {
                facts.names.insert(word.to_owned());
            }
        }
    }
    facts
}

/// Whether a sentence states a decision.
pub fn is_decision(sentence: &str) -> bool {
    static DECISION: LazyLock<Regex> = LazyLock::new(|| {
        pattern(
            r"(?i)\b(we|they|team|board|it was|has been|have|was) (have |has )?(decided|agreed|chosen|settled on|resolved)\b|\b(we|team) (will|chose) (use|go with|adopt|keep|drop|not)\b|^\W*(decision|decided|agreed|resolved)\b\s*[:.]?",
        )
    });
    DECISION.is_match(sentence)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn numbers_and_names_are_seen() {
        let found = facts(
            "The gate of Port Elin was closed on 2026-03-31 at 14:30. Ask Ada about retry_after, E-4711 and MQTT: 99.5 percent.",
        );
        let set = |words: &[&str]| words.iter().map(|word| (*word).to_owned()).collect::<BTreeSet<_>>();
        assert_eq!(found.numbers, set(&["2026-03-31", "14:30", "99.5"]));
        assert_eq!(found.names, set(&["Port", "Elin", "Ada", "retry_after", "E-4711", "MQTT"]));
        let left = found.without(&facts("Port Elin, 14:30"));
        assert!(!left.numbers.contains("14:30") && left.numbers.contains("99.5"));
    }

    #[test]
    fn decisions_are_told_from_talk() {
        for text in [
            "We decided to use MQTT.",
            "Decision: keep the old gate.",
            "The team has agreed on May.",
            "We will use SQLite.",
        ] {
            assert!(is_decision(text), "{text}");
        }
        for text in ["Nobody knows what to do.", "We will see.", "A decision is needed."] {
            assert!(!is_decision(text), "{text}");
        }
    }
}
