//! From hits to results: what covers the question comes first, copies are folded, chance hits are dropped.

use mcp_support::search::{index::Hit, provider::Vertical};

use super::{
    copies,
    corpus::Corpus,
    lexicon::{Lexicon, coverage},
    question::Question,
};

/// A hit whose score is a smaller share of the best one's is there by chance.
const LEAST_SHARE: f32 = 0.12;
/// So is one that has less than this share of what the question tells.
const LEAST_COVERAGE: f32 = 0.18;
/// How much of a score depends on how much of the question is there.
const COVERAGE_SHARE: f32 = 0.8;
/// How much more news of the last day counts than old news, and where the newest are asked for.
const RECENCY: f32 = 0.15;
const WANTED_RECENCY: f32 = 0.6;
/// After so many days news is half as new.
const HALF_LIFE_DAYS: f32 = 60.0;
/// How much more the cheapest counts where cheap things are asked for.
const CHEAPNESS: f32 = 0.35;

/// What a score is worth where a page says a word over and over.
const STUFFED: f32 = 0.1;

/// A document, and how good it is.
#[derive(Debug, Clone, Copy, PartialEq)]
pub(super) struct Ranked {
    /// Its place in the collection.
    pub(super) place: usize,
    pub(super) score: f32,
    /// The share of what the question tells that is there: 0 to 1.
    pub(super) coverage: f32,
}

/// The results in order, without copies.
pub(super) fn rank(
    hits: &[Hit],
    question: &Question,
    vertical: Vertical,
    corpus: &Corpus,
    lexicon: &Lexicon,
) -> Vec<Ranked> {
    let found = || hits.iter().filter_map(|hit| Some((corpus.place(&hit.id)?, hit)));
    let prices = || found().filter_map(|(place, _)| Some(corpus.documents[place].price.as_ref()?.amount));
    let dearest = prices().fold(0.0, f64::max);
    let mut ranked: Vec<Ranked> = found()
        .map(|(place, hit)| {
            let covered = coverage(&question.terms, &lexicon.documents[place].all);
            let mut score = hit.score * (1.0 - COVERAGE_SHARE + COVERAGE_SHARE * covered);
            if lexicon.documents[place].is_stuffed {
                score *= STUFFED;
            }
            let document = &corpus.documents[place];
            if vertical == Vertical::News || question.wishes.newest {
                let weight = if question.wishes.newest { WANTED_RECENCY } else { RECENCY };
                let days = document.date.map(|date| (corpus.now - date) as f32 / 86_400.0);
                score *= 1.0 + weight * days.map_or(0.0, |days| 0.5_f32.powf(days / HALF_LIFE_DAYS));
            }
            if question.wishes.cheap && dearest > 0.0 {
                let share = document.price.as_ref().map_or(1.0, |price| price.amount / dearest);
                score *= 1.0 + CHEAPNESS * (1.0 - share as f32);
            }
            Ranked { place, score, coverage: covered }
        })
        .collect();
    // What is equally good stays in the order of the collection.
    ranked.sort_by(|a, b| b.score.total_cmp(&a.score).then(a.place.cmp(&b.place)));
    let best = ranked.first().map_or(0.0, |best| best.score);
    let asks = !question.terms.is_empty();
    ranked.retain(|hit| !asks || (hit.score >= LEAST_SHARE * best && hit.coverage >= LEAST_COVERAGE));
    copies::fold(ranked, |hit| &lexicon.documents[hit.place].shingles)
}
