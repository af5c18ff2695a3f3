//! What can be measured on a text: language, counts, readability, key phrases.

mod counts;
mod key_phrases;
mod readability;
mod stop_words;

pub use key_phrases::KeyPhrase;
pub use readability::Readability;

use std::collections::HashSet;

use self::counts::{count_paragraphs, count_sentences, is_unspaced, words};
use crate::error::MediaError;
use crate::limits::TEXT_CHARS;

/// Silent reading speed of adults in English (Brysbaert, "How many words do we read per minute?", 2019).
const WORDS_PER_MINUTE: f64 = 238.0;
/// Silent reading speed of adults in Chinese, in characters a minute (Brysbaert 2019).
const CHARACTERS_PER_MINUTE: f64 = 260.0;

/// The language a text seems to be in.
#[derive(Debug, Clone, PartialEq, serde::Serialize, schemars::JsonSchema)]
pub struct LanguageGuess {
    /// ISO 639-3 code, such as `eng`.
    pub code: String,
    /// English name of the language.
    pub name: String,
    /// Writing system, such as `Latin`.
    pub script: String,
    /// How clear the guess is, 0 to 1.
    pub confidence: f64,
    /// Whether the text is long and clear enough to trust the guess.
    pub reliable: bool,
}

/// What was measured on a text.
#[derive(Debug, Clone, PartialEq, serde::Serialize, schemars::JsonSchema)]
pub struct TextReport {
    /// The language; absent where there are no letters.
    pub language: Option<LanguageGuess>,
    /// Unicode characters, blanks included.
    pub characters: u32,
    /// Letters and digits.
    pub letters_and_digits: u32,
    /// Chinese, Japanese, Korean, Thai and similar characters, which are written without blanks between words.
    pub unspaced_characters: u32,
    /// Words between blanks and punctuation; unspaced characters aren't counted as words.
    pub words: u32,
    /// Sentences: stretches with a word that end with a full stop, question or exclamation mark, or their like.
    pub sentences: u32,
    /// Paragraphs: stretches between empty lines.
    pub paragraphs: u32,
    /// Words per sentence; absent without words.
    pub average_sentence_words: Option<f64>,
    /// Different words, regardless of case.
    pub unique_words: u32,
    /// Different words divided by all words (type-token ratio), 0 to 1; absent without words.
    pub lexical_diversity: Option<f64>,
    /// Seconds to read it silently, at 238 words a minute and 260 unspaced characters a minute.
    pub reading_time_s: f64,
    /// How hard it is to read, where a formula for the language is known.
    pub readability: Option<Readability>,
    /// Why there is no readability.
    pub readability_note: Option<String>,
    /// The ten best key phrases (RAKE), best first.
    pub key_phrases: Vec<KeyPhrase>,
    /// What the numbers leave out for this text.
    pub notes: Vec<String>,
}

/// Measures a text of 1 to [`TEXT_CHARS`] characters.
///
/// Returns [`MediaError::Invalid`] for a text of blanks only, and [`MediaError::TooLarge`] for a long one.
pub fn analyze(text: &str) -> Result<TextReport, MediaError> {
    let characters = text.chars().count();
    if characters > TEXT_CHARS {
        return Err(MediaError::TooLarge {
            what: "text",
            actual: format!("{characters} characters"),
            limit: format!("{TEXT_CHARS} characters"),
        });
    }
    if text.trim().is_empty() {
        let hint = format!("send 1 to {TEXT_CHARS} characters");
        return Err(MediaError::Invalid { what: "the text is empty".to_owned(), hint });
    }
    let language = guess(text);
    let code = language.as_ref().map_or("", |l| l.code.as_str());
    let words = words(text);
    let sentences = count_sentences(text);
    let unspaced = text.chars().filter(|&c| is_unspaced(c)).count();
    let unique: HashSet<String> = words.iter().map(|word| word.to_lowercase()).collect();
    let (readability, readability_note) = match readability::measure(&words, sentences, language.as_ref()) {
        Ok(readability) => (Some(readability), None),
        Err(reason) => (None, Some(reason)),
    };
    let per_word = |value: usize| (!words.is_empty()).then(|| round(value as f64 / words.len() as f64));
    let minutes = words.len() as f64 / WORDS_PER_MINUTE + unspaced as f64 / CHARACTERS_PER_MINUTE;
    let key_phrases = key_phrases::rake(text, code);
    Ok(TextReport {
        characters: characters as u32,
        letters_and_digits: text.chars().filter(|c| c.is_alphanumeric()).count() as u32,
        unspaced_characters: unspaced as u32,
        words: words.len() as u32,
        sentences: sentences as u32,
        paragraphs: count_paragraphs(text) as u32,
        average_sentence_words: (!words.is_empty()).then(|| round(words.len() as f64 / sentences.max(1) as f64)),
        unique_words: unique.len() as u32,
        lexical_diversity: per_word(unique.len()),
        reading_time_s: (minutes * 60.0 * 10.0).round() / 10.0,
        readability,
        readability_note,
        notes: notes(unspaced, language.as_ref()),
        key_phrases,
        language,
    })
}

fn guess(text: &str) -> Option<LanguageGuess> {
    let info = whatlang::detect(text)?;
    Some(LanguageGuess {
        code: info.lang().code().to_owned(),
        name: info.lang().eng_name().to_owned(),
        script: info.script().name().to_owned(),
        confidence: round(info.confidence()),
        reliable: info.is_reliable(),
    })
}

fn notes(unspaced: usize, language: Option<&LanguageGuess>) -> Vec<String> {
    let mut notes = Vec::new();
    if unspaced > 0 {
        let text = "characters of scripts without blanks between words are counted, but not split into words; words, \
                    diversity and key phrases leave them out";
        notes.push(format!("{unspaced} {text}"));
    }
    if let Some(language) = language {
        if !stop_words::known(&language.code) {
            notes.push(format!("no stop words are known for {}; key phrases break at punctuation only", language.name));
        }
        if !language.reliable {
            notes.push("the text is too short or too mixed for a sure guess of its language".to_owned());
        }
    }
    notes
}

/// Three decimals; never NaN or infinite.
fn round(value: f64) -> f64 {
    if value.is_finite() { (value * 1000.0).round() / 1000.0 } else { 0.0 }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    #[test]
    fn counts_of_a_small_english_text() {
        let report = analyze("Dr J. Smith paid 3.5 euros. Why?\n\nDon't ask; it's well-known!").expect("a report");
        assert_eq!((report.words, report.sentences, report.paragraphs), (11, 3, 2));
        assert_eq!(report.unique_words, 11);
    }

    #[test]
    fn languages_are_told_apart() {
        let cases = [
            ("The quick brown fox jumps over the lazy dog and runs into the deep forest.", "eng"),
            ("Der schnelle braune Fuchs springt über den faulen Hund und läuft in den Wald.", "deu"),
            ("El rápido zorro marrón salta sobre el perro perezoso y corre hacia el bosque.", "spa"),
            ("Le renard brun rapide saute par-dessus le chien paresseux et court dans la forêt.", "fra"),
        ];
        for (text, code) in cases {
            let report = analyze(text).expect("a report");
            assert_eq!(report.language.map(|l| l.code).as_deref(), Some(code));
            assert!(report.readability.is_some(), "{code}");
        }
    }

    #[test]
    fn chinese_is_not_one_giant_word() {
        let report = analyze("今天天气很好。我们去公园散步吧！").expect("a report");
        assert_eq!((report.words, report.unspaced_characters, report.sentences), (0, 14, 2));
        assert!(report.readability.is_none() && report.readability_note.is_some());
        assert!(report.notes[0].contains("14"));
    }

    #[test]
    fn empty_and_long_texts_are_refused() {
        assert!(matches!(analyze(" \n"), Err(MediaError::Invalid { .. })));
        assert!(matches!(analyze(&"a".repeat(TEXT_CHARS + 1)), Err(MediaError::TooLarge { .. })));
    }

    proptest! {
        #[test]
        fn any_text_gives_finite_numbers(text in "\\PC{1,200}") {
            if let Ok(report) = analyze(&text) {
                prop_assert!(report.reading_time_s.is_finite());
                prop_assert!(report.unique_words <= report.words);
                prop_assert!(report.words == 0 || report.sentences > 0);
            }
        }
    }
}
