//! Readability formulas: a higher ease is easier, 0 to 100 in ordinary text.

use super::{LanguageGuess, round};

/// How hard a text is to read.
#[derive(Debug, Clone, PartialEq, serde::Serialize, schemars::JsonSchema)]
pub struct Readability {
    /// The formula, such as `Flesch Reading Ease`.
    pub formula: String,
    /// Its value: about 100 is very easy, 60 plain, 30 academic; short texts can lie outside of 0 to 100.
    pub reading_ease: f64,
    /// In one word: `very easy` to `very hard`.
    pub level: String,
    /// US school grade (Kincaid et al., 1975); English only.
    pub grade: Option<f64>,
    /// Syllables, counted by rule.
    pub syllables: u32,
    /// Syllables per word.
    pub syllables_per_word: f64,
}

/// Formula and its constants: base, weight of words per sentence, weight of syllables per word.
type Formula = (&'static str, f64, f64, f64);

fn formula(code: &str) -> Option<Formula> {
    Some(match code {
        // Flesch, "A new readability yardstick", 1948.
        "eng" => ("Flesch Reading Ease", 206.835, 1.015, 84.6),
        // Amstad, "Wie verständlich sind unsere Zeitungen?", 1978.
        "deu" => ("Amstad (Flesch for German)", 180.0, 1.0, 58.5),
        // Fernández Huerta, "Medidas sencillas de lecturabilidad", 1959, in the corrected form (words per sentence).
        "spa" => ("Fernández Huerta", 206.84, 1.02, 60.0),
        // Kandel & Moles, "Application de l'indice de Flesch à la langue française", 1958.
        "fra" => ("Kandel & Moles", 207.0, 1.015, 73.6),
        _ => return None,
    })
}

/// Applies the formula of the language, or says why there is none.
pub(super) fn measure(
    words: &[&str],
    sentences: usize,
    language: Option<&LanguageGuess>,
) -> Result<Readability, String> {
    let language = language.ok_or("the language isn't known")?;
    let (formula, base, per_sentence, per_word) = formula(&language.code).ok_or_else(|| {
        format!("formulas are known for English, German, Spanish and French, not for {}", language.name)
    })?;
    if words.is_empty() || sentences == 0 {
        return Err("there are no words".to_owned());
    }
    let syllables: usize = words.iter().map(|word| count_syllables(word, &language.code)).sum();
    let sentence_length = words.len() as f64 / sentences as f64;
    let word_length = syllables as f64 / words.len() as f64;
    let ease = base - per_sentence * sentence_length - per_word * word_length;
    let grade = 0.39 * sentence_length + 11.8 * word_length - 15.59;
    Ok(Readability {
        formula: formula.to_owned(),
        reading_ease: round(ease),
        level: level(ease).to_owned(),
        grade: (language.code == "eng").then(|| round(grade)),
        syllables: syllables as u32,
        syllables_per_word: round(word_length),
    })
}

/// Flesch's own bands.
fn level(ease: f64) -> &'static str {
    match ease {
        e if e >= 90.0 => "very easy",
        e if e >= 80.0 => "easy",
        e if e >= 70.0 => "fairly easy",
        e if e >= 60.0 => "plain",
        e if e >= 50.0 => "fairly hard",
        e if e >= 30.0 => "hard",
        _ => "very hard",
    }
}

/// Syllables of a word: groups of vowels, less what a language leaves silent. At least 1.
fn count_syllables(word: &str, code: &str) -> usize {
    let word = word.to_lowercase();
    let letters: Vec<char> = word.chars().filter(|c| c.is_alphabetic()).collect();
    let vowel = |c: char| "aeiouyäöüáéíóúàèìòùâêîôûëïœæ".contains(c);
    let mut groups = 0usize;
    let mut previous = ' ';
    for &c in &letters {
        // An accent on i or u, and two strong vowels side by side, part a group in Spanish (hiatus).
        let strong = |c: char| "aeoáéó".contains(c);
        let hiatus = code == "spa"
            && vowel(previous)
            && ("íú".contains(c) || "íú".contains(previous) || (strong(c) && strong(previous)));
        if vowel(c) && (!vowel(previous) || hiatus) {
            groups += 1;
        }
        previous = c;
    }
    let ends = |suffix: &str| word.ends_with(suffix);
    let silent = match code {
        "eng" => {
            let sounded_le = ends("le") && letters.iter().rev().nth(2).is_some_and(|&c| !vowel(c));
            let silent_e = ends("e") && !sounded_le && letters.iter().rev().nth(1).is_some_and(|&c| !vowel(c));
            let past =
                ends("ed") && !ends("ted") && !ends("ded") && letters.iter().rev().nth(2).is_some_and(|&c| !vowel(c));
            let plural =
                ends("es") && !["ses", "xes", "zes", "ches", "shes", "ces", "ges", "ies"].iter().any(|s| ends(s));
            silent_e || past || plural
        }
        "fra" => ends("e") || ends("es") || (ends("ent") && letters.len() > 5 && !ends("ment")),
        _ => false,
    };
    let after_vowel = code == "fra" && letters.iter().rev().nth(1).is_some_and(|&c| vowel(c));
    groups.saturating_sub(usize::from(silent && groups > 1 && !after_vowel)).max(1)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn syllables_by_language() {
        let cases = [
            (
                "eng",
                &[
                    ("cat", 1),
                    ("table", 2),
                    ("make", 1),
                    ("played", 1),
                    ("wanted", 2),
                    ("houses", 2),
                    ("beautiful", 3),
                    ("the", 1),
                ][..],
            ),
            ("deu", &[("Haus", 1), ("Zeitungen", 3), ("Bäume", 2)][..]),
            ("spa", &[("casa", 2), ("día", 2), ("teatro", 3), ("bueno", 2)][..]),
            ("fra", &[("table", 1), ("maison", 2), ("parlent", 1), ("forêt", 2)][..]),
        ];
        for (code, words) in cases {
            for &(word, count) in words {
                assert_eq!(count_syllables(word, code), count, "{word}");
            }
        }
    }

    #[test]
    fn flesch_of_a_known_sentence() {
        // 6 words, 6 syllables, 1 sentence: 206.835 - 1.015 * 6 - 84.6 * 1 = 116.145; grade -1.45.
        let english = LanguageGuess {
            code: "eng".to_owned(),
            name: "English".to_owned(),
            script: "Latin".to_owned(),
            confidence: 1.0,
            reliable: true,
        };
        let measured = measure(&["The", "cat", "sat", "on", "the", "mat"], 1, Some(&english)).expect("a formula");
        assert_eq!((measured.reading_ease, measured.grade), (116.145, Some(-1.45)));
    }
}
