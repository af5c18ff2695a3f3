//! The passage of a text that says most about a question.

use super::lexicon::{Lexicon, Term, coverage};

/// A passage is at most so many sentences, and characters.
const SENTENCES: usize = 2;
const MAX_CHARS: usize = 320;

/// A passage, and the share of what the question tells that is in it.
#[derive(Debug, Clone, PartialEq)]
pub(super) struct Passage {
    pub(super) text: String,
    pub(super) coverage: f32,
}

/// The best run of at most two sentences; of equal ones the first. Never empty, unless the text is.
pub(super) fn passage(text: &str, terms: &[Term], lexicon: &Lexicon) -> Passage {
    let sentences = sentences(text);
    let mut best = Passage { text: cut(&sentences.join(" ")), coverage: -1.0 };
    for count in 1..=SENTENCES {
        for window in sentences.windows(count) {
            let run = window.join(" ");
            if run.chars().count() > MAX_CHARS && count > 1 {
                continue;
            }
            let covered = coverage(terms, &lexicon.stems(&run).into_iter().collect());
            // A longer passage has to say something more.
            if covered > best.coverage + if count > 1 { 0.05 } else { 0.0 } {
                best = Passage { text: cut(&run), coverage: covered };
            }
        }
    }
    Passage { coverage: best.coverage.max(0.0), ..best }
}

/// The first sentences that fit.
pub(super) fn beginning(text: &str) -> String {
    let mut beginning = String::new();
    for sentence in sentences(text) {
        if !beginning.is_empty() && beginning.chars().count() + sentence.chars().count() >= MAX_CHARS {
            break;
        }
        if !beginning.is_empty() {
            beginning.push(' ');
        }
        beginning.push_str(sentence);
    }
    cut(&beginning)
}

/// A sentence ends with its mark and a blank before a capital, a digit or a sign: `v1.0 and 3.5 bar` is no end.
fn sentences(text: &str) -> Vec<&str> {
    let mut sentences = Vec::new();
    let mut start = 0;
    let letters: Vec<(usize, char)> = text.char_indices().collect();
    for window in letters.windows(3) {
        let [(_, mark), (_, blank), (next, letter)] = window else { continue };
        if matches!(mark, '.' | '!' | '?') && *blank == ' ' && !letter.is_lowercase() {
            sentences.push(text[start..*next].trim());
            start = *next;
        }
    }
    sentences.push(text[start..].trim());
    sentences.retain(|sentence| !sentence.is_empty());
    sentences
}

fn cut(text: &str) -> String {
    match text.char_indices().nth(MAX_CHARS) {
        // At a blank, if there is one.
        Some((end, _)) => format!("{}…", text[..end].rsplit_once(' ').map_or(&text[..end], |(whole, _)| whole)),
        None => text.to_owned(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn where_a_sentence_ends() {
        assert_eq!(
            sentences("Take 3.5 bar. Less, e.g. two, is soft! Why? \u{c4}h"),
            ["Take 3.5 bar.", "Less, e.g. two, is soft!", "Why?", "\u{c4}h"]
        );
        assert_eq!(sentences(""), Vec::<&str>::new());
        assert_eq!(sentences("no end"), ["no end"]);
    }

    #[test]
    fn what_is_too_long_is_cut_at_a_word() {
        let long = "word ".repeat(100);
        let shown = cut(&long);
        assert!(shown.ends_with("word…") && shown.chars().count() <= MAX_CHARS, "{shown}");
        assert_eq!(beginning("One. Two."), "One. Two.");
        assert_eq!(beginning(&format!("First. Long {long}")), "First.");
    }
}
