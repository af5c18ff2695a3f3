//! Exercise 3, defend it: letters that only look like letters.
//!
//! One hostile article of the archive is titled "Storm Ilse: official warning", with half of its letters from another
//! alphabet. A reader sees no difference; a filter for the word does. Flag such texts.
//!
//! Where to look: `flags` and `hides` in `src/pipeline/flag.rs`; `corpus/articles.jsonl` has the article, hostile-06.
//!
//! Hint: a text in two alphabets is nothing unusual, a word in two alphabets is.
//! Hint: Cyrillic is U+0400 to U+052F, Greek U+0370 to U+03FF. Accents do not make a Latin letter foreign.
//!
//! Learned: what looks alike is told apart word by word, and a rule that is too eager flags honest texts.
//! Read on: src/pipeline/flag.rs; Unicode Technical Standard 39, "Unicode Security Mechanisms", section 5.

/// Whether a word of the text mixes Latin letters with Cyrillic or Greek ones.
pub(crate) fn mixes_alphabets(text: &str) -> bool {
    text.split(|letter: char| !letter.is_alphabetic()).any(|word| {
        let foreign = word.chars().any(|letter| matches!(u32::from(letter), 0x0370..=0x052F));
        foreign && word.chars().any(is_latin)
    })
}

fn is_latin(letter: char) -> bool {
    letter.is_ascii_alphabetic() || matches!(u32::from(letter), 0x00C0..=0x024F | 0x1E00..=0x1EFF)
}
