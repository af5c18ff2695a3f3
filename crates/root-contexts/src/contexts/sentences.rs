//! Text, cut into sentences. Nothing is lost: the pieces, put together again, are the text.
//!
//! Unicode's rules (UAX 29, sentence boundaries) end a sentence at every full stop that a capital letter follows, and
//! at every line break. Abbreviations, initials and wrapped lines are put together again afterwards.

use unicode_segmentation::UnicodeSegmentation;

/// Words that a full stop belongs to, in lower case and without it.
const ABBREVIATIONS: [&str; 36] = [
    "al", "approx", "apr", "aug", "ave", "capt", "co", "corp", "dec", "dept", "dr", "e.g", "est", "feb", "fig", "gen",
    "gov", "i.e", "inc", "jan", "jr", "ltd", "mr", "mrs", "ms", "mt", "no", "nov", "oct", "prof", "sen", "sept", "sr",
    "st", "vs", "cf",
];

/// The sentences of a text, each with the space behind it.
pub fn sentences(text: &str) -> Vec<&str> {
    let mut found: Vec<&str> = Vec::new();
    let (mut start, mut has_words) = (0, false);
    for (at, piece) in text.split_sentence_bound_indices() {
        let end = at + piece.len();
        let so_far = &text[start..end];
        has_words = has_words || piece.chars().any(char::is_alphanumeric);
        if end < text.len() && (!has_words || goes_on(so_far) || is_wrapped(so_far, &text[end..])) {
            continue;
        }
        match found.last_mut() {
            // Nothing but signs and space at the end of the text belongs to the sentence before it.
            Some(last) if !has_words => *last = &text[start - last.len()..end],
            _ => found.push(so_far),
        }
        (start, has_words) = (end, false);
    }
    found
}

/// Whether a line break stands in the middle of a sentence: one break, no sign before it, a small letter after it.
fn is_wrapped(piece: &str, next: &str) -> bool {
    let trimmed = piece.trim_end();
    let one_break = matches!(piece[trimmed.len()..].trim_matches([' ', '\t']), "\n" | "\r\n");
    one_break
        && trimmed.ends_with(char::is_alphanumeric)
        && next.trim_start_matches(' ').starts_with(char::is_lowercase)
}

/// Whether the full stop at the end is that of an abbreviation or an initial.
fn goes_on(piece: &str) -> bool {
    let trimmed = piece.trim_end();
    // A line break ends a sentence whatever comes before it.
    if piece[trimmed.len()..].contains(['\n', '\r', '\u{85}', '\u{2028}', '\u{2029}']) {
        return false;
    }
    let Some(before) = trimmed.strip_suffix('.') else { return false };
    let word = before.rsplit(|sign: char| sign.is_whitespace() || "([{\"'\u{201c}".contains(sign)).next();
    let word = word.unwrap_or_default();
    let mut letters = word.chars();
    let is_initial = matches!((letters.next(), letters.next()), (Some(letter), None) if letter.is_uppercase())
        // "I" ends a sentence more often than it is somebody's name.
        && word != "I";
    // "no." is a number's only in front of a number, and that is no boundary for Unicode anyway, unless in capitals.
    let is_abbreviation = match word {
        "no" | "co" => false,
        _ => ABBREVIATIONS.contains(&word.to_lowercase().as_str()),
    };
    is_initial || is_abbreviation
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    fn trimmed(text: &str) -> Vec<&str> {
        sentences(text).into_iter().map(str::trim).collect()
    }

    #[test]
    fn sentences_end_where_people_end_them() {
        for (text, wanted) in [
            ("One. Two! Three?", vec!["One.", "Two!", "Three?"]),
            ("Dr. Ada Smith called. She waits.", vec!["Dr. Ada Smith called.", "She waits."]),
            ("Written by J. R. Hart. It is long.", vec!["Written by J. R. Hart.", "It is long."]),
            ("Use one, e.g. This one. Or not.", vec!["Use one, e.g. This one.", "Or not."]),
            ("It costs 3.50 in v1.2.3 today. Fine.", vec!["It costs 3.50 in v1.2.3 today.", "Fine."]),
            ("See example.com for more. Done", vec!["See example.com for more.", "Done"]),
            ("Acme Inc. Berlin agreed. Good.", vec!["Acme Inc. Berlin agreed.", "Good."]),
            ("I said no. They left.", vec!["I said no.", "They left."]),
            ("Nobody but I. They left.", vec!["Nobody but I.", "They left."]),
            ("- first line\n- second line", vec!["- first line", "- second line"]),
            ("We decided to\n  refund it.\nAnd so\n\nwe did", vec!["We decided to\n  refund it.", "And so", "we did"]),
            ("Met the Dr.\nNext line.", vec!["Met the Dr.", "Next line."]),
            ("Really?! Yes... well. ***", vec!["Really?!", "Yes... well. ***"]),
            ("\"Go.\" He went.", vec!["\"Go.\"", "He went."]),
            ("これは一文です。これも一文です。", vec!["これは一文です。", "これも一文です。"]),
        ] {
            assert_eq!(trimmed(text), wanted, "{text:?}");
        }
        assert_eq!(sentences(""), Vec::<&str>::new());
        assert_eq!(sentences(" ... "), [" ... "]);
    }

    proptest! {
        #[test]
        fn nothing_is_lost(text in "(\\PC|[.!? \n]|Dr\\. |e\\.g\\. ){0,200}") {
            let pieces = sentences(&text);
            prop_assert_eq!(pieces.concat(), text.clone());
            prop_assert!(pieces.iter().all(|piece| !piece.is_empty()));
        }
    }
}
