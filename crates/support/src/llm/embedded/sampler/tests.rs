use proptest::prelude::*;

use super::*;

/// Four tokens, from probable to improbable.
const PROBABILITIES: [f64; 4] = [0.4, 0.3, 0.2, 0.1];
const DRAWS: u32 = 20_000;

fn candidates() -> Vec<(TokenId, f64)> {
    (0..).zip(PROBABILITIES.map(f64::ln)).collect()
}

fn sampler(settings: &Sampling) -> Sampler {
    Sampler::new(settings).expect("settings in range")
}

/// How often each token is drawn, by one sampler.
fn drawn(settings: &Sampling) -> [u32; 4] {
    let mut sampler = sampler(settings);
    let mut counts = [0; 4];
    for _ in 0..DRAWS {
        counts[usize::from(sampler.next(candidates()).expect("a token"))] += 1;
    }
    counts
}

/// Pearson's chi-square test: whether the counts can come from the distribution that the weights are proportional to.
/// With 3 degrees of freedom, one in a million is over 30. A weight of 0 allows no draw at all.
fn assert_drawn_from(counts: [u32; 4], weights: [f64; 4]) {
    let sum: f64 = weights.iter().sum();
    let draws = f64::from(counts.iter().sum::<u32>());
    let mut chi_square = 0.0;
    for (count, weight) in counts.into_iter().zip(weights) {
        if weight == 0.0 {
            assert_eq!(count, 0, "{counts:?} from {weights:?}");
        } else {
            let expected = draws * weight / sum;
            chi_square += (f64::from(count) - expected).powi(2) / expected;
        }
    }
    assert!(chi_square < 30.0, "{counts:?} from {weights:?}: {chi_square}");
}

#[test]
#[should_panic(expected = "from")]
fn the_test_itself_tells_distributions_apart() {
    assert_drawn_from(drawn(&Sampling { temperature: Some(1.2), ..Sampling::default() }), PROBABILITIES);
}

#[test]
fn temperature() {
    assert_drawn_from(drawn(&Sampling::default()), PROBABILITIES);
    for temperature in [0.25, 0.7, 1.0, 1.5, 2.0] {
        let counts = drawn(&Sampling { temperature: Some(temperature), seed: Some(1), ..Sampling::default() });
        assert_drawn_from(counts, PROBABILITIES.map(|probability| probability.powf(1.0 / temperature)));
    }
    for seed in 0..20 {
        let greedy = Sampling { temperature: Some(0.0), top_k: Some(3), seed: Some(seed), ..Sampling::default() };
        assert_eq!(drawn(&greedy), [DRAWS, 0, 0, 0]);
    }
}

#[test]
fn of_equals_greedy_takes_the_first() {
    let mut greedy = sampler(&Sampling { temperature: Some(0.0), ..Sampling::default() });
    for candidates in [vec![(3, -2.0), (7, -1.0), (5, -1.0)], vec![(3, -2.0), (5, -1.0), (7, -1.0)]] {
        assert_eq!(greedy.next(candidates), Some(5));
    }
}

#[test]
fn top_k() {
    for (top_k, weights) in [
        (1, [1.0, 0.0, 0.0, 0.0]),
        (2, [0.4, 0.3, 0.0, 0.0]),
        (3, [0.4, 0.3, 0.2, 0.0]),
        (4, PROBABILITIES),
        (u32::MAX, PROBABILITIES),
    ] {
        assert_drawn_from(drawn(&Sampling { top_k: Some(top_k), ..Sampling::default() }), weights);
    }
}

#[test]
fn top_p() {
    for (top_p, weights) in [
        (0.01, [1.0, 0.0, 0.0, 0.0]),
        (0.39, [1.0, 0.0, 0.0, 0.0]),
        (0.41, [0.4, 0.3, 0.0, 0.0]),
        (0.69, [0.4, 0.3, 0.0, 0.0]),
        (0.71, [0.4, 0.3, 0.2, 0.0]),
        (0.95, PROBABILITIES),
        (1.0, PROBABILITIES),
    ] {
        assert_drawn_from(drawn(&Sampling { top_p: Some(top_p), ..Sampling::default() }), weights);
    }
}

#[test]
fn the_order_of_the_steps() {
    // Top-k first: of the two that stay, the first alone has 4/7.
    let both = Sampling { top_k: Some(2), top_p: Some(0.5), ..Sampling::default() };
    assert_drawn_from(drawn(&both), [1.0, 0.0, 0.0, 0.0]);
    // Temperature before top-p: at 2 the first has about a third, and 0.41 needs two.
    let hot = Sampling { temperature: Some(2.0), top_p: Some(0.35), ..Sampling::default() };
    assert_drawn_from(drawn(&hot), [0.4_f64.sqrt(), 0.3_f64.sqrt(), 0.0, 0.0]);
}

/// How often each token is drawn first, after `before` was written; each time with another seed.
fn drawn_after(before: &[TokenId], settings: &Sampling) -> [u32; 4] {
    let mut counts = [0; 4];
    for seed in 0..5000 {
        let mut sampler = sampler(&Sampling { seed: Some(seed), ..settings.clone() });
        for token in before {
            assert_eq!(sampler.next(vec![(*token, 0.0)]), Some(*token));
        }
        counts[usize::from(sampler.next(candidates()).expect("a token"))] += 1;
    }
    counts
}

#[test]
fn penalties() {
    let [a, b, c, d] = PROBABILITIES;
    let before = [0, 0, 0, 2];
    for penalty in [-0.5, 0.5, 1.5] {
        let frequency = Sampling { frequency_penalty: Some(penalty), ..Sampling::default() };
        let expected = [a * (-3.0 * penalty).exp(), b, c * (-penalty).exp(), d];
        assert_drawn_from(drawn_after(&before, &frequency), expected);
        let presence = Sampling { presence_penalty: Some(penalty), ..Sampling::default() };
        let expected = [a * (-penalty).exp(), b, c * (-penalty).exp(), d];
        assert_drawn_from(drawn_after(&before, &presence), expected);
    }
    // Penalties come before the temperature, so they are divided by it, and they count for greedy choice too.
    let cold = Sampling { temperature: Some(0.5), presence_penalty: Some(1.0), ..Sampling::default() };
    let expected = [a / 1.0_f64.exp(), b, c / 1.0_f64.exp(), d].map(|weight| weight * weight);
    assert_drawn_from(drawn_after(&before, &cold), expected);
    let greedy = Sampling { temperature: Some(0.0), presence_penalty: Some(1.0), ..Sampling::default() };
    assert_eq!(drawn_after(&[0], &greedy), [0, 5000, 0, 0]);
    assert_drawn_from(drawn_after(&before, &Sampling::default()), PROBABILITIES);
}

#[test]
fn seeds() {
    let tokens = |seed| -> Vec<TokenId> {
        let mut sampler = sampler(&Sampling { seed: Some(seed), ..Sampling::default() });
        (0..24).map(|_| sampler.next(candidates()).expect("a token")).collect()
    };
    // The same on every machine: these are written down.
    assert_eq!(tokens(42), [1, 0, 1, 1, 0, 0, 0, 0, 2, 0, 2, 0, 0, 0, 3, 0, 1, 1, 0, 3, 0, 1, 0, 2]);
    assert_eq!(tokens(i64::MAX as u64), tokens(i64::MAX as u64));
    let different: std::collections::HashSet<_> = (0..100).map(tokens).collect();
    assert_eq!(different.len(), 100);
}

#[test]
fn nothing_to_choose_from() {
    let mut sampler = sampler(&Sampling::default());
    assert_eq!(sampler.next(Vec::new()), None);
    assert_eq!(sampler.next(vec![(1, f64::NEG_INFINITY), (2, f64::NAN)]), None);
    assert_eq!(sampler.next(vec![(1, f64::NEG_INFINITY), (2, -700.0)]), Some(2));
}

#[test]
fn out_of_range() {
    let error = Sampler::new(&Sampling { top_p: Some(0.0), ..Sampling::default() }).expect_err("out of range");
    assert_eq!(error.to_string(), "top_p is 0, and must be over 0, and at most 1");
}

/// The pieces that are told while `tokens` are pushed, and why it ends.
fn told(tokens: &[&str], stop: &[&str], max_tokens: u32) -> (Vec<String>, Option<StopReason>) {
    let stop = stop.iter().map(|text| (*text).to_owned()).collect();
    let mut ending = Ending::new(&Sampling { stop, ..Sampling::default() }, max_tokens);
    let mut pieces = Vec::new();
    let mut reason = None;
    for token in tokens {
        reason = ending.push(token);
        if reason.is_some() {
            break;
        }
        pieces.push(ending.piece().to_owned());
    }
    pieces.push(ending.last_piece().to_owned());
    assert_eq!(pieces.concat(), ending.text());
    (pieces, reason)
}

#[test]
fn stop_texts() {
    let check = |tokens: &[&str], stop: &[&str], pieces: &[&str], is_stopped: bool| {
        let pieces: Vec<String> = pieces.iter().map(|piece| (*piece).to_owned()).collect();
        let reason = is_stopped.then_some(StopReason::StopSequence);
        assert_eq!(told(tokens, stop, 99), (pieces, reason), "{tokens:?} {stop:?}");
    };
    check(&["a", " b", " c"], &["x"], &["a", " b", " c", ""], false);
    check(&["a", " b", " c"], &[" b"], &["a", ""], true);
    check(&["a", " END of"], &["END"], &["a", " "], true);
    // Over the border of tokens: what may be the beginning is held back.
    check(&["a E", "N", "D b"], &["END"], &["a ", "", ""], true);
    check(&["a E", "N", "ough"], &["END"], &["a ", "", "ENough", ""], false);
    check(&["a E", "N"], &["END"], &["a ", "", "EN"], false);
    // The first in the text.
    check(&["one", " two"], &["two", "e t"], &["on", ""], true);
    check(&["x ö", "ß"], &["öß"], &["x ", ""], true);
}

#[test]
fn max_tokens() {
    assert_eq!(told(&["a", "b", "c"], &[], 2).1, Some(StopReason::MaxTokens));
    assert_eq!(told(&["a", "b"], &[], 3).1, None);
    assert_eq!(told(&["a", "b"], &["b"], 2).1, Some(StopReason::StopSequence));
}

proptest! {
    #[test]
    fn what_is_drawn_from_is_a_distribution(
        logs in prop::collection::vec(-20.0..0.0_f64, 1..40),
        temperature in 0.0..=2.0_f64,
        top_p in 0.01..=1.0_f64,
        top_k in 1..50_u32,
        penalty in -2.0..=2.0_f64,
    ) {
        let settings = Sampling {
            temperature: Some(temperature),
            top_p: Some(top_p),
            top_k: Some(top_k),
            frequency_penalty: Some(penalty),
            ..Sampling::default()
        };
        let mut sampler = sampler(&settings);
        let candidates: Vec<(TokenId, f64)> = (0..).zip(logs).collect();
        let token = sampler.next(candidates.clone()).expect("a token");
        prop_assert!(usize::from(token) < candidates.len());
        let shaped = sampler.shaped(candidates.clone());
        prop_assert!((1..=candidates.len().min(top_k as usize)).contains(&shaped.len()));
        let sum: f64 = shaped.iter().map(|(_, probability)| probability).sum();
        prop_assert!((sum - 1.0).abs() < 1e-9, "{sum}");
    }

    #[test]
    fn tokens_do_not_change_where_a_text_stops(text in "[ab]{0,30}", cuts in prop::collection::vec(0..30_usize, 0..8)) {
        let mut cuts: Vec<usize> = cuts.into_iter().map(|cut| cut.min(text.len())).chain([0, text.len()]).collect();
        cuts.sort_unstable();
        let tokens: Vec<&str> = cuts.windows(2).map(|cut| &text[cut[0]..cut[1]]).collect();
        let (pieces, _) = told(&tokens, &["aba"], 99);
        prop_assert_eq!(pieces.concat(), text.split("aba").next().unwrap_or_default());
    }
}
