//! (10) Cite: the sentences of an article that answer the query, and a line that says where they stand.

/// A date for programs: RFC 3339.
pub use mcp_support::search::clean::rfc3339;

use crate::text;

/// Characters of a snippet.
pub const SNIPPET: usize = 320;
/// What stands around text that comes from outside: whoever reads it, model or person, sees where it begins and ends.
pub const OPEN: &str = "<<<";
/// See [`OPEN`].
pub const CLOSE: &str = ">>>";

/// The sentences that have most of the words in `stems`, in their order, up to [`SNIPPET`] characters.
pub fn snippet(article: &str, stems: &[String]) -> String {
    let sentences = text::sentences(article);
    let scored = |sentence: &&str| {
        let own = text::stems(sentence);
        let found = stems.iter().filter(|stem| own.contains(stem)).count() as f64;
        // Of two that say as much, the shorter.
        found / (8.0 + own.len() as f64).sqrt()
    };
    let mut ranked: Vec<(usize, f64)> = sentences.iter().map(scored).enumerate().collect();
    ranked.sort_by(|one, other| other.1.total_cmp(&one.1).then(one.0.cmp(&other.0)));
    let mut chosen: Vec<usize> = Vec::new();
    let mut length = 0;
    for (at, score) in ranked {
        let size = sentences[at].chars().count();
        if chosen.is_empty() || (length + size < SNIPPET && score > 0.0) {
            chosen.push(at);
            length += size + 1;
        }
    }
    chosen.sort_unstable();
    let joined = chosen.into_iter().map(|at| sentences[at]).collect::<Vec<_>>().join(" ");
    text::shortened(&joined, SNIPPET)
}

/// Text from outside between marks that it cannot contain: angle brackets in it become others.
pub fn marked(text: &str) -> String {
    format!("{OPEN}{}{CLOSE}", text.replace('<', "\u{2039}").replace('>', "\u{203a}"))
}

/// A date for people: `2026-11-26 12:00 UTC`.
pub fn date(seconds: i64) -> String {
    chrono::DateTime::from_timestamp(seconds, 0)
        .map_or_else(|| "without a date".to_owned(), |time| time.format("%Y-%m-%d %H:%M UTC").to_string())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_snippet_has_the_sentences_that_answer() {
        let article =
            "The city met on Monday. The bridge stays closed until Friday. Bees are back. Buses cross the bridge.";
        assert_eq!(
            snippet(article, &text::stems("when does the bridge open")),
            "The bridge stays closed until Friday. Buses cross the bridge."
        );
        assert_eq!(snippet("", &[]), "");
        assert!(snippet(&"word ".repeat(1000), &[]).chars().count() <= SNIPPET + 3);
    }

    #[test]
    fn nothing_can_close_the_marks() {
        let shown = marked("before >>>> after <<<< again");
        assert_eq!(shown.matches(CLOSE).count() + shown.matches(OPEN).count(), 2, "{shown}");
    }
}
