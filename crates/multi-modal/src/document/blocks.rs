//! The small markup of a section's text: paragraphs, list items, bold and italic.

/// A paragraph or a list item.
#[derive(Debug, Clone, PartialEq)]
pub(super) struct Block {
    /// The bullet or number of a list item.
    pub(super) marker: Option<String>,
    pub(super) spans: Vec<Span>,
}

/// Words in one face.
#[derive(Debug, Clone, PartialEq)]
pub(super) struct Span {
    pub(super) text: String,
    pub(super) bold: bool,
    pub(super) italic: bool,
}

/// Splits a text into paragraphs and list items.
pub(super) fn blocks(text: &str) -> Vec<Block> {
    let mut blocks: Vec<(Option<String>, String)> = Vec::new();
    let mut open = false;
    for line in text.lines() {
        let line = line.trim();
        if line.is_empty() {
            open = false;
        } else if let Some((marker, rest)) = list_item(line) {
            blocks.push((Some(marker), rest.to_owned()));
            open = true;
        } else if let (true, Some((_, last))) = (open, blocks.last_mut()) {
            last.push(' ');
            last.push_str(line);
        } else {
            blocks.push((None, line.to_owned()));
            open = true;
        }
    }
    blocks.into_iter().map(|(marker, text)| Block { marker, spans: spans(&text) }).collect()
}

fn list_item(line: &str) -> Option<(String, &str)> {
    if let Some(rest) = ["- ", "* ", "+ ", "• "].iter().find_map(|bullet| line.strip_prefix(bullet)) {
        return Some(("•".to_owned(), rest.trim_start()));
    }
    let (number, rest) = line.split_once(['.', ')'])?;
    let is_number = (1..=3).contains(&number.len()) && number.bytes().all(|b| b.is_ascii_digit());
    let rest = rest.strip_prefix(' ')?;
    is_number.then(|| (format!("{number}."), rest.trim_start()))
}

/// Splits a line at `**` and `*`. A star that opens nothing, or has blanks on both sides, is a star.
fn spans(text: &str) -> Vec<Span> {
    let mut spans: Vec<Span> = Vec::new();
    let (mut bold, mut italic) = (false, false);
    let mut plain = String::new();
    let mut rest = text;
    while let Some(at) = rest.find('*') {
        let (before, after) = rest.split_at(at);
        plain.push_str(before);
        let mark = if after.starts_with("**") { "**" } else { "*" };
        let tail = &after[mark.len()..];
        let (face, on) = ((bold, italic), if mark == "**" { bold } else { italic });
        let glued_after = tail.chars().next().is_some_and(|c| !c.is_whitespace());
        let glued_before = plain.chars().last().is_some_and(|c| !c.is_whitespace());
        let closes = on && (glued_before || plain.is_empty());
        let opens = !on && glued_after && tail.contains(mark);
        if closes || opens {
            push(&mut spans, &mut plain, face);
            match mark {
                "**" => bold = !bold,
                _ => italic = !italic,
            }
        } else {
            plain.push_str(mark);
        }
        rest = tail;
    }
    plain.push_str(rest);
    push(&mut spans, &mut plain, (bold, italic));
    spans
}

fn push(spans: &mut Vec<Span>, plain: &mut String, (bold, italic): (bool, bool)) {
    if !plain.is_empty() {
        spans.push(Span { text: std::mem::take(plain), bold, italic });
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    fn faces(text: &str) -> Vec<(String, bool, bool)> {
        spans(text).into_iter().map(|s| (s.text, s.bold, s.italic)).collect()
    }

    #[test]
    fn paragraphs_and_lists() {
        let blocks = blocks("one\ntwo\n\n- a\n- b\n  goes on\n12. c\n\n1999. was a year");
        let plain: Vec<_> = blocks.iter().map(|b| (b.marker.as_deref(), b.spans[0].text.as_str())).collect();
        let expected = [
            (None, "one two"),
            (Some("•"), "a"),
            (Some("•"), "b goes on"),
            (Some("12."), "c"),
            (None, "1999. was a year"),
        ];
        assert_eq!(plain, expected);
    }

    #[test]
    fn bold_italic_and_plain_stars() {
        let expected =
            [("a ", false, false), ("b", true, false), (" ", false, false), ("c", false, true), (" d", false, false)];
        assert_eq!(faces("a **b** *c* d"), expected.map(|(t, b, i)| (t.to_owned(), b, i)));
        for plain in ["2 * 3 * 4", "a * b", "lonely**", "*open"] {
            assert_eq!(faces(plain), [(plain.to_owned(), false, false)]);
        }
    }

    proptest! {
        #[test]
        fn no_character_but_stars_is_lost(text in "[a-z *]{0,40}") {
            let letters = |s: &str| s.replace('*', "");
            let joined: String = spans(&text).into_iter().map(|s| s.text).collect();
            prop_assert_eq!(letters(&joined), letters(&text));
        }
    }
}
