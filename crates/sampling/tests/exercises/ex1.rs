//! Min-p: a filter that moves with the model's certainty.

use crate::ex1_min_p::min_p;

#[track_caller]
fn keeps(candidates: &[(u16, f64)], share: f64, wanted: &[u16]) -> Vec<(u16, f64)> {
    let kept = min_p(candidates, share);
    let tokens: Vec<u16> = kept.iter().map(|(token, _)| *token).collect();
    assert_eq!(tokens, wanted, "{share}");
    kept
}

const SURE: [(u16, f64); 4] = [(1, 0.05), (2, 0.9), (3, 0.03), (4, 0.02)];
const UNSURE: [(u16, f64); 4] = [(1, 0.3), (2, 0.25), (3, 0.25), (4, 0.2)];

#[test]
fn few_tokens_where_one_stands_out_and_many_where_none_does() {
    keeps(&SURE, 0.1, &[2]);
    keeps(&UNSURE, 0.1, &[1, 2, 3, 4]);
    keeps(&UNSURE, 0.8, &[1, 2, 3]);
}

#[test]
fn what_is_left_is_a_distribution() {
    for share in [0.0, 0.1, 0.5, 0.8, 1.0] {
        let sum: f64 = min_p(&UNSURE, share).iter().map(|(_, probability)| probability).sum();
        assert!((sum - 1.0).abs() < 1e-9, "{share}: {sum}");
    }
    let kept = keeps(&UNSURE, 0.8, &[1, 2, 3]);
    assert!((kept[0].1 - 0.375).abs() < 1e-9, "{kept:?}");
}

#[test]
fn the_likeliest_token_always_stays() {
    keeps(&SURE, 1.0, &[2]);
    keeps(&SURE, 7.0, &[2]);
    keeps(&SURE, 0.0, &[1, 2, 3, 4]);
    keeps(&SURE, -1.0, &[1, 2, 3, 4]);
    assert!(!min_p(&SURE, f64::NAN).is_empty());
    keeps(&[], 0.5, &[]);
}
