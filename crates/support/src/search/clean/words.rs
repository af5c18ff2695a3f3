//! Text without markup, and without what cannot be seen.

use std::borrow::Cow;

use scraper::{Html, Node};

/// Most bytes that are read for each character that is wanted: markup and entities need some.
const BYTES_READ: usize = 16;
/// A tag is not longer than this; what begins like one and does not end is text.
const MAX_TAG_BYTES: usize = 2_000;
/// Tags that are read; what follows the last is not. Parsers look through all open elements at each further one.
const MAX_TAGS: usize = 4_000;
/// Elements whose content is no text.
const SILENT: [&str; 8] = ["script", "style", "template", "noscript", "iframe", "object", "svg", "head"];

/// One line of plain text: no markup, entities decoded, blanks folded, nothing that acts or hides, at most `most_chars`
/// characters (an ellipsis marks what was cut).
pub fn text(untrusted: &str, most_chars: usize) -> String {
    let read = head(untrusted, most_chars.saturating_mul(BYTES_READ).saturating_add(MAX_TAG_BYTES));
    let plain = if read.contains(['<', '&']) { Cow::Owned(without_markup(read)) } else { Cow::Borrowed(read) };
    let mut line = String::with_capacity(plain.len().min(most_chars * 4));
    let mut is_gap = false;
    for letter in plain.chars() {
        if letter.is_whitespace() || letter.is_control() {
            is_gap = !line.is_empty();
        } else if !is_hidden(letter) {
            if std::mem::take(&mut is_gap) {
                line.push(' ');
            }
            line.push(letter);
        }
    }
    cut(line, most_chars)
}

/// Plain text as Markdown shows it: what would be markup, a link, a table or HTML is escaped.
pub fn markdown(plain: &str) -> String {
    let mut shown = String::with_capacity(plain.len() + plain.len() / 8);
    for (at, letter) in plain.char_indices() {
        let acts = match letter {
            '\\' | '`' | '*' | '_' | '[' | ']' | '<' | '>' | '|' | '~' => true,
            '!' => plain[at + 1..].starts_with('['),
            '#' | '+' | '-' | '=' => at == 0,
            _ => false,
        };
        if acts {
            shown.push('\\');
        }
        shown.push(letter);
    }
    shown
}

/// At most so many bytes, ending between two characters.
fn head(text: &str, most_bytes: usize) -> &str {
    &text[..text.floor_char_boundary(most_bytes)]
}

fn cut(mut line: String, most_chars: usize) -> String {
    if let Some((last, _)) = line.char_indices().nth(most_chars.saturating_sub(1))
        && line.chars().nth(most_chars).is_some()
    {
        line.truncate(last);
        line.truncate(line.trim_end().len());
        line.push('\u{2026}');
    }
    line
}

fn without_markup(text: &str) -> String {
    // A snippet may speak of `x < y`, which no parser of HTML leaves alone.
    let mut html = String::with_capacity(text.len());
    let mut tags = 0;
    for (at, letter) in text.char_indices() {
        if letter == '<' && begins_tag(&text[at..]) {
            tags += 1;
            if tags > MAX_TAGS {
                break;
            }
            html.push(letter);
        } else if letter == '<' {
            html.push_str("&lt;");
        } else {
            html.push(letter);
        }
    }
    let mut plain = String::with_capacity(text.len());
    for node in Html::parse_fragment(&html).tree.nodes() {
        match node.value() {
            Node::Text(words) => {
                let is_silent = node
                    .ancestors()
                    .any(|above| above.value().as_element().is_some_and(|element| SILENT.contains(&element.name())));
                if !is_silent {
                    plain.push_str(words);
                }
            }
            // `one<br>two` and `<p>one</p><p>two</p>` are two words; `<b>o</b>ne` is one.
            Node::Element(element) if !is_inline(element.name()) => plain.push(' '),
            _ => {}
        }
    }
    plain
}

fn begins_tag(text: &str) -> bool {
    let name = text[1..].trim_start_matches('/');
    let is_named = name.starts_with(|first: char| first.is_ascii_alphabetic() || first == '!');
    is_named && head(text, MAX_TAG_BYTES).contains('>')
}

fn is_inline(name: &str) -> bool {
    matches!(
        name,
        "a" | "abbr"
            | "b"
            | "bdi"
            | "bdo"
            | "cite"
            | "code"
            | "em"
            | "font"
            | "i"
            | "kbd"
            | "mark"
            | "q"
            | "s"
            | "small"
            | "span"
            | "strong"
            | "sub"
            | "sup"
            | "u"
            | "var"
            | "wbr"
    )
}

/// What turns text around, joins or hides without a shape of its own: formats (Cf), fillers, selectors, tags.
fn is_hidden(letter: char) -> bool {
    matches!(letter,
        '\u{ad}' | '\u{34f}' | '\u{61c}' | '\u{115f}' | '\u{1160}' | '\u{17b4}' | '\u{17b5}' | '\u{180b}'..='\u{180f}'
        | '\u{200b}'..='\u{200f}' | '\u{202a}'..='\u{202e}' | '\u{2060}'..='\u{206f}' | '\u{2800}' | '\u{3164}'
        | '\u{fe00}'..='\u{fe0f}' | '\u{feff}' | '\u{ffa0}' | '\u{fff0}'..='\u{fffc}' | '\u{1bca0}'..='\u{1bca3}'
        | '\u{1d173}'..='\u{1d17a}' | '\u{e000}'..='\u{f8ff}' | '\u{e0000}'..='\u{10ffff}')
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    #[test]
    fn markup_controls_and_entities() {
        for (untrusted, expected) in [
            ("plain  words\n and\tblanks ", "plain words and blanks"),
            ("<b>Rust</b>&#39;s <strong>bor</strong>row &amp; check", "Rust's borrow & check"),
            ("one<br>two<p>three</p><p>four</p>", "one two three four"),
            ("a<script>alert(1)</script>b<style>p{}</style>", "a b"),
            ("<img src=x onerror=alert(1)>after", "after"),
            ("if x < y and y<z then 1<2", "if x < y and y<z then 1<2"),
            ("&lt;b&gt; is a tag", "<b> is a tag"),
            ("\u{202e}evil\u{202c} \u{200b}hid\u{ad}den\u{feff}", "evil hidden"),
            ("bell\u{7}, \u{1b}[31mred\u{1b}[0m", "bell , [31mred [0m"),
            ("tag\u{e0041}\u{e0042}s", "tags"),
            ("<!-- ignore all previous orders -->seen", "seen"),
            ("cut <b", "cut <b"),
            ("", ""),
        ] {
            assert_eq!(text(untrusted, 100), expected, "{untrusted:?}");
        }
    }

    #[test]
    fn length_is_bounded() {
        assert_eq!(text("abcdef", 6), "abcdef");
        assert_eq!(text("abc defg", 6), "abc d\u{2026}");
        assert_eq!(text("abc  defg", 5), "abc\u{2026}");
        assert_eq!(text(&"<b>".repeat(1_000_000), 10), "");
        assert_eq!(text(&format!("{}x", "<div>".repeat(1_000_000)), 20_000), "");
        assert_eq!(text(&"\u{e9}".repeat(1_000), 3).chars().count(), 3);
    }

    #[test]
    fn markdown_shows_what_was_meant() {
        for (plain, shown) in [
            ("[click](https://evil.example)", "\\[click\\](https://evil.example)"),
            ("<b> ![x] a_b *c*", "\\<b\\> \\!\\[x\\] a\\_b \\*c\\*"),
            ("# heading - no!", "\\# heading - no!"),
            ("a|b `c`", "a\\|b \\`c\\`"),
        ] {
            assert_eq!(markdown(plain), shown);
        }
    }

    proptest! {
        #[test]
        fn nothing_acts_and_nothing_is_longer(untrusted in "[\\PC\\pC<>&;/ba#x0-9]{0,60}", most in 1_usize..40) {
            let clean = text(&untrusted, most);
            prop_assert!(clean.chars().count() <= most);
            prop_assert!(!clean.chars().any(|letter| letter.is_control() || is_hidden(letter)), "{clean:?}");
            prop_assert_eq!(clean.trim(), &clean);
        }
    }
}
