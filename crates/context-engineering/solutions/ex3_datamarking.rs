//! Exercise 3, defend it: text that is data in every word.
//!
//! Marks around a passage say where data begins. Datamarking says it in each word: the space between words becomes a sign that
//! the model was told about, and that no text of its own has. An instruction inside reads like^this^then, and is recognized as
//! data even where a model has lost sight of the marks.
//!
//! Where to look: `within_marks` in `src/untrusted.rs` keeps a text from ending its passage.
//!
//! Hint: a sign that stands in the text already would let its author write marks: refuse it, and white space as a sign too.
//! Hint: `split_whitespace` and `join` make one sign of every run of space.
//!
//! Learned: a mark is worth something only when the text cannot contain it, so the check comes first; a defence like this makes
//! an attack rarer and never impossible, and tools must stay safe without it.
//! Read on: src/untrusted.rs; Hines and others, "Defending Against Indirect Prompt Injection Attacks With Spotlighting", 2024.

/// The text with `sign` in the place of every run of white space, and none at its ends. None where the sign is white space, or
/// stands in the text.
pub(crate) fn datamarked(text: &str, sign: char) -> Option<String> {
    if sign.is_whitespace() || text.contains(sign) {
        return None;
    }
    let mut sign_bytes = [0; 4];
    let words: Vec<&str> = text.split_whitespace().collect();
    Some(words.join(sign.encode_utf8(&mut sign_bytes)))
}
