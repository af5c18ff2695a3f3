//! What the other units say of one.

use std::collections::{BTreeMap, BTreeSet, HashMap};

use super::{Asked, BEST, CHUNK, FEEDBACK, HEADINGS, Lookup, NEAREST, NEIGHBOUR, RECENT, SOURCE, Unit, WORDS};
use crate::{corpus::Corpus, thesaurus::Wanted};

/// Those that have no bound of their own: they are counted of the best.
const OF_THE_BEST: [usize; 6] = [WORDS, HEADINGS, SOURCE, NEIGHBOUR, FEEDBACK, NEAREST];
/// Units that the question learns words from, and the words that it learns.
const TEACHERS: usize = 8;
const LEARNED: usize = 20;
/// Best units that say what a source is worth.
const OF_A_SOURCE: usize = 4;

/// A good source, a good unit beside it, and how new its source is among the sources.
pub fn from_neighbours(corpus: &Corpus, units: &mut [Unit<'_>]) {
    let mut sources: HashMap<&str, Vec<f32>> = HashMap::new();
    let mut chunks: HashMap<&str, f32> = HashMap::new();
    for unit in units.iter() {
        sources.entry(unit.document).or_default().push(unit.signals[WORDS]);
        let best = chunks.entry(unit.document).or_default();
        *best = best.max((unit.signals[CHUNK] + unit.signals[CHUNK + 1]) / 2.0);
    }
    let sources: HashMap<&str, f32> = sources
        .into_iter()
        .map(|(source, mut scores)| {
            scores.sort_unstable_by(|a, b| b.total_cmp(a));
            (source, scores.iter().take(OF_A_SOURCE).sum())
        })
        .collect();
    let date = |unit: &Unit<'_>| corpus.piece(unit.at).document.about.date;
    let (oldest, newest) = (units.iter().filter_map(date).min(), units.iter().filter_map(date).max());
    let days = oldest.zip(newest).map_or(1, |(oldest, newest)| (newest - oldest).num_days().max(1));
    let scores: Vec<(&str, f32)> = units.iter().map(|unit| (unit.document, unit.signals[WORDS])).collect();
    for (at, unit) in units.iter_mut().enumerate() {
        let of = |at: usize| {
            scores.get(at).filter(|(document, _)| *document == unit.document).map_or(0.0, |(_, score)| *score)
        };
        let age = date(unit).zip(oldest).map(|(date, oldest)| (date - oldest).num_days());
        unit.signals[NEIGHBOUR] = at.checked_sub(1).map_or(0.0, of).max(of(at + 1));
        unit.signals[BEST] = chunks.get(unit.document).copied().unwrap_or_default();
        unit.signals[SOURCE] = sources.get(unit.document).copied().unwrap_or_default();
        unit.signals[RECENT] = age.map_or(0.5, |age| age as f32 / days as f32);
    }
}

/// The question in the words of those who seem to answer it (relevance feedback).
pub fn feedback(corpus: &Corpus, asked: &Asked, units: &mut [Unit<'_>]) {
    let mut order: Vec<&Unit<'_>> = units.iter().collect();
    order.sort_by(|a, b| b.promise().total_cmp(&a.promise()));
    let mut weights: BTreeMap<&str, f32> = BTreeMap::new();
    for unit in order.into_iter().take(TEACHERS) {
        let distinct: BTreeSet<&str> = unit.unit.words.split_ascii_whitespace().collect();
        let length = (distinct.len().max(1) as f32).sqrt();
        for word in distinct {
            *weights.entry(word).or_default() += corpus.keyword().rarity(word) / length;
        }
    }
    let is_new = |(word, _): &(&str, f32)| asked.words.iter().all(|wanted| wanted.word != *word);
    let mut learned: Vec<(&str, f32)> = weights.into_iter().filter(is_new).collect();
    learned.sort_by(|a, b| b.1.total_cmp(&a.1));
    learned.truncate(LEARNED);
    let best = learned.first().map_or(1.0, |(_, weight)| *weight);
    let wanted: Vec<Wanted> =
        learned.iter().map(|(word, weight)| Wanted { word: (*word).to_owned(), weight: weight / best }).collect();
    let lookup = Lookup::new(corpus, &wanted);
    for unit in units.iter_mut() {
        unit.signals[FEEDBACK] = lookup.score(&lookup.counts(&unit.unit.words));
    }
}

/// Makes those without a bound a share of the best.
pub fn scaled(units: &mut [Unit<'_>]) {
    for signal in OF_THE_BEST {
        let best = units.iter().map(|unit| unit.signals[signal]).fold(1e-6, f32::max);
        units.iter_mut().for_each(|unit| unit.signals[signal] /= best);
    }
}
