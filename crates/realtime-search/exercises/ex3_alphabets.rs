//! Exercise 3, defend it: letters that only look like letters.
//!
//! One hostile article of the archive is titled "Storm Ilse: official warning", with half of its letters from another
//! alphabet. A reader sees no difference; a filter for the word does. Flag such texts.
//!
//! Where to look: `flags` and `hides` in `src/pipeline/flag.rs`; `corpus/articles.jsonl` has the article, hostile-06.
//!
//! Hint: a text in two alphabets is nothing unusual, a word in two alphabets is.
//! Hint: Cyrillic is U+0400 to U+052F, Greek U+0370 to U+03FF. Accents do not make a Latin letter foreign.

/// Whether a word of the text mixes Latin letters with Cyrillic or Greek ones.
pub(crate) fn mixes_alphabets(text: &str) -> bool {
    // Yours: look at each word.
    let _ = text;
    false
}
