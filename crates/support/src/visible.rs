//! Text of strangers on a terminal: what would move the cursor, change colours, hide or turn letters around is written
//! out, and every row is marked, so that nothing that a server sends can look like a line of this program.

#[cfg(unix)]
use std::io;
use std::sync::LazyLock;

use regex::{Captures, Regex};

/// Of a terminal that does not say.
const COLUMNS: usize = 80;

/// In front of each row that is not this program's own.
const MARK: &str = "  | ";

/// What acts, turns or has no shape of its own: controls, formats, what is not assigned, ignorable letters, all blanks
/// but the usual ones, and marks that strike other letters through or enclose them.
static TREACHEROUS: LazyLock<Regex> = LazyLock::new(|| {
    let class = concat!(
        r"[\p{Cc}\p{Cf}\p{Cn}\p{Co}\p{Z}\p{Default_Ignorable_Code_Point}\p{Me}\x{2800}\x{fffc}",
        r"\x{334}-\x{338}\x{20d2}\x{20d3}\x{20d8}-\x{20da}\x{20e5}\x{20e6}\x{20ea}\x{20eb}",
        r"--[\n\t \x{a0}\x{202f}]]",
    );
    Regex::new(class).expect("an expression of this file, which its tests compile")
});

/// The text with everything invisible written out. Line breaks and tabs stay.
pub fn visible(text: &str) -> String {
    let escaped = |found: &Captures<'_>| {
        found[0].chars().map(|letter| format!("\\u{{{:x}}}", u32::from(letter))).collect::<String>()
    };
    TREACHEROUS.replace_all(text, escaped).into_owned()
}

/// The same JSON, in which nothing acts on a terminal: what would is written as JSON's own escapes.
pub fn json(text: &str) -> String {
    let escaped =
        |found: &Captures<'_>| found[0].encode_utf16().map(|unit| format!("\\u{unit:04x}")).collect::<String>();
    TREACHEROUS.replace_all(text, escaped).into_owned()
}

/// The whole text on one line.
pub fn line(text: &str) -> String {
    visible(text).replace('\n', "\\n").replace('\t', "\\t")
}

/// The text on one line, cut to `most` letters as they are shown.
pub fn one_line(text: &str, most: usize) -> String {
    let line = line(text);
    match line.char_indices().nth(most) {
        Some((end, _)) => format!("{}...", &line[..end]),
        None => line,
    }
}

/// The whole text, each line marked.
pub fn block(text: &str) -> String {
    visible(text).split('\n').map(|line| format!("{MARK}{line}\n")).collect()
}

/// The lines as rows of a terminal with so many columns. A terminal would begin the rest of a long line where the
/// program's own lines begin, so it is broken before, and the rest is marked.
pub fn rows(text: &str, columns: usize) -> String {
    // The last column stays free: not every terminal waits there.
    let most = columns.saturating_sub(1).max(2 * MARK.len());
    let mut shown = String::with_capacity(text.len());
    let mut used = 0;
    for letter in text.chars() {
        // Too much rather than too little: no letter outside ASCII has more than two columns.
        let width = match letter {
            '\n' => 0,
            '\t' => 8,
            _ if letter.is_ascii() => 1,
            _ => 2,
        };
        if used + width > most {
            shown.push('\n');
            shown.push_str(MARK);
            used = MARK.len();
        }
        shown.push(letter);
        used = if letter == '\n' { 0 } else { used + width };
    }
    shown
}

/// How wide the terminal is that stdout and stderr are shown on; of two, the narrower.
pub fn columns() -> usize {
    #[cfg(unix)]
    {
        let sizes = [rustix::termios::tcgetwinsize(io::stdout()), rustix::termios::tcgetwinsize(io::stderr())];
        let known = sizes.into_iter().flatten().map(|size| size.ws_col).filter(|columns| *columns > 0);
        if let Some(columns) = known.min() {
            return columns.into();
        }
    }
    COLUMNS
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
        assert_eq!(one_line("\u{7}\u{7}EVIL", 10), "\\u{7}\\u{7}...");
    }

    #[test]
    fn what_has_no_shape_of_its_own_is_written_out() {
        for letter in "\u{2800}\u{3000}\u{17b4}\u{1d173}\u{fffc}\u{180b}\u{1bca0}\u{336}\u{ad}\u{3164}\u{e0041}".chars()
        {
            assert_eq!(visible(&format!("a{letter}b")), format!("a\\u{{{:x}}}b", u32::from(letter)));
        }
        // Marks that languages are written with stay.
        assert_eq!(visible("e\u{301} \u{915}\u{93f}\u{a0}"), "e\u{301} \u{915}\u{93f}\u{a0}");
    }

    #[test]
    fn json_stays_json_and_does_nothing() {
        let object = serde_json::json!({"text": "\u{202e}x\u{7f}\u{e0041}\u{1b}語"});
        let shown = json(&object.to_string());
        assert_eq!(shown, r#"{"text":"\u202ex\u007f\udb40\udc41\u001b語"}"#);
        assert_eq!(serde_json::from_str::<serde_json::Value>(&shown).expect("JSON"), object);
    }

    #[test]
    fn a_long_line_of_a_stranger_is_marked_in_each_row() {
        for text in [format!("{}--- completion 1 ---", " ".repeat(76)), "語".repeat(500), "\t".repeat(40)] {
            let shown = rows(&block(&text), 80);
            assert!(shown.lines().count() > 1 && shown.lines().all(|row| row.starts_with(MARK)), "{shown}");
            assert!(shown.lines().all(|row| row.chars().count() < 80), "{shown}");
            assert_eq!(shown.replace('\n', "").replace(MARK, ""), text);
        }
        assert_eq!(rows("short\n  | lines\n", 80), "short\n  | lines\n");
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
