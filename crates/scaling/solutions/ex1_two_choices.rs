//! Exercise 1, change it: a balancer that looks before it sends.
//!
//! Round robin gives a node that is slow as many calls as the others. The power of two choices is nearly as simple and far
//! better: draw two nodes, and take the one that has less of what it lets in, in flight. The registry knows both numbers.
//!
//! Where to look: `candidates` in `src/balance.rs` chooses who gets calls, `Record` in `src/registry.rs` holds what each has
//! said with its last sign of life.
//!
//! Hint: compare shares, not numbers: 40 of 100 is less than 30 of 50. Multiply crosswise and no division is needed.
//! Hint: a node that drains is nobody's choice, unless all do.
//!
//! Learned: two drawn at random are nearly as good as the best of all, and need no look at all; shares are compared without
//! dividing.
//! Read on: src/balance.rs; Mitzenmacher, "The Power of Two Choices in Randomized Load Balancing", 2001.

use mcp_scaling::registry::{Record, State};

/// The index of the better of the two drawn nodes; one that drains is only chosen where both do. None where one of the
/// indices is none of a node.
pub(crate) fn better(nodes: &[Record], one: usize, other: usize) -> Option<usize> {
    let (first, second) = (nodes.get(one)?, nodes.get(other)?);
    let drains = |node: &Record| node.state == State::Draining;
    if drains(first) != drains(second) {
        return Some(if drains(first) { other } else { one });
    }
    // 40 of 100 is less than 30 of 50: 40 * 50 < 30 * 100.
    let crosswise = |node: &Record, of: &Record| u128::from(node.in_flight) * u128::from(of.limit);
    Some(if crosswise(second, first) < crosswise(first, second) { other } else { one })
}
