//! (9) The course's ten measures of a context, each with its formula.

use std::{collections::BTreeSet, time::Duration};

use schemars::JsonSchema;
use serde::Serialize;

use crate::{facts::facts, features::words, sentences::sentences};

/// Share of a sentence's words that a context has to have for the sentence to be supported by it.
const SUPPORTED: f64 = 0.6;

/// What is known about a context, and about what a model made of it.
#[derive(Debug, Clone, Copy, Default)]
pub struct Observed<'a> {
    /// What was asked.
    pub question: &'a str,
    /// The packed context.
    pub context: &'a str,
    /// Tokens of all that could have been given to the model.
    pub source_tokens: usize,
    /// Tokens of the packed context.
    pub context_tokens: usize,
    /// Tokens that it might have had.
    pub budget: usize,
    /// What the model answered, if that is known.
    pub response: Option<&'a str>,
    /// Tokens of the answer.
    pub response_tokens: usize,
    /// Time from the question to the packed context.
    pub latency: Duration,
    /// Passages in the context.
    pub passages: usize,
    /// Sources that were looked at, and sources that are in the context.
    pub sources: (usize, usize),
    /// Pairs of passages that do not go together.
    pub contradictions: usize,
}

/// The measures. A share is from 0 to 1; what cannot be known is missing.
#[derive(Debug, Clone, PartialEq, Serialize, JsonSchema)]
pub struct Metrics {
    /// Tokens of the context for each token of the response.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub context_to_response_ratio: Option<f64>,
    /// Tokens of the context / budget.
    pub token_utilization: f64,
    /// 1 - tokens of the context / tokens of all sources.
    pub context_reduction: f64,
    /// Milliseconds from the question to the packed context.
    pub latency_impact_ms: f64,
    /// Words of the question that the context has, weighted alike, for each 1000 tokens of it.
    pub token_economy: f64,
    /// Share of the passages that have at least one word of the question.
    pub retrieval_precision: f64,
    /// Sources in the context / sources that were looked at.
    pub resource_utilization: f64,
    /// Share of the question's words that are in the response; in the context, where there is no response.
    pub relevance: f64,
    /// Share of the response's sentences that the context supports: most of the words, and all of the numbers.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub faithfulness: Option<f64>,
    /// 1 - contradictions / pairs of passages, at least 0.
    pub consistency: f64,
}

/// Computes them. `passage_texts` are the texts of the passages.
pub fn metrics(observed: &Observed<'_>, passage_texts: &[&str]) -> Metrics {
    let asked: BTreeSet<String> = words(observed.question).collect();
    let there: BTreeSet<String> = words(observed.context).collect();
    let context_tokens = observed.context_tokens as f64;
    let to_the_point = passage_texts.iter().filter(|text| words(text).any(|word| asked.contains(&word))).count();
    let pairs = observed.passages * observed.passages.saturating_sub(1) / 2;
    let answered: Option<BTreeSet<String>> = observed.response.map(|text| words(text).collect());
    Metrics {
        context_to_response_ratio: observed.response.map(|_| share(context_tokens, observed.response_tokens as f64)),
        token_utilization: share(context_tokens, observed.budget as f64),
        context_reduction: (1.0 - share(context_tokens, observed.source_tokens as f64)).max(0.0),
        latency_impact_ms: observed.latency.as_secs_f64() * 1000.0,
        token_economy: share(asked.intersection(&there).count() as f64 * 1000.0, context_tokens),
        retrieval_precision: share(to_the_point as f64, passage_texts.len() as f64),
        resource_utilization: share(observed.sources.1 as f64, observed.sources.0 as f64),
        relevance: {
            let has = answered.as_ref().unwrap_or(&there);
            share(asked.intersection(has).count() as f64, asked.len() as f64)
        },
        faithfulness: observed.response.map(|text| faithfulness(text, observed.context)),
        consistency: (1.0 - share(observed.contradictions as f64, pairs as f64)).max(0.0),
    }
}

/// Share of the sentences that a context supports. A sentence without a word is not counted; a response without a sentence
/// claims nothing, and is faithful.
pub fn faithfulness(response: &str, context: &str) -> f64 {
    let known: BTreeSet<String> = words(context).collect();
    let numbers = facts(context).numbers;
    let (mut all, mut supported) = (0, 0);
    for span in sentences(response) {
        let sentence = &response[span];
        let said: BTreeSet<String> = words(sentence).collect();
        if said.is_empty() {
            continue;
        }
        all += 1;
        let found = said.intersection(&known).count() as f64;
        let are_numbers_there = facts(sentence).numbers.is_subset(&numbers);
        supported += usize::from(are_numbers_there && found >= SUPPORTED * said.len() as f64);
    }
    if all == 0 { 1.0 } else { f64::from(supported as u32) / f64::from(all) }
}

fn share(part: f64, whole: f64) -> f64 {
    if whole > 0.0 { part / whole } else { 0.0 }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn each_measure_is_its_formula() {
        let observed = Observed {
            question: "How many docks has the station?",
            context: "The station has 12 docks. The lamp is old.",
            source_tokens: 400,
            context_tokens: 50,
            budget: 100,
            response: Some("The station has 12 docks."),
            response_tokens: 10,
            latency: Duration::from_millis(3),
            passages: 3,
            sources: (8, 2),
            contradictions: 1,
        };
        let found = metrics(&observed, &["The station has 12 docks.", "The lamp is old."]);
        assert_eq!(found.context_to_response_ratio, Some(5.0));
        assert_eq!((found.token_utilization, found.context_reduction), (0.5, 0.875));
        assert_eq!((found.latency_impact_ms, found.token_economy), (3.0, 40.0));
        assert_eq!((found.retrieval_precision, found.resource_utilization), (0.5, 0.25));
        assert_eq!((found.relevance, found.faithfulness), (1.0, Some(1.0)));
        assert!((found.consistency - 2.0 / 3.0).abs() < 1e-9);
        let nothing = metrics(&Observed::default(), &[]);
        assert_eq!((nothing.relevance, nothing.faithfulness, nothing.consistency), (0.0, None, 1.0));
    }

    #[test]
    fn what_is_made_up_is_not_faithful() {
        let context = "The station in Elin has 12 docks and a lamp.";
        assert!((faithfulness("The station has 12 docks. The station has 13 docks.", context) - 0.5).abs() < 1e-9);
        assert!((faithfulness("Bananas are cheap today.", context)).abs() < 1e-9);
        assert!((faithfulness("", context) - 1.0).abs() < 1e-9);
    }
}
