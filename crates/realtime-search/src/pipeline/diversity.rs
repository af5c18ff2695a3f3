//! (9) Diversity: the second result about one story says less than the first about another.

use std::collections::HashMap;

use super::Candidate;

/// Maximal marginal relevance (Carbonell and Goldstein, SIGIR 1998): takes the candidate that is best after what it
/// has in common with those already taken was subtracted. `lambda` is the share of relevance; 1 leaves the order as
/// it is.
pub fn diversify(mut candidates: Vec<Candidate>, lambda: f64, most: usize) -> Vec<Candidate> {
    candidates.sort_by(|one, other| other.parts.total.total_cmp(&one.parts.total).then(one.id().cmp(other.id())));
    // What is far behind is not chosen whatever it says.
    candidates.truncate(most.saturating_mul(4).max(20));
    let mut chosen: Vec<Candidate> = Vec::with_capacity(most.min(candidates.len()));
    let mut closest = vec![0.0_f64; candidates.len()];
    while chosen.len() < most && !candidates.is_empty() {
        if let Some(last) = chosen.last() {
            for (candidate, closest) in candidates.iter().zip(&mut closest) {
                *closest = closest.max(similarity(&candidate.indexed.stems, &last.indexed.stems));
            }
        }
        let marginal = |at: usize| lambda * candidates[at].parts.total - (1.0 - lambda) * closest[at];
        let best = (0..candidates.len()).fold(0, |best, at| if marginal(at) > marginal(best) { at } else { best });
        let mut taken = candidates.remove(best);
        taken.parts.repetition = (1.0 - lambda) * closest.remove(best);
        chosen.push(taken);
    }
    chosen
}

/// The cosine of the angle between two texts, from 0 to 1.
pub fn similarity(one: &HashMap<String, u32>, other: &HashMap<String, u32>) -> f64 {
    let (small, large) = if one.len() < other.len() { (one, other) } else { (other, one) };
    let norm = |counts: &HashMap<String, u32>| counts.values().map(|&count| f64::from(count).powi(2)).sum::<f64>();
    let product: f64 = small
        .iter()
        .filter_map(|(stem, count)| large.get(stem).map(|other| f64::from(*count) * f64::from(*other)))
        .sum();
    if product == 0.0 { 0.0 } else { product / (norm(one) * norm(other)).sqrt() }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::pipeline::tests::candidate;

    fn ids(lambda: f64) -> Vec<String> {
        let mut candidates = vec![
            candidate("bridge-1", "https://a.example", "bridge closed cracks cables", 0.5, &[]),
            candidate("bridge-2", "https://b.example", "bridge closed cracks cables harbour", 0.5, &[]),
            candidate("moon", "https://c.example", "moon rover dust antenna", 0.5, &[]),
        ];
        for (candidate, total) in candidates.iter_mut().zip([0.9, 0.89, 0.7]) {
            candidate.parts.total = total;
        }
        diversify(candidates, lambda, 3).iter().map(|candidate| candidate.id().to_owned()).collect()
    }

    #[test]
    fn another_story_comes_before_the_same_again() {
        assert_eq!(ids(1.0), ["bridge-1", "bridge-2", "moon"]);
        assert_eq!(ids(0.7), ["bridge-1", "moon", "bridge-2"]);
    }

    #[test]
    fn similarity_is_symmetric_and_bounded() {
        let counts = |text: &str| crate::text::counted(text);
        let (one, other) = (counts("bridge bridge crack"), counts("bridge tunnel"));
        assert!((similarity(&one, &other) - similarity(&other, &one)).abs() < 1e-12);
        assert!((similarity(&one, &one) - 1.0).abs() < 1e-9);
        assert!(similarity(&one, &counts("")).abs() < 1e-12);
    }
}
