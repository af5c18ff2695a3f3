use std::sync::LazyLock;

use proptest::prelude::*;

use super::*;
use crate::llm::embedded::corpus::{HELD_OUT, training};

static TRIGRAMS: LazyLock<NgramModel> = LazyLock::new(|| NgramModel::train(&training(), 3));

fn sum(distribution: &[(&str, f64)]) -> f64 {
    distribution.iter().map(|(_, probability)| probability).sum()
}

#[test]
fn longer_contexts_tell_more() {
    let text = training();
    let perplexity: Vec<f64> = (1..=3).map(|order| NgramModel::train(&text, order).perplexity(HELD_OUT)).collect();
    let uniform = TRIGRAMS.vocabulary_size() as f64;
    assert!(perplexity[0] < 0.5 * uniform, "{perplexity:?} of {uniform}");
    assert!(perplexity[1] < 0.5 * perplexity[0], "{perplexity:?}");
    assert!(perplexity[2] < 0.95 * perplexity[1], "{perplexity:?}");
    // What it has read, it expects.
    assert!(TRIGRAMS.perplexity(&text) < 0.5 * perplexity[2]);
}

#[test]
fn the_held_out_text_is_held_out() {
    let text = training();
    for sentence in HELD_OUT.split('.').map(str::trim).filter(|sentence| sentence.len() > 60) {
        assert!(!text.contains(sentence), "{sentence}");
    }
    assert!(HELD_OUT.len() > 3000 && text.len() > 35_000, "{} {}", HELD_OUT.len(), text.len());
}

#[test]
fn a_text_that_was_just_read_is_likely() {
    let text =
        "The lamp of the king eats green lemon, because the green lamp of the captain sold the clouds of the king.";
    let adapted = TRIGRAMS.adapted(text);
    let (before, after) = (TRIGRAMS.perplexity(text), adapted.perplexity(text));
    assert!(after < 0.1 * before, "{after} of {before}");
    let (before, after) = (TRIGRAMS.perplexity(HELD_OUT), adapted.perplexity(HELD_OUT));
    assert!(after < 1.5 * before, "{after} of {before}");
    assert!(TRIGRAMS.adapted(HELD_OUT).perplexity(HELD_OUT) < 0.5 * before);
    // Not only its words: their order.
    let (said, other) = ("the green lamp of the captain", "the captain of the green lamp");
    assert!(adapted.log_probability(said) > adapted.log_probability(other) + 1.0);
    // A name that only the text knows.
    let (new, name) = (TRIGRAMS.adapted("Ask Quimby. Quimby knows."), "Ask Quimby");
    assert!(new.log_probability(name) > adapted.log_probability(name) + 1.0);
}

#[test]
fn probability_of_a_text_is_the_product_of_its_tokens() {
    let text = "The server answers with an error.";
    let words = ["The", "server", "answers", "with", "an", "error", "."];
    let mut log = 0.0;
    for place in 0..words.len() {
        let distribution = TRIGRAMS.distribution(&words[..place].join(" "));
        let (_, probability) = distribution.iter().find(|(token, _)| *token == words[place]).expect("a known token");
        log += probability.ln();
    }
    assert!((TRIGRAMS.log_probability(text) - log).abs() < 1e-9);
    assert!((TRIGRAMS.perplexity(text) - (-log / 7.0).exp()).abs() < 1e-9);
    assert_eq!((TRIGRAMS.log_probability(""), TRIGRAMS.perplexity("")), (0.0, 1.0));
}

#[test]
fn a_word_with_one_neighbour_says_little_elsewhere() {
    // As often as the others together, but only after one word.
    let text =
        "new york is old. new york is big. new york is far. a dog barks. my dog sleeps. this dog eats. one dog runs.";
    let model = NgramModel::train(text, 2);
    let of = |context: &str, word: &str| {
        model.distribution(context).into_iter().find(|(token, _)| *token == word).expect("known").1
    };
    assert!(of("unheard", "dog") > 2.0 * of("unheard", "york"));
    assert!(of("new", "york") > 0.5, "{}", of("new", "york"));
}

#[test]
fn texts_end_and_begin() {
    let model = NgramModel::train("one two\n----\none two\n----\none three", 3);
    let distribution = model.distribution("one two");
    let (best, probability) = distribution.iter().max_by(|a, b| a.1.total_cmp(&b.1)).expect("a token");
    assert!(*best == "<end>" && *probability > 0.5, "{distribution:?}");
    let begin = model.distribution("");
    let after_a_text = model.distribution("three\n----\n");
    assert_eq!(begin, after_a_text);
    assert!(begin.iter().all(|(token, probability)| *token == "one" || *probability < 0.5));
}

#[test]
fn little_text_and_odd_orders() {
    for (text, order, expected) in [("", 3, 3), ("one", 0, 1), ("one two", 9, 4), ("----\n\n----", 2, 2)] {
        let model = NgramModel::train(text, order);
        assert_eq!(model.order(), expected);
        assert!((sum(&model.distribution("one")) - 1.0).abs() < 1e-9, "{text:?}");
        assert!((sum(&model.adapted("two one").distribution("one")) - 1.0).abs() < 1e-9, "{text:?}");
        assert!((sum(&model.adapted("").distribution("one")) - 1.0).abs() < 1e-9, "{text:?}");
    }
}

/// Words of the corpus, others, and marks.
fn context() -> impl Strategy<Value = String> {
    let known: Vec<String> =
        (0..).take(TRIGRAMS.vocabulary_size()).map(|id| TRIGRAMS.vocabulary.token(id).into()).collect();
    let word = prop_oneof![8 => prop::sample::select(known), 1 => "[a-z]{1,8}", 1 => Just("\n----\n".to_owned())];
    prop::collection::vec(word, 0..6).prop_map(|words| words.join(" "))
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(200))]

    #[test]
    fn probabilities_sum_to_one(context in context(), read in context()) {
        let distribution = TRIGRAMS.distribution(&context);
        prop_assert!((sum(&distribution) - 1.0).abs() < 1e-9);
        // Whatever is in the vocabulary is possible.
        prop_assert!(distribution.iter().all(|(_, probability)| *probability > 0.0));
        let adapted = TRIGRAMS.adapted(&read);
        let distribution = adapted.distribution(&context);
        prop_assert!((sum(&distribution) - 1.0).abs() < 1e-9);
        prop_assert!(distribution.iter().all(|(_, probability)| *probability > 0.0));
    }

    #[test]
    fn one_probability_is_as_among_all(context in context(), id in 0..1000_u16) {
        let history = history(&TRIGRAMS.ids(&context));
        let (one, all) = (TRIGRAMS.probability(&history, id), TRIGRAMS.probabilities(&history));
        prop_assert!((one - all[usize::from(id)]).abs() < 1e-12);
    }
}
