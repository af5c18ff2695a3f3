//! From a query to a ranked and cited answer, one module for each stage. The numbers are those of the README.

pub mod analyse;
pub mod cite;
pub mod context;
pub mod deduplicate;
pub mod diversity;
pub mod expand;
pub mod flag;
pub mod fuse;
pub mod normalize;
pub mod plan;
pub mod recency;
pub mod trust;

use std::sync::Arc;

use schemars::JsonSchema;
use serde::Serialize;

use self::{analyse::Intent, context::Profile};
use crate::article::Indexed;

/// Where a candidate stood in a list.
#[derive(Debug, Clone, PartialEq)]
pub struct Place {
    /// The list: a source, and which words it was asked for.
    pub list: Arc<str>,
    /// From 1 on.
    pub rank: usize,
    /// What the list counts.
    pub weight: f64,
}

/// An article that may be an answer.
#[derive(Debug, Clone)]
pub struct Candidate {
    /// The article.
    pub indexed: Arc<Indexed>,
    /// Its URL in one spelling.
    pub canonical_url: String,
    /// The lists that it stood in.
    pub places: Vec<Place>,
    /// Outlets whose copies of it were left out.
    pub duplicates: Vec<String>,
    /// Why it stands where it stands.
    pub parts: Parts,
}

impl Candidate {
    /// The id of the article.
    pub fn id(&self) -> &str {
        &self.indexed.article.id
    }
}

/// A score in parts: each stage's share, and what they add up to.
#[derive(Debug, Clone, Copy, Default, PartialEq, Serialize, JsonSchema)]
pub struct Parts {
    /// Places in the lists, fused: 1 for the first of all.
    pub fused: f64,
    /// What freshness adds.
    pub recency: f64,
    /// What the outlet's trust adds.
    pub trust: f64,
    /// What the session's preferences add or take.
    pub preference: f64,
    /// What the session's history and reading add.
    pub context: f64,
    /// The sum of all above.
    pub total: f64,
    /// What was taken for saying what a better result says; not in the total, it only decides the order.
    pub repetition: f64,
}

/// What each stage counts. Found on the tuning part of the judged set, see `evaluate`.
#[derive(Debug, Clone, Copy)]
pub struct Weights {
    /// `k` of reciprocal rank fusion.
    pub fusion_k: f64,
    /// Trust, at full trust.
    pub trust: f64,
    /// Preference, at its largest.
    pub preference: f64,
    /// Context, at its largest.
    pub context: f64,
    /// Share of relevance against repetition.
    pub lambda: f64,
    /// The list of synonyms, beside 1 for the words that were typed.
    pub synonyms: f64,
    /// The list of feedback.
    pub feedback: f64,
    /// The list with the session's words.
    pub context_list: f64,
}

impl Default for Weights {
    fn default() -> Self {
        Self {
            fusion_k: 7.0,
            trust: 0.35,
            preference: 0.5,
            context: 0.6,
            lambda: 0.95,
            synonyms: 0.3,
            feedback: 0.4,
            context_list: 0.8,
        }
    }
}

/// What a ranking depends on, besides the candidates.
#[derive(Debug, Clone, Copy)]
pub struct Asked<'a> {
    /// What kind of answer is wanted.
    pub intent: Intent,
    /// Who asks.
    pub profile: &'a Profile,
    /// Its stems, each with how much it says; none where the query can only be understood after another.
    pub own: &'a [(String, f64)],
    /// When it is asked.
    pub now: i64,
}

/// Stages (5) to (9): what the sources have found becomes a ranking.
pub fn rank(candidates: Vec<Candidate>, asked: Asked<'_>, weights: &Weights, most: usize) -> Ranking {
    let Asked { intent, profile, own, now } = asked;
    let (mut kept, duplicates) = deduplicate::deduplicate(candidates);
    fuse::fuse(&mut kept, weights.fusion_k);
    for candidate in &mut kept {
        let fresh = recency::freshness(candidate.indexed.published, now, intent);
        // What is wanted does not count for an article that has little of what was asked.
        let about = about(candidate, own);
        let preference = trust::preference(candidate, profile);
        let preference = if preference > 0.0 { preference * about } else { preference };
        let parts = Parts {
            fused: candidate.parts.fused,
            recency: recency::weight(intent) * fresh,
            trust: weights.trust * trust::credibility(candidate.indexed.trust),
            preference: weights.preference * preference,
            context: weights.context * about * profile.affinity(candidate),
            ..Parts::default()
        };
        let total = parts.fused + parts.recency + parts.trust + parts.preference + parts.context;
        candidate.parts = Parts { total, ..parts };
    }
    let considered = kept.len();
    Ranking { results: diversity::diversify(kept, weights.lambda, most), considered, duplicates }
}

/// How much of a query's words an article has, from 0 to 1: what says more counts more.
fn about(candidate: &Candidate, own: &[(String, f64)]) -> f64 {
    let all: f64 = own.iter().map(|(_, weight)| weight).sum();
    let has = |(stem, weight): &(String, f64)| candidate.indexed.stems.contains_key(stem).then_some(*weight);
    if all > 0.0 { own.iter().filter_map(has).sum::<f64>() / all } else { 1.0 }
}

/// What is left, in order.
#[derive(Debug)]
pub struct Ranking {
    /// The best.
    pub results: Vec<Candidate>,
    /// How many were ranked.
    pub considered: usize,
    /// What was left out, and what stands for it.
    pub duplicates: Vec<(String, String)>,
}

#[cfg(test)]
pub(crate) mod tests {
    use super::*;
    use crate::article::{Article, Outlets};

    /// A candidate for tests of one stage.
    pub(crate) fn candidate(id: &str, url: &str, text: &str, trust: f64, places: &[(&str, usize)]) -> Candidate {
        let article = Article {
            id: id.to_owned(),
            title: text.split_whitespace().take(3).collect::<Vec<_>>().join(" "),
            url: url.to_owned(),
            source: format!("The {id}"),
            published: None,
            language: "en".to_owned(),
            region: None,
            topics: Vec::new(),
            text: text.to_owned(),
        };
        let mut indexed = Indexed::new(article, Some(0), &Outlets::default());
        indexed.trust = trust;
        let place = |(list, rank): &(&str, usize)| Place { list: (*list).into(), rank: *rank, weight: 1.0 };
        Candidate {
            indexed: Arc::new(indexed),
            canonical_url: url.to_owned(),
            places: places.iter().map(place).collect(),
            duplicates: Vec::new(),
            parts: Parts::default(),
        }
    }

    #[test]
    fn the_parts_add_up_and_context_decides() {
        let all = || {
            vec![
                candidate("car", "https://a.example", "jaguar electric motor", 0.5, &[("words", 1)]),
                candidate("cat", "https://b.example", "jaguar rainforest prey", 0.5, &[("words", 2)]),
            ]
        };
        let weights = Weights::default();
        let asked = |profile| Asked { intent: Intent::News, profile, own: &[], now: 0 };
        let nobody = Profile::default();
        let alone = rank(all(), asked(&nobody), &weights, 5);
        assert_eq!(alone.results[0].id(), "car");
        let profile = Profile { stems: [("rainforest".to_owned(), 1.0)].into(), ..Profile::default() };
        let known = rank(all(), asked(&profile), &weights, 5);
        assert_eq!(known.results[0].id(), "cat");
        let parts = known.results[0].parts;
        let sum = parts.fused + parts.recency + parts.trust + parts.preference + parts.context;
        assert!((sum - parts.total).abs() < 1e-12, "{parts:?}");
    }
}
