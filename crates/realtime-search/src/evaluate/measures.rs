//! What is measured of a list of results.

use std::collections::{BTreeMap, BTreeSet};

use super::{Copies, DEPTH};
use crate::pipeline::{Candidate, analyse::Intent, recency};

/// A grade from which on a result is what was wanted.
const USEFUL: u8 = 2;
/// Results whose freshness counts.
const FIRST: usize = 5;

/// What is measured, each from 0 to 1.
#[derive(Debug, Clone, Copy, Default, PartialEq)]
pub struct Measures {
    /// Normalized discounted cumulative gain of the first ten, with gains of 2^grade - 1 (Burges et al., ICML 2005).
    pub ndcg: f64,
    /// Share of what is wanted (grade 2 and up) that is among the first ten.
    pub recall: f64,
    /// How fresh the first five are, by the half-life of news.
    pub freshness: f64,
    /// Share of the first ten that only copy another of them.
    pub duplicates: f64,
}

impl Measures {
    /// Measures results against the grades of a query.
    pub(super) fn of(results: &[Candidate], grades: &BTreeMap<String, u8>, copies: &Copies, now: i64) -> Self {
        // A copy counts as its original, and the two count once.
        let original = |id: &str| copies.get(id).map_or_else(|| id.to_owned(), Clone::clone);
        let grade = |id: &str| grades.get(id).or_else(|| grades.get(&original(id))).copied().unwrap_or_default();
        let mut seen = BTreeSet::new();
        let (mut gained, mut copied) = (0.0, 0);
        let mut wanted_found = BTreeSet::new();
        for (at, candidate) in results.iter().take(DEPTH).enumerate() {
            if !seen.insert(original(candidate.id())) {
                copied += 1;
                continue;
            }
            let grade = grade(candidate.id());
            gained += discounted(grade, at);
            if grade >= USEFUL {
                wanted_found.insert(original(candidate.id()));
            }
        }
        let mut best: BTreeMap<String, u8> = BTreeMap::new();
        for (id, grade) in grades {
            let known = best.entry(original(id)).or_default();
            *known = (*known).max(*grade);
        }
        let wanted = best.values().filter(|grade| **grade >= USEFUL).count();
        let mut ideal: Vec<u8> = best.into_values().collect();
        ideal.sort_unstable_by(|one, other| other.cmp(one));
        let most: f64 = ideal.iter().take(DEPTH).enumerate().map(|(at, grade)| discounted(*grade, at)).sum();
        let fresh = |candidate: &Candidate| recency::freshness(candidate.indexed.published, now, Intent::News);
        let share = |part: usize, of: usize| if of == 0 { 0.0 } else { part as f64 / of as f64 };
        let first = results.len().min(FIRST);
        Self {
            ndcg: if most > 0.0 { gained / most } else { 0.0 },
            recall: share(wanted_found.len(), wanted.min(DEPTH)),
            freshness: if first == 0 { 0.0 } else { results.iter().take(FIRST).map(fresh).sum::<f64>() / first as f64 },
            duplicates: share(copied, results.len().min(DEPTH)),
        }
    }

    /// The mean of each; none of nothing.
    pub(super) fn mean(all: impl Iterator<Item = Self>) -> Option<Self> {
        let (mut sum, mut count) = (Self::default(), 0.0);
        for one in all {
            sum.ndcg += one.ndcg;
            sum.recall += one.recall;
            sum.freshness += one.freshness;
            sum.duplicates += one.duplicates;
            count += 1.0;
        }
        (count > 0.0).then(|| Self {
            ndcg: sum.ndcg / count,
            recall: sum.recall / count,
            freshness: sum.freshness / count,
            duplicates: sum.duplicates / count,
        })
    }
}

fn discounted(grade: u8, at: usize) -> f64 {
    (f64::from(grade).exp2() - 1.0) / (at as f64 + 2.0).log2()
}

#[cfg(test)]
mod tests {
    use std::{collections::HashMap, sync::Arc};

    use super::*;
    use crate::pipeline::tests::candidate;

    #[test]
    fn order_and_copies_count() {
        let grades = BTreeMap::from([("best".to_owned(), 3), ("good".to_owned(), 2), ("bad".to_owned(), 0)]);
        let copies: Copies = Arc::new(HashMap::from([("copy".to_owned(), "best".to_owned())]));
        let measure = |ids: &[&str]| {
            let results: Vec<Candidate> =
                ids.iter().map(|id| candidate(id, "https://a.example", "text", 0.5, &[])).collect();
            Measures::of(&results, &grades, &copies, 0)
        };
        let right = measure(&["best", "good", "bad"]);
        assert!((right.ndcg - 1.0).abs() < 1e-9 && (right.recall - 1.0).abs() < 1e-9, "{right:?}");
        assert!(measure(&["bad", "good", "best"]).ndcg < 0.7);
        assert!((measure(&["copy", "good"]).ndcg - 1.0).abs() < 1e-9, "a copy is as good as its original");
        let twice = measure(&["best", "copy", "good"]);
        assert!((twice.duplicates - 1.0 / 3.0).abs() < 1e-9 && twice.ndcg < 1.0, "{twice:?}");
        assert_eq!(measure(&[]), Measures::default());
    }
}
