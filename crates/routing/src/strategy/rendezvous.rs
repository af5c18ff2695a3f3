//! Rendezvous hashing (Thaler and Ravishankar, 1998): each key asks each node for a number, and the highest wins.
//!
//! When a node leaves, only its own keys move, and they spread over all others; there is no ring to keep.

use sha2::{Digest, Sha256};

/// The index of the node that `key` belongs to; none where there are no nodes. A node of weight 2 gets twice the keys.
pub fn rendezvous<'a>(key: &str, nodes: impl Iterator<Item = (&'a str, u32)>) -> Option<usize> {
    let scored = nodes.enumerate().map(|(at, (id, weight))| (at, score(key, id, weight)));
    scored.max_by(|one, other| one.1.total_cmp(&other.1)).map(|(at, _)| at)
}

/// Spec(Mosharaf et al., "Weighted Distributed Hash Tables", 2005): the logarithm method. The hash is the same in every
/// process and in every release, so that gateways agree.
fn score(key: &str, id: &str, weight: u32) -> f64 {
    let mut hash = Sha256::new();
    hash.update((key.len() as u64).to_be_bytes());
    hash.update(key);
    hash.update(id);
    let digest = hash.finalize();
    let number = digest.iter().take(7).fold(0_u64, |number, byte| (number << 8) | u64::from(*byte));
    // Between 0 and 1, both excluded: 56 bits, of which a float keeps 53.
    let uniform = (number as f64 + 0.5) / (1_u64 << 56) as f64;
    f64::from(weight.max(1)) / -uniform.min(1.0 - f64::EPSILON).ln()
}
