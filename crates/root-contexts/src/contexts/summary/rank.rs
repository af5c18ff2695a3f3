//! TextRank (Mihalcea and Tarau, 2004): a sentence matters when it has words in common with many sentences that matter.

use std::collections::BTreeSet;

use unicode_segmentation::UnicodeSegmentation;

use super::{Picked, Sentence};
use crate::contexts::insights::cut;

/// Share of a score that comes from other sentences.
const DAMPING: f64 = 0.85;
const ROUNDS: usize = 30;
/// What a mark of its own adds to a sentence's score.
const INSIGHT: f64 = 1.0;
const FIRST: f64 = 0.3;
const LAST: f64 = 0.2;
/// Sentences that share this part of their words say the same.
const SAME: f64 = 0.7;
/// Words of a sentence that are compared.
const MAX_WORDS: usize = 60;
/// Longest sentence in a summary, in characters.
const MAX_CHARS: usize = 400;
/// Words that stand in every English text. Other languages lose nothing but a little sharpness.
const COMMON: &str = " a about after all also am an and any are as at be because been but by can could did do does for \
                      from get had has have he her here him his how i if in into is it its just me my no not of on or \
                      our out she should so some than that the their them then there these they this to too up us was \
                      we were what when where which who will with would yes you your ";

/// The `most` sentences that say most, in the order of the conversation, each thing once.
pub fn pick(said: &[Sentence], most: usize) -> Vec<Picked> {
    let words: Vec<BTreeSet<String>> = said.iter().map(|sentence| content_words(&sentence.text)).collect();
    let scores = scores(said, &words);
    let mut order: Vec<usize> = (0..said.len()).filter(|at| !words[*at].is_empty()).collect();
    // Equal scores: the earlier one, so that equal input gives equal output.
    order.sort_by(|a, b| scores[*b].total_cmp(&scores[*a]).then(a.cmp(b)));
    let mut chosen: Vec<usize> = Vec::new();
    for at in order {
        if chosen.len() == most {
            break;
        }
        if chosen.iter().all(|other| overlap(&words[at], &words[*other]) < SAME) {
            chosen.push(at);
        }
    }
    chosen.sort_unstable();
    let picked = chosen.into_iter().map(|at| Picked {
        position: said[at].position,
        role: said[at].role,
        text: cut(&said[at].text, MAX_CHARS),
        score: (scores[at] * 1000.0).round() / 1000.0,
        is_insight: said[at].is_insight,
    });
    picked.collect()
}

/// One score for each sentence: what its neighbours give it (1 on average), and what it has by itself.
fn scores(said: &[Sentence], words: &[BTreeSet<String>]) -> Vec<f64> {
    let count = said.len();
    let mut links: Vec<Vec<(usize, f64)>> = vec![Vec::new(); count];
    let mut sums = vec![0.0; count];
    for a in 0..count {
        for b in a + 1..count {
            let weight = similarity(&words[a], &words[b]);
            if weight > 0.0 {
                links[a].push((b, weight));
                links[b].push((a, weight));
                sums[a] += weight;
                sums[b] += weight;
            }
        }
    }
    let mut ranks = vec![1.0; count];
    for _ in 0..ROUNDS {
        ranks = (0..count)
            .map(|at| {
                let given: f64 = links[at].iter().map(|(from, weight)| ranks[*from] * weight / sums[*from]).sum();
                1.0 - DAMPING + DAMPING * given
            })
            .collect();
    }
    for (at, rank) in ranks.iter_mut().enumerate() {
        *rank += if said[at].is_insight { INSIGHT } else { 0.0 };
        *rank += if at == 0 { FIRST } else { 0.0 };
        *rank += if at + 1 == count { LAST } else { 0.0 };
    }
    ranks
}

/// Words in common, over the logarithms of the lengths, so that long sentences do not win by their length.
fn similarity(a: &BTreeSet<String>, b: &BTreeSet<String>) -> f64 {
    let shared = a.intersection(b).count();
    // One word is common to half the sentences of any conversation.
    if shared == 0 || a.len() < 2 || b.len() < 2 {
        return 0.0;
    }
    shared as f64 / ((a.len() as f64).ln_1p() + (b.len() as f64).ln_1p())
}

/// Words in common, of all words of both.
fn overlap(a: &BTreeSet<String>, b: &BTreeSet<String>) -> f64 {
    let shared = a.intersection(b).count();
    shared as f64 / (a.len() + b.len() - shared).max(1) as f64
}

/// The words of a sentence that tell it from others, in lower case and without a plural's s; the first ones, of a
/// sentence that does not end.
fn content_words(text: &str) -> BTreeSet<String> {
    let words = text.unicode_words().map(str::to_lowercase).filter(|word| !COMMON.contains(&format!(" {word} ")));
    let stem = |word: String| word.strip_suffix('s').filter(|stem| stem.len() > 3).unwrap_or(&word).to_owned();
    words.take(MAX_WORDS).map(stem).collect()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::contexts::model::Role;

    fn said(texts: &[&str]) -> Vec<Sentence> {
        let numbered = (1..).zip(texts);
        numbered
            .map(|(position, text)| Sentence {
                position,
                role: Role::User,
                text: text.trim_start_matches('!').to_owned(),
                is_insight: text.starts_with('!'),
            })
            .collect()
    }

    fn positions(texts: &[&str], most: usize) -> Vec<u32> {
        pick(&said(texts), most).into_iter().map(|picked| picked.position).collect()
    }

    #[test]
    fn the_sentence_that_the_others_are_about_wins() {
        let texts = [
            "Good morning everybody.",
            "The invoice of March shows a charge twice.",
            "I like tea.",
            "Our bank confirms that the invoice charge was booked twice in March.",
            "The second charge of the March invoice will be refunded.",
            "See you.",
        ];
        let chosen = positions(&texts, 2);
        assert!(chosen.iter().all(|position| [2, 4, 5].contains(position)), "{chosen:?}");
    }

    #[test]
    fn insights_come_first_and_nothing_twice() {
        let texts =
            ["Blue birds sing.", "!We must refund.", "Green birds sing.", "!We must refund!", "The sky is green."];
        assert_eq!(positions(&texts, 1), [2]);
        let all = positions(&texts, 10);
        assert!(all.contains(&2) && !all.contains(&4), "{all:?}");
        assert!(positions(&[], 3).is_empty() && positions(&["a the of", "..."], 3).is_empty());
    }

    #[test]
    fn scores_of_a_circle_are_one() {
        let texts = said(&["x red blue", "red blue green", "blue green red"]);
        let words: Vec<_> = texts.iter().map(|sentence| content_words(&sentence.text)).collect();
        let sum: f64 = scores(&texts, &words).iter().sum();
        assert!((sum - (3.0 + FIRST + LAST)).abs() < 1e-6, "nothing is lost on the way: {sum}");
    }
}
