//! A summary out of the text's own sentences: those that hold most of what the text says often and a model of English
//! does not expect.

use std::collections::{HashMap, HashSet};

use unicode_segmentation::UnicodeSegmentation;

use super::words::{sentences, stem, stems};

/// Most sentences that are looked at.
const MOST_SENTENCES: usize = 400;

/// What a sentence has to add, as a share of what the best one does.
const WORTH: f64 = 0.15;

/// Sentences of `text` in their order, together at most `max_words` words; the beginning of the best one if none is so
/// short. `surprise` says how unexpected a word is, in nats.
///
/// Each stem weighs the square of its number in the text times its surprise, and counts once: the best coverage for each
/// word that is spent (Lin and Bilmes, "A Class of Submodular Functions for Document Summarization", 2011). A sentence
/// that adds little is left out, even where there is room.
pub(super) fn summary(text: &str, max_words: usize, surprise: impl Fn(&str) -> f64) -> String {
    let sentences: Vec<&str> = sentences(text).into_iter().take(MOST_SENTENCES).collect();
    let weights = weights(text, surprise);
    let stems: Vec<HashSet<String>> = sentences.iter().map(|sentence| stems(sentence).into_iter().collect()).collect();
    let lengths: Vec<usize> = sentences.iter().map(|sentence| sentence.unicode_words().count().max(1)).collect();
    let (mut chosen, mut covered, mut left, mut least) = (Vec::new(), HashSet::new(), max_words, 0.0);
    loop {
        let gain = |place: usize| -> f64 {
            let new = stems[place].iter().filter(|stem| !covered.contains(*stem));
            new.map(|stem| weights.get(stem).copied().unwrap_or_default()).sum::<f64>() / (lengths[place] as f64).sqrt()
        };
        let fits = (0..sentences.len()).filter(|place| lengths[*place] <= left && !chosen.contains(place));
        let best = fits.map(|place| (place, gain(place))).max_by(|a, b| a.1.total_cmp(&b.1).then(b.0.cmp(&a.0)));
        let Some((place, gain)) = best.filter(|(_, gain)| *gain > least) else { break };
        if chosen.is_empty() {
            least = gain * WORTH;
        }
        chosen.push(place);
        covered.extend(stems[place].iter().cloned());
        left -= lengths[place];
    }
    if chosen.is_empty() {
        let first: Vec<&str> = text.split_whitespace().take(max_words).collect();
        return first.join(" ");
    }
    chosen.sort_unstable();
    let chosen: Vec<&str> = chosen.into_iter().map(|place| sentences[place]).collect();
    chosen.join(" ")
}

fn weights(text: &str, surprise: impl Fn(&str) -> f64) -> HashMap<String, f64> {
    let mut surprises: HashMap<String, f64> = HashMap::new();
    for word in text.unicode_words() {
        surprises.entry(stem(&word.to_lowercase())).or_insert_with(|| surprise(word));
    }
    let mut weights = HashMap::new();
    for stem in stems(text) {
        *weights.entry(stem).or_insert(0.0) += 1.0;
    }
    for (stem, weight) in &mut weights {
        let surprise = surprises.get(stem).copied().unwrap_or(1.0);
        *weight = *weight * *weight * surprise;
    }
    weights
}

#[cfg(test)]
mod tests {
    use super::*;

    const TEXT: &str = "The deployment failed at noon. The database had no disk space left, so the deployment stopped \
        halfway. Everybody went to lunch. After the database got more disk space, the deployment went through.";

    #[test]
    fn it_says_what_the_text_is_about_within_its_length() {
        for most in [1, 5, 12, 20, 30, 100] {
            let summary = summary(TEXT, most, |_| 1.0);
            assert!(!summary.is_empty() && summary.unicode_words().count() <= most, "{most}: {summary}");
        }
        let short = summary(TEXT, 14, |_| 1.0);
        assert!(short.contains("database") && !short.contains("lunch"), "{short}");
        let long = summary(TEXT, 100, |_| 1.0);
        assert!(long.contains("deployment") && !long.contains("lunch"), "what adds little is left out: {long}");
    }

    #[test]
    fn a_text_without_words_is_its_own_summary() {
        assert_eq!(summary("?! ...", 10, |_| 1.0), "?! ...");
        assert_eq!(summary("", 10, |_| 1.0), "");
    }
}
