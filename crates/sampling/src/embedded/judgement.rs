//! What can be measured about a text, point by point: length of sentences, what is said twice, figures, and whether it
//! speaks of what it is judged by at all.

use std::collections::HashMap;

use serde_json::{Value, json};
use unicode_segmentation::UnicodeSegmentation;

use super::words::{sentences, stem, stems};

/// One verdict for each point of `rubric`, as JSON: `{"points": [{"criterion", "score", "comment"}]}`, scores 1 to 5.
/// `surprise` is the mean surprise of a sentence's words, in nats.
pub(super) fn judgement(text: &str, rubric: &[String], surprise: impl Fn(&str) -> f64) -> Value {
    let facts = Facts::of(text, surprise);
    let points: Vec<Value> = rubric
        .iter()
        .map(|criterion| {
            let (score, comment) = facts.verdict(criterion);
            json!({"criterion": criterion, "score": score, "comment": comment})
        })
        .collect();
    json!({ "points": points })
}

struct Facts {
    words: usize,
    sentences: usize,
    longest: (usize, String),
    repeated: Option<(String, usize)>,
    figures: usize,
    oddest: Option<(f64, String)>,
    stems: Vec<String>,
}

impl Facts {
    fn of(text: &str, surprise: impl Fn(&str) -> f64) -> Self {
        let sentences = sentences(text);
        let longest = sentences.iter().map(|it| (it.unicode_words().count(), start(it))).max().unwrap_or_default();
        let mut counts: HashMap<String, usize> = HashMap::new();
        let stems = stems(text);
        for stem in &stems {
            *counts.entry(stem.clone()).or_default() += 1;
        }
        let repeated =
            counts.into_iter().filter(|(_, count)| *count > 3).max_by_key(|(stem, count)| (*count, stem.clone()));
        // The word as it is written, not its stem.
        let repeated = repeated.map(|(wanted, count)| {
            let word = text.unicode_words().find(|word| stem(&word.to_lowercase()) == wanted);
            (word.unwrap_or(&wanted).to_owned(), count)
        });
        let oddest = sentences.iter().map(|it| (surprise(it), start(it))).max_by(|a, b| a.0.total_cmp(&b.0));
        Self {
            words: text.unicode_words().count(),
            sentences: sentences.len(),
            longest,
            repeated,
            figures: text.unicode_words().filter(|word| word.starts_with(|it: char| it.is_ascii_digit())).count(),
            oddest,
            stems,
        }
    }

    fn verdict(&self, criterion: &str) -> (u8, String) {
        let about = stems(criterion);
        let is_about = |words: &str| stems(words).iter().any(|stem| about.contains(stem));
        if is_about("clear clarity simple readable readability plain understandable") {
            let mean = self.words as f64 / self.sentences.max(1) as f64;
            let score = scale(mean, &[14.0, 18.0, 23.0, 30.0]);
            let (length, start) = &self.longest;
            (score, format!("{mean:.1} words a sentence; the longest has {length}: \"{start}\""))
        } else if is_about("short concise brief brevity length") {
            (
                scale(self.words as f64, &[60.0, 120.0, 250.0, 500.0]),
                format!("{} words in {} sentences", self.words, self.sentences),
            )
        } else if is_about("repetition repetitive redundant varied variety") {
            match &self.repeated {
                Some((word, count)) => {
                    let often = *count as f64 / self.words.max(1) as f64 * 100.0;
                    (scale(often, &[2.0, 4.0, 6.0, 9.0]), format!("\"{word}\" and words like it occur {count} times"))
                }
                None => (5, "no word is used more than three times".to_owned()),
            }
        } else if is_about("specific concrete figures numbers evidence facts precise exact examples") {
            let share = self.figures as f64 / self.sentences.max(1) as f64;
            (
                6 - scale(share, &[0.0, 0.2, 0.5, 0.9]),
                format!("{} figures in {} sentences", self.figures, self.sentences),
            )
        } else if is_about("grammar fluent fluency natural spelling style") {
            match &self.oddest {
                Some((surprise, start)) => (
                    scale(*surprise, &[6.0, 7.5, 8.5, 9.5]),
                    format!("the sentence that a small model expects least ({surprise:.1} nats a word): \"{start}\""),
                ),
                None => (1, "there is no sentence".to_owned()),
            }
        } else {
            let missing: Vec<&String> = about.iter().filter(|stem| !self.stems.contains(stem)).collect();
            let share = missing.len() as f64 / about.len().max(1) as f64;
            let comment = match missing.len() {
                0 => "the text speaks of it; whether it is right, this model cannot tell".to_owned(),
                _ => format!("{} of {} words of this point do not occur in the text", missing.len(), about.len()),
            };
            (scale(share, &[0.0, 0.3, 0.6, 0.9]).min(4), comment)
        }
    }
}

/// 5 up to the first bound, 4 up to the second, and so on down to 1.
fn scale(value: f64, bounds: &[f64; 4]) -> u8 {
    5 - bounds.iter().filter(|bound| value > **bound).count() as u8
}

fn start(sentence: &str) -> String {
    let words: Vec<&str> = sentence.split_whitespace().take(6).collect();
    let more = if sentence.split_whitespace().count() > 6 { " ..." } else { "" };
    format!("{}{more}", words.join(" "))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn score(text: &str, criterion: &str) -> u64 {
        let judged = judgement(text, &[criterion.to_owned()], |sentence| sentence.len() as f64 / 10.0);
        judged["points"][0]["score"].as_u64().expect("a score")
    }

    #[test]
    fn scores_follow_what_is_measured() {
        let long = format!("{} end.", "and then another word came ".repeat(12));
        let dull = "The system system system system system is the system.";
        for (better, worse, criterion) in [
            ("It works. It is fast.", long.as_str(), "clarity"),
            ("It works.", &"It works. ".repeat(300), "is it concise"),
            ("One apple fell on a roof.", dull, "no repetition"),
            ("It took 3 s in 2026.", "It took a while.", "specific figures"),
            ("The refund policy is here.", "Hello there.", "mentions the refund policy"),
            ("A short one.", "A sentence that is very very long and odd, as sentences go, all in all.", "fluent style"),
        ] {
            assert!(score(better, criterion) > score(worse, criterion), "{criterion}");
        }
    }

    #[test]
    fn an_empty_text_and_an_empty_rubric_are_judged_too() {
        assert_eq!(judgement("text", &[], |_| 0.0), json!({"points": []}));
        assert!((1..=5).contains(&score("", "clarity")) && (1..=5).contains(&score("", "style")));
    }
}
