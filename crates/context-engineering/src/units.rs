//! (2) Units: the least of a document that can be read alone. Chunks are for finding, units are for packing.
//!
//! A paragraph, an item of a list, a row of a table, an item of code. A heading belongs to what follows it, and what begins
//! with a pronoun belongs to what it speaks of.

use std::ops::Range;

use crate::{
    document::{Document, Kind},
    features::words,
    sentences::sentences,
    tokens::Encoding,
};

/// A unit with less is taken together with the next one, in bytes.
const LEAST: usize = 25;
/// A longer unit takes nothing more to itself, in bytes.
const MOST: usize = 600;
/// Longest unit, in bytes: a longer one is cut at the end of a line.
const LONGEST: usize = 1600;
/// A longer paragraph or item is cut between sentences, in bytes: little of it answers a question, and all of it costs.
const WHOLE: usize = 260;
/// Least that is cut off, in bytes.
const PART: usize = 120;

/// A passage that may be packed.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Unit {
    /// Bytes of the document's text.
    pub span: Range<usize>,
    /// Headings above it, the outermost first.
    pub headings: Vec<String>,
    /// The head of the table that it is a row of, as bytes of the document's text.
    pub table_head: Option<Range<usize>>,
    /// Tokens of its text, exactly.
    pub tokens: usize,
    /// Its words as an index sees them, with a space after each: counted once, for all questions.
    pub words: Box<str>,
    /// The words of what stands above it: the title, the headings, the head of the table.
    pub words_above: Box<str>,
}

impl Unit {
    /// The unit at `span`, below `headings`.
    pub fn new(
        document: &Document,
        span: Range<usize>,
        headings: Vec<String>,
        table_head: Option<Range<usize>>,
        encoding: Encoding,
    ) -> Self {
        let joined = |text: &str| words(text).collect::<Vec<_>>().join(" ").into_boxed_str();
        let text = &document.text[span.clone()];
        let mut unit = Self {
            tokens: encoding.count(text),
            words: joined(text),
            words_above: Box::default(),
            span,
            headings,
            table_head,
        };
        unit.words_above = joined(&unit.above(document));
        unit
    }

    /// What stands above it.
    pub fn above(&self, document: &Document) -> String {
        let head = self.table_head.clone().map_or("", |head| &document.text[head]);
        format!("{}\n{}\n{head}", document.about.title, self.headings.join("\n"))
    }
}

#[derive(Clone, Copy, PartialEq, Eq)]
enum Line {
    Blank,
    Heading,
    Item,
    Row,
    Fence,
    Other,
}

/// The units of a document, in order. Every word is in one of them, and in one only.
pub fn units(document: &Document) -> Vec<Range<usize>> {
    let is_code = matches!(document.kind, Kind::Rust | Kind::Python);
    let text = document.text.as_str();
    let mut found: Vec<(Range<usize>, Line)> = Vec::new();
    let (mut at, mut before, mut is_fenced) = (0, Line::Blank, false);
    for line in text.split_inclusive('\n') {
        let span = at..at + line.len();
        at = span.end;
        let kind = if is_code { code(line) } else { prose(line) };
        let goes_on = match kind {
            Line::Blank => is_fenced,
            Line::Fence => is_fenced,
            _ if is_fenced => true,
            Line::Heading => before == Line::Heading,
            Line::Item => false,
            // The rule of a table and what stands above it are one.
            Line::Row => line.contains("--") && before == Line::Row,
            Line::Other => matches!(before, Line::Item | Line::Other | Line::Heading | Line::Fence),
        };
        is_fenced ^= kind == Line::Fence;
        if kind == Line::Blank && !is_fenced {
            // A heading waits for what it stands above.
            if before != Line::Heading {
                before = Line::Blank;
            }
            continue;
        }
        let waits = before == Line::Heading;
        match found.last_mut() {
            Some((last, _)) if (goes_on || waits) && span.end - last.start <= LONGEST => last.end = span.end,
            _ => found.push((span, kind)),
        }
        before = kind;
    }
    together(document, found)
}

fn prose(line: &str) -> Line {
    let line = line.trim();
    let digits = line.bytes().take_while(u8::is_ascii_digit).count();
    match line {
        "" => Line::Blank,
        _ if line.starts_with("```") || line.starts_with("~~~") => Line::Fence,
        _ if line.starts_with('#') => Line::Heading,
        _ if line.starts_with('|') => Line::Row,
        _ if line.starts_with("- ") || line.starts_with("* ") => Line::Item,
        _ if digits > 0 && line[digits..].starts_with(". ") => Line::Item,
        _ => Line::Other,
    }
}

fn code(line: &str) -> Line {
    if line.trim().is_empty() { Line::Blank } else { Line::Other }
}

/// Short ones, and those that speak of the one before.
fn together(document: &Document, found: Vec<(Range<usize>, Line)>) -> Vec<Range<usize>> {
    let text = document.text.as_str();
    let mut units: Vec<(Range<usize>, Line)> = Vec::new();
    for (span, kind) in found {
        let joins = units.last().is_some_and(|(last, above)| {
            let is_short = last.len() < LEAST && *above != Line::Row;
            let leads = text[last.clone()].trim_end().ends_with(':') && last.len() < 200;
            let speaks = kind == Line::Other && *above != Line::Row && begins_with_pronoun(&text[span.clone()]);
            (is_short || speaks || leads) && kind != Line::Heading && span.end - last.start <= MOST
        });
        match units.last_mut() {
            Some((last, _)) if joins => last.end = span.end,
            _ => units.push((span, kind)),
        }
    }
    let is_code = matches!(document.kind, Kind::Rust | Kind::Python);
    let trimmed = units.into_iter().map(|(span, kind)| (span.start..span.start + text[span].trim_end().len(), kind));
    trimmed.flat_map(|(span, kind)| if is_code || kind == Line::Row { vec![span] } else { parts(text, span) }).collect()
}

/// Cuts a paragraph, or an item, between sentences.
fn parts(text: &str, span: Range<usize>) -> Vec<Range<usize>> {
    let whole = &text[span.clone()];
    let is_whole = span.len() <= WHOLE || whole.contains("```") || whole.contains("~~~");
    let mut cut = vec![span.start];
    for sentence in if is_whole { Vec::new() } else { sentences(whole) } {
        let at = span.start + sentence.start;
        let is_long = at - cut[cut.len() - 1] >= PART && span.end - at >= PART;
        if is_long && !begins_with_pronoun(&whole[sentence]) {
            cut.push(at);
        }
    }
    let ends = cut.iter().skip(1).copied().chain([span.end]).collect::<Vec<_>>();
    cut.iter().zip(ends).map(|(start, end)| *start..start + text[*start..end].trim_end().len()).collect()
}

fn begins_with_pronoun(text: &str) -> bool {
    let first = text.trim_start().split(|letter: char| !letter.is_alphanumeric()).next().unwrap_or_default();
    ["It", "Its", "This", "These", "That", "Those", "They", "Their", "He", "She", "His", "Her", "Then", "So", "But"]
        .contains(&first)
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;
    use crate::document::About;

    fn cut(kind: Kind, text: &str) -> Vec<String> {
        let document = Document::new("d", kind, text, About::default()).expect("a document");
        units(&document).into_iter().map(|span| document.text[span].to_owned()).collect()
    }

    #[test]
    fn paragraphs_items_rows_and_code() {
        let text = "# Gate\n\nThe gate of the harbour is green.\n\nIt was painted in May.\n\n- the first thing to be done\n- the second\n  thing to be done\n\n\
                    | a | b |\n|---|---|\n| the first row | 1 |\n| the second row | 2 |\n\n```\nlet a = 1;\n\nlet b = 2;\n```\n";
        let expected = [
            "# Gate\n\nThe gate of the harbour is green.\n\nIt was painted in May.",
            "- the first thing to be done",
            "- the second\n  thing to be done",
            "| a | b |\n|---|---|",
            "| the first row | 1 |",
            "| the second row | 2 |",
            "```\nlet a = 1;\n\nlet b = 2;\n```",
        ];
        assert_eq!(cut(Kind::Markdown, text), expected);
        let code = "/// The first of two.\nfn one() {}\n\n/// The second of two.\nfn two() {}\n";
        assert_eq!(
            cut(Kind::Rust, code),
            ["/// The first of two.\nfn one() {}", "/// The second of two.\nfn two() {}"]
        );
    }

    proptest! {
        #[test]
        fn every_word_is_in_one_unit(text in "(#{1,3} [a-z]{1,9}\n|[a-z]{1,12} |\\PC|\\| a \\| b \\|\n|- x|\n|\n\n|```\n){1,200}") {
            for kind in [Kind::Markdown, Kind::Text, Kind::Rust] {
                let Ok(document) = Document::new("d", kind, &text, About::default()) else { continue };
                let spans = units(&document);
                prop_assert!(spans.windows(2).all(|pair| pair[0].end <= pair[1].start));
                let plain = |text: &str| text.split_whitespace().collect::<String>();
                let kept: String = spans.into_iter().map(|span| plain(&document.text[span])).collect();
                prop_assert_eq!(kept, plain(&document.text));
            }
        }
    }
}
