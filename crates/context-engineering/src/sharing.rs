//! One context for all who work on a task, or a part of the budget for each of them? Computed, for a given task.

use std::collections::{BTreeMap, BTreeSet};

use crate::{
    contradictions::{Contradiction, contradictions},
    corpus::Corpus,
    embedder::EmbedError,
    features::words,
    packing::{Candidate, Packed, pack},
    search::Filter,
    strategy::{Strategy, ranking},
};

/// How one of the two did.
#[derive(Debug, Clone)]
pub struct Side {
    /// The contexts: one, or one for each question.
    pub contexts: Vec<Packed>,
    /// Tokens of all contexts.
    pub tokens: usize,
    /// Tokens that more than one of them has.
    pub repeated_tokens: usize,
    /// Share of the words of all questions that the one who is asked the question sees, 0 to 1.
    pub relevance: f64,
    /// Contradictions that somebody sees both sides of.
    pub noticed: Vec<Contradiction>,
    /// Contradictions of which nobody sees both sides.
    pub unnoticed: Vec<Contradiction>,
}

/// Packs the questions' passages into one context, and into one for each with its part of the budget.
///
/// # Errors
/// A question has no vector.
pub fn compare(corpus: &Corpus, questions: &[String], budget: usize) -> Result<(Side, Side), EmbedError> {
    let ranked: Vec<Vec<Candidate>> = questions
        .iter()
        .map(|question| ranking(corpus, question, Strategy::Packed, &Filter::default()))
        .collect::<Result<_, _>>()?;
    // Each question's candidates count alike, whatever their scores.
    let mut values: BTreeMap<(usize, Option<usize>), f32> = BTreeMap::new();
    for candidates in &ranked {
        let best = candidates.iter().map(|candidate| candidate.value).fold(f32::MIN_POSITIVE, f32::max);
        for candidate in candidates {
            *values.entry((candidate.at, candidate.unit)).or_default() += candidate.value / best;
        }
    }
    let together: Vec<Candidate> =
        values.into_iter().map(|((at, unit), value)| Candidate { at, unit, value }).collect();
    let one = pack(corpus, &together, budget);
    let share = budget / questions.len().max(1);
    let each: Vec<Packed> = ranked.iter().map(|candidates| pack(corpus, candidates, share)).collect();
    Ok((side(corpus, questions, vec![one]), side(corpus, questions, each)))
}

fn side(corpus: &Corpus, questions: &[String], contexts: Vec<Packed>) -> Side {
    let seen = questions.iter().enumerate().map(|(at, question)| {
        let context = &contexts[at.min(contexts.len() - 1)];
        let (asked, there) = (words(question).collect::<BTreeSet<_>>(), words(&context.text).collect::<BTreeSet<_>>());
        asked.intersection(&there).count() as f64 / asked.len().max(1) as f64
    });
    let relevance = seen.sum::<f64>() / questions.len().max(1) as f64;
    let mut times: BTreeMap<&str, usize> = BTreeMap::new();
    for id in contexts.iter().flat_map(|context| &context.passages).flat_map(|passage| &passage.chunks) {
        *times.entry(id).or_default() += 1;
    }
    let tokens_of = |id: &str| corpus.find(id).map_or(0, |at| corpus.piece(at).chunk.tokens);
    let repeated = times.iter().filter(|(_, times)| **times > 1);
    let repeated_tokens = repeated.map(|(id, times)| (times - 1) * tokens_of(id)).sum();
    let sources: Vec<_> =
        contexts.iter().flat_map(|context| &context.passages).map(|passage| passage.source()).collect();
    let sees = |context: &Packed, found: &Contradiction| {
        let has = |id: &str| context.passages.iter().any(|passage| passage.document.id == id);
        has(&found.one.document) && has(&found.other.document)
    };
    let (noticed, unnoticed) =
        contradictions(&sources).into_iter().partition(|found| contexts.iter().any(|context| sees(context, found)));
    Side {
        tokens: contexts.iter().map(|context| context.tokens).sum(),
        repeated_tokens,
        relevance,
        noticed,
        unnoticed,
        contexts,
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::document::{About, Document, Kind};

    #[test]
    fn nobody_notices_what_stands_in_two_contexts() {
        let mut corpus = Corpus::default();
        let document =
            |id: &str, text: &str| Document::new(id, Kind::Text, text, About::default()).expect("a document");
        let documents = vec![
            document("lamp.txt", "Lamps of the gate are lit. Stations send a reading every 10 minutes to the gateway."),
            document(
                "dock.txt",
                "Docks of the harbour are wet. Stations send a reading every 5 minutes to the gateway.",
            ),
        ];
        corpus.ingest(documents).expect("fits");
        let questions =
            ["Which lamps of the gate are lit?".to_owned(), "Which docks of the harbour are wet?".to_owned()];
        let (shared, fragmented) = compare(&corpus, &questions, 120).expect("compares");
        assert_eq!((shared.contexts.len(), fragmented.contexts.len()), (1, 2));
        assert_eq!((shared.noticed.len(), shared.unnoticed.len()), (1, 0));
        assert!(shared.tokens <= 120 && fragmented.tokens <= 120);
        assert_eq!((fragmented.noticed.len(), fragmented.unnoticed.len()), (0, 1), "{fragmented:?}");
    }
}
