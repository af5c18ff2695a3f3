//! The power of two choices.

use mcp_scaling::registry::{Record, State};

use crate::ex1_two_choices::better;

fn node(in_flight: u64, limit: u64, state: State) -> Record {
    Record {
        id: String::new(),
        epoch: 1,
        address: String::new(),
        state,
        in_flight,
        limit,
        queued: 0,
        workers: 1,
        answered: 0,
        shed: 0,
    }
}

#[test]
fn the_emptier_one_is_chosen_by_its_share() {
    let nodes = [node(40, 100, State::Ready), node(30, 50, State::Ready), node(0, 10, State::Ready)];
    for (one, other, expected) in [(0, 1, 0), (1, 0, 0), (0, 2, 2), (2, 1, 2), (1, 1, 1)] {
        assert_eq!(better(&nodes, one, other), Some(expected), "{one} or {other}");
    }
    assert_eq!(better(&nodes, 0, 3), None);
    assert_eq!(better(&nodes, 3, 0), None);
}

#[test]
fn one_that_drains_is_nobodys_choice() {
    let nodes = [node(90, 100, State::Ready), node(0, 100, State::Draining), node(50, 100, State::Draining)];
    assert_eq!(better(&nodes, 0, 1), Some(0));
    assert_eq!(better(&nodes, 1, 0), Some(0));
    assert_eq!(better(&nodes, 2, 1), Some(1), "both drain");
}

#[test]
fn a_slow_node_gets_fewer_calls() {
    let mut nodes = [node(0, 100, State::Ready), node(0, 100, State::Ready), node(80, 100, State::Ready)];
    let mut draw = 7_usize;
    let mut chosen = [0; 3];
    for _ in 0..120 {
        draw = draw.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1_442_695_040_888_963_407);
        let at = better(&nodes, (draw >> 33) % 3, (draw >> 40) % 3).expect("a node");
        chosen[at] += 1;
        nodes[at].in_flight += 1;
    }
    assert!(chosen[2] * 2 < chosen[0] && chosen[2] * 2 < chosen[1], "{chosen:?}");
}
