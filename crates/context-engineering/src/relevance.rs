//! (5) What a unit is worth for a question: a chance that the answer is in it, from what speaks for it.
//!
//! The weights were fitted on the questions for tuning, and on no other, by [`fit`](crate::fit). Values are chances, so their
//! sum is what a knapsack should make large.

use std::collections::BTreeMap;

use crate::{
    corpus::Corpus,
    embedder::EmbedError,
    packing::Candidate,
    search::Hit,
    signals::{Asked, SIGNALS, Unit, feedback, from_neighbours, from_vectors, scaled},
};

/// What each signal weighs, in the order of [`NAMES`](crate::signals::NAMES).
pub type Weights = [f32; SIGNALS];

/// With vectors that are learned from the corpus.
const LEARNED: Weights =
    [0.45, 0.04, 0.51, 2.63, 1.23, 0.00, 1.26, 0.64, 0.61, 0.27, 0.41, 1.04, 0.52, -0.19, 0.86, 1.30, 2.83, 0.66, 0.26];
/// With vectors of a trained model.
const TRAINED: Weights = [
    0.71, -0.36, 0.97, 2.54, 1.32, -0.02, 1.03, 1.77, 0.44, -0.10, 0.60, 1.32, 0.78, -0.04, 0.77, 3.26, 0.00, 0.60,
    0.65,
];
/// Units whose vectors are looked at.
const LOOKED_AT: usize = 250;
/// Units that are worth something.
const MOST: usize = 200;
/// What a chunk beside one that was found has of its signals: an answer may begin here and end there.
const BESIDE: f32 = 0.7;

/// The units of the chunks that were found, the best first, each with the chance that it has the answer.
///
/// # Errors
/// The question or the units have no vectors.
pub fn valued(corpus: &Corpus, question: &str, hits: &[Hit]) -> Result<Vec<Candidate>, EmbedError> {
    let weights = if corpus.learned().is_some() { &LEARNED } else { &TRAINED };
    Ok(weighed(&judged(corpus, question, hits)?, weights))
}

/// Units as candidates, the best first.
pub(crate) fn weighed(units: &[Unit<'_>], weights: &Weights) -> Vec<Candidate> {
    let score = |unit: &Unit<'_>| unit.signals.iter().zip(weights).map(|(signal, weight)| signal * weight).sum::<f32>();
    let scores: Vec<f32> = units.iter().map(score).collect();
    let best = scores.iter().copied().fold(f32::MIN, f32::max);
    let mut found: Vec<Candidate> = units
        .iter()
        .zip(&scores)
        .map(|(unit, score)| Candidate { at: unit.at, unit: Some(unit.number), value: (score - best).exp() })
        .collect();
    found.sort_unstable_by(|a, b| b.value.total_cmp(&a.value).then((a.at, a.unit).cmp(&(b.at, b.unit))));
    found.truncate(MOST);
    found
}

/// The units with their signals.
///
/// # Errors
/// The question or the units have no vectors.
pub(crate) fn judged<'a>(corpus: &'a Corpus, question: &str, hits: &[Hit]) -> Result<Vec<Unit<'a>>, EmbedError> {
    let asked = Asked::new(corpus, question);
    let mut units = Vec::new();
    for (at, found) in chunks(corpus, hits) {
        for number in 0..corpus.piece(at).chunk.units.len() {
            units.push(asked.judge(corpus, at, number, found));
        }
    }
    from_neighbours(corpus, &mut units);
    scaled(&mut units);
    // What the words promise decides whose vectors are worth their time.
    if units.len() > LOOKED_AT {
        let mut promises: Vec<f32> = units.iter().map(Unit::promise).collect();
        promises.sort_unstable_by(|a, b| b.total_cmp(a));
        let least = promises[LOOKED_AT];
        units.retain(|unit| unit.promise() > least);
    }
    feedback(corpus, &asked, &mut units);
    from_vectors(corpus, question, &asked, &mut units)?;
    scaled(&mut units);
    Ok(units)
}

/// How well chunks were found: by words, by vectors and by both, of the best; and those beside them.
fn chunks(corpus: &Corpus, hits: &[Hit]) -> BTreeMap<usize, [f32; 3]> {
    let best = |of: fn(&Hit) -> f32| hits.iter().map(of).fold(f32::MIN_POSITIVE, f32::max);
    let (keyword, similarity, score) = (best(|hit| hit.keyword), best(|hit| hit.similarity), best(|hit| hit.score));
    // Embedders differ in how near they put what has nothing in common.
    let least = hits.iter().map(|hit| hit.similarity).filter(|near| *near > 0.0).fold(similarity, f32::min);
    let near = |hit: &Hit| ((hit.similarity - least) / (similarity - least).max(1e-6)).max(0.0);
    let mut chunks: BTreeMap<usize, [f32; 3]> = BTreeMap::new();
    for hit in hits {
        let own = [hit.keyword / keyword, near(hit), hit.score / score];
        let document = &corpus.piece(hit.at).document.id;
        let is_beside = |at: &usize| corpus.is_there(*at) && corpus.piece(*at).document.id == *document;
        let beside = [hit.at.checked_sub(1), hit.at.checked_add(1)].into_iter().flatten().filter(is_beside);
        for (at, share) in beside.map(|at| (at, BESIDE)).chain([(hit.at, 1.0)]) {
            let found = chunks.entry(at).or_default();
            found.iter_mut().zip(own).for_each(|(to, own)| *to = to.max(own * share));
        }
    }
    chunks
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::{
        document::{About, Document, Kind},
        search::{Filter, Mode, search},
    };

    #[test]
    fn the_unit_that_answers_is_worth_most() {
        let text = "# Dock\n\nA dock has twelve places.\n\nThe alarm of a dock has the code E-4711.\n\n\
                    | part | weight |\n|---|---|\n| lamp | 3 kg |\n| lock | 9 kg |\n";
        let mut corpus = Corpus::default();
        let document = Document::new("dock.md", Kind::Markdown, text, About::default()).expect("a document");
        corpus.ingest(vec![document]).expect("fits");
        for (question, answer) in [
            ("What does E-4711 mean?", "The alarm of a dock"),
            ("How many kg has the lock?", "| lock | 9 kg |"),
            ("How many places has a dock?", "# Dock\n\nA dock has twelve places."),
        ] {
            let hits = search(&corpus, question, Mode::Hybrid, &Filter::default(), 10).expect("searches");
            let found = valued(&corpus, question, &hits).expect("has vectors");
            assert!(found.windows(2).all(|pair| pair[0].value >= pair[1].value && pair[1].value > 0.0));
            let piece = corpus.piece(found[0].at);
            let unit = &piece.chunk.units[found[0].unit.expect("a unit")];
            let text = &piece.document.text[unit.span.clone()];
            assert!(text.starts_with(answer), "{question}: {text}");
        }
        assert_eq!(valued(&corpus, "anything", &[]).expect("nothing to judge"), []);
    }
}
