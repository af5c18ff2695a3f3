//! Exercise 1, solved.

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
