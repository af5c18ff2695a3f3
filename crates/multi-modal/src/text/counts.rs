//! What is a word, a sentence, a paragraph.

/// Words: runs of letters and digits, with apostrophes and hyphens inside and points within numbers, cut where an
/// unspaced script begins.
pub(super) fn words(text: &str) -> Vec<&str> {
    let mut words = Vec::new();
    let mut start = 0;
    let mut previous = ' ';
    let mut characters = text.char_indices().peekable();
    while let Some((at, c)) = characters.next() {
        let next_is_digit = characters.peek().is_some_and(|(_, next)| next.is_ascii_digit());
        let decimal_point = matches!(c, '.' | ',') && previous.is_ascii_digit() && next_is_digit;
        let inside = (c.is_alphanumeric() || is_mark(c) || is_joiner(c) || decimal_point) && !is_unspaced(c);
        if !inside {
            words.push(&text[start..at]);
            start = at + c.len_utf8();
        }
        previous = c;
    }
    words.push(&text[start..]);
    words
        .into_iter()
        .map(|word| word.trim_matches(|c: char| is_joiner(c) || is_mark(c)))
        .filter(|word| word.chars().any(char::is_alphanumeric))
        .collect()
}

fn is_joiner(c: char) -> bool {
    matches!(c, '\'' | '\u{2019}' | '-' | '\u{2010}' | '\u{2011}')
}

/// Combining marks belong to the letter before them.
fn is_mark(c: char) -> bool {
    matches!(u32::from(c), 0x300..=0x36F | 0x591..=0x5C7 | 0x610..=0x61A | 0x64B..=0x65F | 0x93A..=0x94F | 0x200C..=0x200D)
}

/// Scripts that are written without blanks between words (Hangul has blanks, and isn't among them).
pub(super) fn is_unspaced(c: char) -> bool {
    matches!(
        u32::from(c),
        0x0E00..=0x0EFF | 0x1000..=0x109F | 0x1780..=0x17FF | 0x3005..=0x3007 | 0x3040..=0x30FF | 0x31F0..=0x31FF
            | 0x3400..=0x4DBF | 0x4E00..=0x9FFF | 0xF900..=0xFAFF | 0xFF66..=0xFF9F | 0x2_0000..=0x3_FFFF
    )
}

/// Stretches with a word up to a full stop, its like, or an empty line.
pub(super) fn count_sentences(text: &str) -> usize {
    let characters: Vec<char> = text.chars().collect();
    let (mut count, mut open) = (0, false);
    for (index, &c) in characters.iter().enumerate() {
        let wide_end = matches!(c, '。' | '！' | '？' | '।' | '۔' | '؟');
        // "3.5", "e.g" and "example.com" go on; so does an initial as in "J. Smith".
        let before_blank = characters.get(index + 1).is_none_or(|next| !next.is_alphanumeric());
        let initial = c == '.' && is_initial(&characters, index);
        let paragraph_end = c == '\n' && characters.get(index + 1) == Some(&'\n');
        if open && (wide_end || paragraph_end || (matches!(c, '.' | '!' | '?' | '…') && before_blank && !initial)) {
            count += 1;
            open = false;
        } else if c.is_alphanumeric() {
            open = true;
        }
    }
    count + usize::from(open)
}

/// A full stop after a single capital that isn't the text's last character.
fn is_initial(characters: &[char], stop: usize) -> bool {
    let letter = stop.checked_sub(1).and_then(|i| characters.get(i)).is_some_and(|c| c.is_uppercase());
    let alone = stop.checked_sub(2).and_then(|i| characters.get(i)).is_none_or(|c| !c.is_alphanumeric());
    // "It is I. Then" is rarer than "J. Smith".
    letter && alone && stop + 1 < characters.len() && characters.get(stop - 1) != Some(&'I')
}

/// Stretches between empty lines.
pub(super) fn count_paragraphs(text: &str) -> usize {
    let mut inside = false;
    let mut count = 0;
    for line in text.lines() {
        let filled = !line.trim().is_empty();
        count += usize::from(filled && !inside);
        inside = filled;
    }
    count
}
