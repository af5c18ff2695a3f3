//! (6) Fuse: several ranked lists become one. Scores of different sources cannot be compared, ranks can.

use super::Candidate;

/// Reciprocal rank fusion (Cormack, Clarke and Büttcher, SIGIR 2009): each list gives a candidate `weight / (k +
/// rank)`. The sum is scaled so that the first of every list has 1.
///
/// A small `k` makes the first ranks count more; the paper takes 60.
pub fn fuse(candidates: &mut [Candidate], k: f64) {
    let mut lists: Vec<(std::sync::Arc<str>, f64)> = Vec::new();
    for place in candidates.iter().flat_map(|candidate| &candidate.places) {
        if !lists.iter().any(|(list, _)| *list == place.list) {
            lists.push((place.list.clone(), place.weight));
        }
    }
    let best: f64 = lists.iter().map(|(_, weight)| weight / (k + 1.0)).sum();
    for candidate in candidates {
        let sum: f64 = candidate.places.iter().map(|place| place.weight / (k + place.rank as f64)).sum();
        candidate.parts.fused = if best > 0.0 { sum / best } else { 0.0 };
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::pipeline::tests::candidate;

    #[test]
    fn two_lists_beat_one() {
        let mut candidates = vec![
            candidate("first-in-one", "https://a.example", "a", 0.5, &[("words", 1)]),
            candidate("second-in-both", "https://b.example", "b", 0.5, &[("words", 2), ("feed", 2)]),
            candidate("first-in-both", "https://c.example", "c", 0.5, &[("words", 1), ("feed", 1)]),
        ];
        fuse(&mut candidates, 60.0);
        let score = |at: usize| candidates[at].parts.fused;
        assert!((score(2) - 1.0).abs() < 1e-9, "{}", score(2));
        assert!(score(1) > score(0) && score(0) > 0.0);
    }
}
