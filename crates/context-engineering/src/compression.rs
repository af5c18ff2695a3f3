//! (7) Compression: fewer sentences, each as it was written, chosen by a graph of which are alike (LexRank, Erkan and Radev,
//! 2004). What is lost is named: no number and no name goes silently, and decisions stay.

use std::{
    collections::{BTreeMap, BTreeSet},
    ops::Range,
};

use crate::{
    facts::{Facts, facts, is_decision},
    features::words,
    packing::knapsack::{Thing, choose},
    sentences::sentences,
    tokens::Encoding,
};

/// Sentences that are compared with each other.
const MOST: usize = 600;
const ROUNDS: usize = 20;
const DAMPING: f32 = 0.85;
/// What a decision is worth beside the best sentence.
const DECISION: f32 = 1000.0;
/// What each number or name adds to a sentence's worth, of the best sentence.
const FACT: f32 = 0.15;

/// A text, made shorter.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Compressed {
    /// The sentences that were kept, in their order.
    pub text: String,
    /// Tokens of it, exactly.
    pub tokens: usize,
    /// Tokens of what it was made of.
    pub from_tokens: usize,
    /// Numbers and names that are no longer there.
    pub dropped: Facts,
    /// Decisions that are no longer there, because not even they fit.
    pub dropped_decisions: Vec<String>,
}

/// Makes a text fit into a budget of tokens. A text that fits already stays as it is.
pub fn compress(text: &str, budget: usize, encoding: Encoding) -> Compressed {
    let from_tokens = encoding.count(text);
    if from_tokens <= budget {
        return Compressed { text: text.to_owned(), tokens: from_tokens, from_tokens, ..Compressed::default() };
    }
    let spans = sentences(text);
    let worth = worth(text, &spans);
    let things: Vec<Thing> = spans
        .iter()
        .zip(&worth)
        // One for what stands between two sentences.
        .map(|(span, value)| Thing { value: *value, cost: encoding.count(&text[span.clone()]) + 1 })
        .collect();
    let mut chosen = choose(&things, budget);
    let mut kept = joined(text, &spans, &chosen);
    while encoding.count(&kept) > budget {
        let density = |at: &usize| worth[*at] / things[*at].cost as f32;
        let Some(least) = (0..chosen.len()).min_by(|a, b| density(&chosen[*a]).total_cmp(&density(&chosen[*b]))) else {
            break;
        };
        chosen.remove(least);
        kept = joined(text, &spans, &chosen);
    }
    let dropped_decisions = (0..spans.len())
        .filter(|at| !chosen.contains(at))
        .map(|at| &text[spans[at].clone()])
        .filter(|sentence| is_decision(sentence) && !kept.contains(*sentence))
        .map(str::to_owned)
        .collect();
    Compressed {
        tokens: encoding.count(&kept),
        from_tokens,
        dropped: facts(text).without(&facts(&kept)),
        dropped_decisions,
        text: kept,
    }
}

/// The best sentences of a text for a question: the shortest answer that is not made up.
pub fn answering(text: &str, question: &str, most: usize) -> Vec<Range<usize>> {
    let asked: Vec<String> = words(question).collect();
    let spans = sentences(text);
    let mut having: BTreeMap<&str, usize> = BTreeMap::new();
    let said: Vec<Vec<String>> = spans.iter().map(|span| words(&text[span.clone()]).collect()).collect();
    for word in &asked {
        having.insert(word, said.iter().filter(|said| said.contains(word)).count());
    }
    let all = spans.len() as f32;
    let score = |said: &[String]| -> f32 {
        let found = asked.iter().filter(|word| said.contains(word));
        let weight: f32 = found.map(|word| (1.0 + all / (1.0 + having[word.as_str()] as f32)).ln()).sum();
        weight / (said.len() as f32 + 4.0).sqrt()
    };
    let mut scored: Vec<(usize, f32)> =
        said.iter().enumerate().map(|(at, said)| (at, score(said))).filter(|(_, score)| *score > 0.0).collect();
    scored.sort_by(|a, b| b.1.total_cmp(&a.1).then(a.0.cmp(&b.0)));
    let least = scored.first().map_or(0.0, |(_, best)| best / 2.0);
    let mut best: Vec<usize> =
        scored.iter().filter(|(_, score)| *score >= least).take(most).map(|(at, _)| *at).collect();
    best.sort_unstable();
    best.into_iter().map(|at| spans[at].clone()).collect()
}

/// Each sentence's rank in the graph, with more for facts, and most for decisions.
fn worth(text: &str, spans: &[Range<usize>]) -> Vec<f32> {
    let looked_at = spans.len().min(MOST);
    let said: Vec<BTreeMap<String, f32>> = spans[..looked_at].iter().map(|span| counted(&text[span.clone()])).collect();
    let mut frequency: BTreeMap<&str, f32> = BTreeMap::new();
    said.iter().flat_map(BTreeMap::keys).for_each(|word| *frequency.entry(word).or_default() += 1.0);
    let rarity = |word: &str| (1.0 + looked_at as f32 / frequency.get(word).copied().unwrap_or(1.0)).ln();
    let length = |words: &BTreeMap<String, f32>| {
        words.iter().map(|(word, times)| (times * rarity(word)).powi(2)).sum::<f32>().sqrt().max(1e-6)
    };
    let lengths: Vec<f32> = said.iter().map(length).collect();
    let mut alike = vec![0.0_f32; looked_at * looked_at];
    for one in 0..looked_at {
        for other in one + 1..looked_at {
            let shared = said[one]
                .iter()
                .filter_map(|(word, times)| said[other].get(word).map(|others| times * others * rarity(word).powi(2)));
            let cosine = shared.sum::<f32>() / lengths[one] / lengths[other];
            (alike[one * looked_at + other], alike[other * looked_at + one]) = (cosine, cosine);
        }
    }
    let sums: Vec<f32> = alike.chunks(looked_at.max(1)).map(|row| row.iter().sum::<f32>().max(1e-6)).collect();
    let mut rank = vec![1.0_f32; looked_at];
    for _ in 0..ROUNDS {
        rank = (0..looked_at)
            .map(|at| {
                let row = &alike[at * looked_at..(at + 1) * looked_at];
                let from: f32 = row.iter().zip(&rank).zip(&sums).map(|((alike, rank), sum)| alike / sum * rank).sum();
                1.0 - DAMPING + DAMPING * from
            })
            .collect();
    }
    let best = rank.iter().copied().fold(1.0, f32::max);
    let mut seen = BTreeSet::new();
    let worth = spans.iter().enumerate().map(|(at, span)| {
        let sentence = &text[span.clone()];
        // Who says the same twice says it once.
        if !seen.insert(sentence) {
            return 0.0;
        }
        let own = rank.get(at).copied().unwrap_or(1.0 - DAMPING) / best;
        let decision = if is_decision(sentence) { DECISION } else { 0.0 };
        own + FACT * facts(sentence).len().min(6) as f32 + decision
    });
    worth.collect()
}

fn counted(sentence: &str) -> BTreeMap<String, f32> {
    let mut counted = BTreeMap::new();
    words(sentence).for_each(|word| *counted.entry(word).or_default() += 1.0);
    counted
}

/// The chosen sentences, with the line breaks that stand between them.
fn joined(text: &str, spans: &[Range<usize>], chosen: &[usize]) -> String {
    let mut kept = String::new();
    let mut end = 0;
    for at in chosen {
        let span = spans[*at].clone();
        if !kept.is_empty() {
            kept.push(if text[end..span.start].contains('\n') { '\n' } else { ' ' });
        }
        kept.push_str(&text[span.clone()]);
        end = span.end;
    }
    kept
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    const TEXT: &str = "The station of Elin measures wind. Wind is measured by the station at Elin every 5 minutes. It was \
        a nice day. We decided to replace the logger on 2026-03-31. The logger of the station is old. Somebody laughed.";

    #[test]
    fn the_middle_of_the_graph_and_the_decision_stay() {
        let short = compress(TEXT, 40, Encoding::O200kBase);
        assert!(short.tokens <= 40 && short.from_tokens > 40);
        assert!(short.text.contains("We decided to replace the logger on 2026-03-31."), "{}", short.text);
        assert!(short.text.contains("every 5 minutes"), "{}", short.text);
        assert!(!short.text.contains("laughed"), "{}", short.text);
        let tiny = compress(TEXT, 3, Encoding::O200kBase);
        assert_eq!(tiny.dropped_decisions.len(), 1);
        assert!(tiny.dropped.numbers.contains("2026-03-31") && tiny.dropped.names.contains("Elin"));
    }

    #[test]
    fn an_answer_is_a_sentence_that_is_there() {
        let answer = answering(TEXT, "How often is the wind measured?", 2);
        assert!(answer.iter().any(|span| TEXT[span.clone()].contains("every 5 minutes")));
        assert!(answering(TEXT, "bananas", 2).is_empty());
    }

    proptest! {
        #![proptest_config(ProptestConfig::with_cases(64))]

        #[test]
        fn every_number_and_name_is_kept_or_named(
            text in "([A-Z][a-z]{2,7} [a-z]{2,8} (E-[0-9]{2,4}|[0-9]{1,4}|[A-Z][a-z]{3,6}) [a-z]{2,6}\\. |We decided to [a-z]{3,8} it\\. |\\PC{1,4} ){1,40}",
            budget in 0_usize..200,
        ) {
            let short = compress(&text, budget, Encoding::O200kBase);
            prop_assert!(short.tokens <= budget);
            prop_assert_eq!(short.tokens, Encoding::O200kBase.count(&short.text));
            let (before, after) = (facts(&text), facts(&short.text));
            for number in &before.numbers {
                prop_assert!(after.numbers.contains(number) || short.dropped.numbers.contains(number), "{}", number);
            }
            for name in &before.names {
                prop_assert!(after.names.contains(name) || short.dropped.names.contains(name), "{}", name);
            }
            for span in sentences(&text) {
                let sentence = &text[span];
                if is_decision(sentence) {
                    let named = short.dropped_decisions.iter().any(|dropped| dropped == sentence);
                    prop_assert!(named || short.text.contains(sentence), "{}", sentence);
                }
            }
        }
    }
}
