//! Exercise 1, change it: consistent hashing that does not drown a node.
//!
//! With plain consistent hashing a popular key sends all its calls to one node, however busy that is. With bounded loads
//! no node gets more than `factor` times its fair share: a key whose node is full goes to its second choice, or its third.
//!
//! Where to look: `rendezvous` in `src/strategy/rendezvous.rs` finds the first choice; without that node it finds the
//! second.
//!
//! Hint: the fair share counts the new call too: (calls in flight + 1) divided by the number of nodes, rounded up after it
//! was multiplied by `factor`.
//! Hint: a key's order of nodes is what rendezvous hashing gives when the nodes that are full are left out.
//!
//! Learned: a bound on load costs a little affinity only where it is needed; the other keys stay where they are.
//! Read on: src/strategy/mod.rs; Mirrokni, Thorup and Zadimoghaddam, "Consistent Hashing with Bounded Loads", 2018.

use mcp_routing::strategy::rendezvous;

/// The index of the node that a call with this key goes to; none where there are no nodes. A node is its id and its calls
/// in flight. `factor` is at least 1.
pub(crate) fn bounded(key: &str, nodes: &[(&str, usize)], factor: f64) -> Option<usize> {
    let in_flight: usize = nodes.iter().map(|(_, calls)| calls).sum();
    let share = (in_flight + 1) as f64 / nodes.len().max(1) as f64;
    let most = (share * factor.max(1.0)).ceil() as usize;
    // Somebody always has room: not all can have more than the mean.
    let free: Vec<usize> = (0..nodes.len()).filter(|at| nodes[*at].1 < most).collect();
    rendezvous(key, free.iter().map(|at| (nodes[*at].0, 1))).map(|at| free[at])
}
