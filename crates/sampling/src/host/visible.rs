//! Text of strangers on a terminal: what would move the cursor, change colours, hide or turn letters around is written
//! out, and every line is marked, so that nothing that a server sends can look like a line of this host.

use std::fmt::Write as _;

/// In front of each line that is not this host's own.
const MARK: &str = "  | ";

/// The text with everything invisible written out. Line breaks and tabs stay.
pub(super) fn visible(text: &str) -> String {
    let mut shown = String::with_capacity(text.len());
    for letter in text.chars() {
        match letter {
            '\n' | '\t' => shown.push(letter),
            _ if is_treacherous(letter) => {
                // Writing to a string cannot fail.
                let _ = write!(shown, "\\u{{{:x}}}", u32::from(letter));
            }
            _ => shown.push(letter),
        }
    }
    shown
}

/// A name on one line, cut to `most` letters.
pub(super) fn one_line(text: &str, most: usize) -> String {
    let mut shown: String = visible(text).replace('\n', "\\n").replace('\t', "\\t").chars().take(most).collect();
    if text.chars().count() > most {
        shown.push_str("...");
    }
    shown
}

/// The whole text, each line marked.
pub(super) fn block(text: &str) -> String {
    visible(text).split('\n').map(|line| format!("{MARK}{line}\n")).collect()
}

/// Control characters, and those of Unicode that have no shape of their own or turn the direction of writing.
fn is_treacherous(letter: char) -> bool {
    letter.is_control()
        || matches!(letter,
            '\u{ad}' | '\u{34f}' | '\u{61c}' | '\u{115f}' | '\u{1160}' | '\u{180e}' | '\u{3164}' | '\u{ffa0}'
            | '\u{200b}'..='\u{200f}' | '\u{2028}'..='\u{202e}' | '\u{2060}'..='\u{206f}'
            | '\u{fe00}'..='\u{fe0f}' | '\u{feff}' | '\u{fff9}'..='\u{fffb}' | '\u{e0000}'..='\u{e0fff}')
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    #[test]
    fn what_would_act_on_a_terminal_is_written_out() {
        for (text, shown) in [
            ("a\u{1b}[31mred\u{1b}[0m", "a\\u{1b}[31mred\\u{1b}[0m"),
            ("over\rwritten\u{8}", "over\\u{d}written\\u{8}"),
            ("\u{9b}2J \u{7f}", "\\u{9b}2J \\u{7f}"),
            ("\u{202e}txt.exe", "\\u{202e}txt.exe"),
            ("in\u{200b}visible \u{e0041}", "in\\u{200b}visible \\u{e0041}"),
            ("two\nlines\tand ünïcode 語", "two\nlines\tand ünïcode 語"),
        ] {
            assert_eq!(visible(text), shown);
        }
        assert_eq!(one_line("a\nb", 9), "a\\nb");
        assert_eq!(one_line("abcdef", 3), "abc...");
    }

    #[test]
    fn no_line_of_a_stranger_looks_like_one_of_the_host() {
        assert_eq!(block("x\napprove, edit or refuse?"), "  | x\n  | approve, edit or refuse?\n");
    }

    proptest! {
        #[test]
        fn nothing_that_acts_is_left(text in "\\PC{0,20}[\\x00-\\x1f\\x7f-\\u{9f}]{0,20}") {
            prop_assert!(visible(&text).chars().all(|letter| letter == '\n' || letter == '\t' || !letter.is_control()));
        }
    }
}
