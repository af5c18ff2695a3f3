//! A simulation with seeded randomness and a clock of its own.

use std::{collections::BTreeMap, time::Duration};

use rand::{SeedableRng, rngs::ChaCha8Rng};

use super::*;

fn random() -> ChaCha8Rng {
    ChaCha8Rng::seed_from_u64(5)
}

fn nodes(weights: &'static [u32]) -> Vec<Candidate<'static>> {
    const IDS: [&str; 6] = ["a", "b", "c", "d", "e", "f"];
    weights.iter().zip(IDS).map(|(&weight, id)| Candidate { id, weight, in_flight: 0, latency: None }).collect()
}

#[test]
fn nobody_and_somebody() {
    for strategy in Strategy::ALL {
        let mut chooser = Chooser::default();
        assert_eq!(chooser.choose(strategy, &[], Some("key"), &mut random()), None);
        assert_eq!(chooser.choose(strategy, &nodes(&[1]), None, &mut random()), Some(0));
    }
}

#[test]
fn round_robin_is_even_and_weights_are_kept_exactly() {
    let mut chooser = Chooser::default();
    let mut count = |strategy, weights: &'static [u32], calls| {
        let mut counts = vec![0; weights.len()];
        for _ in 0..calls {
            counts[chooser.choose(strategy, &nodes(weights), None, &mut random()).expect("a node")] += 1;
        }
        counts
    };
    assert_eq!(count(Strategy::RoundRobin, &[1, 1, 1], 300), [100, 100, 100]);
    assert_eq!(count(Strategy::WeightedRoundRobin, &[5, 1, 1], 700), [500, 100, 100]);
}

#[test]
fn weighted_round_robin_is_smooth_and_forgets_who_has_left() {
    let mut chooser = Chooser::default();
    let mut choose = |nodes: &[Candidate<'_>]| {
        nodes[chooser.choose(Strategy::WeightedRoundRobin, nodes, None, &mut random()).expect("a node")].id.to_owned()
    };
    let all = nodes(&[5, 1, 1]);
    // The sequence in the comment of nginx's `ngx_http_upstream_round_robin.c`.
    assert_eq!((0..7).map(|_| choose(&all)).collect::<String>(), "aabacaa");
    for _ in 0..100 {
        assert_ne!(choose(&all[1..]), "a");
    }
    let after: String = (0..7).map(|_| choose(&all)).collect();
    assert_eq!(after.matches('a').count(), 5, "no burst for who comes back: {after}");
}

/// Calls arrive at a steady rate and take as long as their node takes; returns how many each got and how long they took.
fn simulate(strategy: Strategy, millis: [u64; 3], weights: &'static [u32]) -> (Vec<usize>, Duration) {
    let (mut chooser, mut random) = (Chooser::default(), random());
    let mut latencies: [Option<PeakEwma>; 3] = [None; 3];
    let mut running: [Vec<Duration>; 3] = Default::default();
    let (mut counts, mut total) = (vec![0; 3], Duration::ZERO);
    for call in 0..6000 {
        let now = Duration::from_millis(call * 5);
        for (at, ends) in running.iter_mut().enumerate() {
            for end in ends.extract_if(.., |end| *end <= now) {
                let took = Duration::from_millis(millis[at]);
                match &mut latencies[at] {
                    Some(latency) => latency.add(took, end),
                    none => *none = Some(PeakEwma::new(took, end)),
                }
            }
        }
        let mut all = nodes(weights);
        for (at, node) in all.iter_mut().enumerate() {
            node.in_flight = running[at].len();
            node.latency = latencies[at].map(|latency| latency.seconds(now));
        }
        let at = chooser.choose(strategy, &all, None, &mut random).expect("a node");
        counts[at] += 1;
        total += Duration::from_millis(millis[at]);
        running[at].push(now + Duration::from_millis(millis[at]));
    }
    (counts, total / 6000)
}

#[test]
fn least_connections_gives_slow_nodes_less() {
    let (counts, _) = simulate(Strategy::LeastConnections, [10, 10, 100], &[1, 1, 1]);
    assert!(counts[2] * 5 < counts[0] && counts[0].abs_diff(counts[1]) < 300, "{counts:?}");
    let (counts, _) = simulate(Strategy::LeastConnections, [50, 50, 50], &[3, 1, 1]);
    assert!(counts[0] > counts[1] * 2, "weights count: {counts:?}");
}

#[test]
fn latency_halves_the_wait_of_round_robin_and_starves_nobody() {
    let (even, slow) = simulate(Strategy::RoundRobin, [10, 20, 200], &[1, 1, 1]);
    let (counts, fast) = simulate(Strategy::Latency, [10, 20, 200], &[1, 1, 1]);
    assert_eq!(even, [2000, 2000, 2000]);
    assert!(fast * 2 < slow, "{fast:?} {slow:?} {counts:?}");
    assert!(counts.iter().all(|&count| count > 20), "each is still looked at: {counts:?}");
}

#[test]
fn a_key_keeps_its_node_and_only_the_keys_of_a_lost_node_move() {
    let keys: Vec<String> = (0..10_000).map(|key| format!("customer {key}")).collect();
    let place = |nodes: &[Candidate<'_>]| -> Vec<String> {
        let (mut chooser, mut random) = (Chooser::default(), random());
        let mut choose = |key| chooser.choose(Strategy::ConsistentHash, nodes, Some(key), &mut random).expect("a node");
        keys.iter().map(|key| nodes[choose(key)].id.to_owned()).collect()
    };
    let all = nodes(&[1, 1, 1, 1, 2]);
    let before = place(&all);
    assert_eq!(before, place(&all), "always the same");
    let mut counts: BTreeMap<&str, i32> = BTreeMap::new();
    for id in &before {
        *counts.entry(id).or_default() += 1;
    }
    for (id, count) in &counts {
        // 10 000 keys over six shares; three standard deviations are about 112.
        let share = if *id == "e" { 3333 } else { 1667 };
        assert!((count - share).abs() < 150, "{counts:?}");
    }
    let after = place(&all[1..]);
    for (before, after) in before.iter().zip(&after) {
        assert!(before == "a" || before == after, "a key of {before} moved to {after}");
    }
}
