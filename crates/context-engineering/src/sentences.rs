//! Sentences: the least that can be taken from a text and still be understood. Rows, items and lines of code count as one.

use std::ops::Range;

use unicode_segmentation::UnicodeSegmentation;

/// Most sentences of a text that are looked at.
pub const MOST_SENTENCES: usize = 2000;

/// Bytes of each sentence, without the space around it.
pub fn sentences(text: &str) -> Vec<Range<usize>> {
    let mut found = Vec::new();
    let mut at = 0;
    for paragraph in paragraphs(text) {
        // A line that ends inside of a sentence does not end it; both signs have one byte.
        let line = text[paragraph.clone()].replace('\n', " ");
        for (start, sentence) in line.split_sentence_bound_indices() {
            let start = paragraph.start + start;
            let trimmed = sentence.trim();
            if trimmed.is_empty() {
                continue;
            }
            let begin = start + (sentence.len() - sentence.trim_start().len());
            debug_assert!(begin >= at, "sentences are in order");
            at = begin + trimmed.len();
            found.push(begin..at);
            if found.len() == MOST_SENTENCES {
                return found;
            }
        }
    }
    found
}

/// Lines that go on with a sentence belong together; rows, items and headings stand alone.
fn paragraphs(text: &str) -> Vec<Range<usize>> {
    let mut found: Vec<Range<usize>> = Vec::new();
    let (mut at, mut goes_on, mut is_fenced) = (0, false, false);
    for line in text.split_inclusive('\n') {
        let span = at..at + line.len();
        at = span.end;
        let trimmed = line.trim_start();
        let is_fence = trimmed.starts_with("```");
        let stands_alone = is_fenced || is_fence || trimmed.starts_with(['#', '|', '>', '<']) || is_item(trimmed);
        is_fenced ^= is_fence;
        match found.last_mut() {
            Some(last) if goes_on && !stands_alone && !trimmed.is_empty() => last.end = span.end,
            _ => found.push(span),
        }
        // An item may go on in the next line.
        goes_on = !trimmed.is_empty() && !is_fenced && !is_fence && !trimmed.starts_with(['#', '|']);
    }
    found
}

fn is_item(line: &str) -> bool {
    let digits = line.bytes().take_while(u8::is_ascii_digit).count();
    line.starts_with("- ") || line.starts_with("* ") || (digits > 0 && line[digits..].starts_with(". "))
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    fn all(text: &str) -> Vec<&str> {
        sentences(text).into_iter().map(|span| &text[span]).collect()
    }

    #[test]
    fn sentences_rows_and_items() {
        let text = "# Title\n\nIt costs 3.50 euros. It is\nlong.\n\n- one thing\n- another\n\n| a | b |\n| 1 | 2 |\n";
        let expected =
            ["# Title", "It costs 3.50 euros.", "It is\nlong.", "- one thing", "- another", "| a | b |", "| 1 | 2 |"];
        assert_eq!(all(text), expected);
        assert_eq!(all("```\nlet a = 1;\nlet b = 2;\n```"), ["```", "let a = 1;", "let b = 2;", "```"]);
    }

    proptest! {
        #[test]
        fn no_word_is_lost(text in "([a-zA-Z0-9]{1,8}[ .!?\n|#-]{1,3}|\\PC){0,60}") {
            let spans = sentences(&text);
            let kept: String = spans.iter().flat_map(|span| text[span.clone()].chars()).filter(|c| !c.is_whitespace()).collect();
            let whole: String = text.chars().filter(|c| !c.is_whitespace()).collect();
            prop_assert_eq!(kept, whole);
            prop_assert!(spans.windows(2).all(|pair| pair[0].end <= pair[1].start));
        }
    }
}
