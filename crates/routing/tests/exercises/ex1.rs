//! Consistent hashing with bounded loads.

use crate::ex1_bounded_load::bounded;

const IDLE: [(&str, usize); 3] = [("a", 0), ("b", 0), ("c", 0)];

#[test]
fn an_idle_fleet_is_plain_consistent_hashing() {
    for key in 0..100 {
        let key = format!("customer {key}");
        let plain = mcp_routing::strategy::rendezvous(&key, IDLE.iter().map(|(id, _)| (*id, 1)));
        assert_eq!(bounded(&key, &IDLE, 1.25), plain, "{key}");
    }
    assert_eq!(bounded("key", &[], 1.25), None);
}

#[test]
fn a_popular_key_does_not_drown_its_node() {
    let mut nodes = IDLE;
    for _ in 0..300 {
        let at = bounded("the popular one", &nodes, 1.25).expect("a node");
        nodes[at].1 += 1;
    }
    let most = nodes.iter().map(|(_, calls)| *calls).max();
    assert!(most <= Some(126), "no more than 1.25 times a third: {nodes:?}");
}

#[test]
fn a_full_node_moves_its_own_keys_only() {
    let full = [("a", 50), ("b", 10), ("c", 10)];
    for key in 0..200 {
        let key = format!("customer {key}");
        let (before, after) = (bounded(&key, &IDLE, 1.25), bounded(&key, &full, 1.25));
        assert_ne!(after, Some(0), "{key}: a is full");
        assert!(before == Some(0) || before == after, "{key} moved without need");
    }
    assert!(bounded("key", &[("a", 1_000_000)], 0.0).is_some(), "the only node takes everything");
}
