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

use mcp_routing::strategy::rendezvous;

/// The index of the node that a call with this key goes to; none where there are no nodes. A node is its id and its calls
/// in flight. `factor` is at least 1.
pub(crate) fn bounded(key: &str, nodes: &[(&str, usize)], factor: f64) -> Option<usize> {
    // TODO: leave out nodes that have more than their share.
    let _ = factor;
    rendezvous(key, nodes.iter().map(|(id, _)| (*id, 1)))
}
