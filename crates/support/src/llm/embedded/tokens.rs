//! Text to tokens and back: words, punctuation marks, the end of a paragraph, the end of a text.
//!
//! A line that is only [`SEPARATOR`] ends one text and begins the next. White space within a paragraph is not kept, so
//! that the way back puts a blank where English has one.

/// The line between two texts of a corpus.
const SEPARATOR: &str = "----";
/// The end of a paragraph.
pub(super) const PARAGRAPH: &str = "\n\n";
/// The end of a text.
pub(super) const END: &str = "<end>";

/// The tokens of `text`, in order.
pub(super) fn tokens(text: &str) -> Vec<&str> {
    let mut found = Vec::new();
    // What ends before the next line that has words.
    let mut pending = None;
    for line in text.lines().map(str::trim) {
        match line {
            "" if pending.is_none() => pending = Some(PARAGRAPH),
            "" => {}
            SEPARATOR => pending = Some(END),
            _ => {
                if let Some(end) = pending.take().filter(|_| !found.is_empty()) {
                    found.push(end);
                }
                words(line, &mut found);
            }
        }
    }
    // A separator in the last line ends the text; blank lines there mean nothing.
    if pending == Some(END) && !found.is_empty() {
        found.push(END);
    }
    found
}

fn words<'a>(line: &'a str, found: &mut Vec<&'a str>) {
    let mut rest = line;
    while let Some(first) = rest.chars().next() {
        let length = if first.is_alphanumeric() { word_length(rest) } else { first.len_utf8() };
        let (token, after) = rest.split_at(length);
        if !first.is_whitespace() && !first.is_control() {
            found.push(token);
        }
        rest = after;
    }
}

/// Bytes of the word that `text` begins with. A mark between two letters or digits is part of it, as in `can't`,
/// `on-call`, `10:30`, `3.5` and `example.com`.
fn word_length(text: &str) -> usize {
    let mut characters = text.char_indices().peekable();
    while let Some((place, character)) = characters.next() {
        let next = characters.peek().map(|(_, next)| *next);
        let joins = match character {
            '\'' | '’' | '-' | '.' | '/' | '_' | '@' => next.is_some_and(char::is_alphanumeric),
            ',' | ':' => next.is_some_and(char::is_numeric),
            _ => false,
        };
        if !character.is_alphanumeric() && !joins {
            return place;
        }
    }
    text.len()
}

/// What to write for `token` after the token `before`, nothing at the beginning.
pub(super) fn written(before: Option<&str>, token: &str) -> String {
    let is_first = before.is_none_or(|before| before == PARAGRAPH || before == END);
    let sticks = matches!(token, "." | "," | ";" | ":" | "!" | "?" | ")" | "]" | "}" | "%" | PARAGRAPH);
    let is_open = matches!(before, Some("(" | "[" | "{" | "#" | "$" | "€" | "£"));
    if is_first || sticks || is_open { token.to_owned() } else { format!(" {token}") }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn words_and_marks() {
        let cases: [(&str, &[&str]); 8] = [
            ("", &[]),
            ("Don't stop.", &["Don't", "stop", "."]),
            (
                "At 10:30, on-call (Ann) paid 3.50 €!",
                &["At", "10:30", ",", "on-call", "(", "Ann", ")", "paid", "3.50", "€", "!"],
            ),
            ("one\ntwo", &["one", "two"]),
            ("\n\none\n\n \n\ntwo\n\n", &["one", PARAGRAPH, "two"]),
            ("one\n\n----\n\ntwo\n----\n", &["one", END, "two", END]),
            ("größer als 2_000", &["größer", "als", "2_000"]),
            ("a\u{7}b\tc", &["a", "b", "c"]),
        ];
        for (text, expected) in cases {
            assert_eq!(tokens(text), expected, "{text:?}");
        }
    }

    #[test]
    fn the_way_back_puts_blanks_where_english_has_them() {
        let text = "The server (port 8000) stopped; why? Nobody knew.\n\nAn hour later, it ran: 100% of it.";
        let tokens = tokens(text);
        let mut back = String::new();
        for (place, token) in tokens.iter().enumerate() {
            back += &written(place.checked_sub(1).map(|before| tokens[before]), token);
        }
        assert_eq!(back, text);
    }
}
