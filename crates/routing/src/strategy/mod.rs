//! (5) Strategies: which of several nodes that could all answer gets the next call.
//!
//! Pure: who is there, how busy and how fast comes in with each choice, and randomness and time are the caller's. The
//! simulation in `tests` proves what each strategy promises.

mod latency;
mod rendezvous;

use std::collections::HashMap;

use rand::{Rng, RngExt};
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

pub use self::{latency::PeakEwma, rendezvous::rendezvous};

/// How to choose.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Default, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "snake_case")]
pub enum Strategy {
    /// One after the other.
    RoundRobin,
    /// One after the other, in proportion to weights, and evenly mixed: a, a, b, a, c rather than a, a, a, b, c.
    WeightedRoundRobin,
    /// Whoever has the fewest calls in flight for its weight.
    LeastConnections,
    /// The better of two at random, by latency times calls in flight.
    #[default]
    Latency,
    /// The same node for the same key, and for most keys still after a node has come or gone.
    ConsistentHash,
}

impl Strategy {
    /// All, as a caller may name them.
    pub const ALL: [Self; 5] =
        [Self::RoundRobin, Self::WeightedRoundRobin, Self::LeastConnections, Self::Latency, Self::ConsistentHash];

    /// The name, as in `routes.toml`.
    pub fn name(self) -> &'static str {
        match self {
            Self::RoundRobin => "round_robin",
            Self::WeightedRoundRobin => "weighted_round_robin",
            Self::LeastConnections => "least_connections",
            Self::Latency => "latency",
            Self::ConsistentHash => "consistent_hash",
        }
    }
}

/// A node that could answer.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Candidate<'a> {
    /// Its id.
    pub id: &'a str,
    /// Its share, at least 1.
    pub weight: u32,
    /// Calls that it has not answered yet.
    pub in_flight: usize,
    /// How long it takes to answer, in seconds, as [`PeakEwma`] sees it; none before its first answer.
    pub latency: Option<f64>,
}

/// What a strategy remembers between choices.
#[derive(Debug, Default)]
pub struct Chooser {
    turn: usize,
    /// What each node has been passed over for, in weights: nginx's smooth weighted round robin.
    credit: HashMap<String, i64>,
}

impl Chooser {
    /// The index of the node that gets the call; none where there is none. `key` is what consistent hashing goes by:
    /// calls without one are spread at random.
    pub fn choose(
        &mut self,
        strategy: Strategy,
        candidates: &[Candidate<'_>],
        key: Option<&str>,
        random: &mut impl Rng,
    ) -> Option<usize> {
        match (strategy, candidates.len()) {
            (_, 0) => None,
            (_, 1) => Some(0),
            (Strategy::RoundRobin, length) => {
                self.turn = self.turn.wrapping_add(1);
                Some(self.turn % length)
            }
            (Strategy::WeightedRoundRobin, _) => self.smoothly(candidates),
            (Strategy::LeastConnections, _) => Some(least(candidates, load, random)),
            (Strategy::Latency, length) => {
                let (one, other) = two_of(length, random);
                Some(if cost(&candidates[other]) < cost(&candidates[one]) { other } else { one })
            }
            (Strategy::ConsistentHash, length) => Some(match key {
                Some(key) => rendezvous(key, candidates.iter().map(|node| (node.id, node.weight))).unwrap_or(0),
                None => random.random_range(0..length),
            }),
        }
    }

    /// Each node earns its weight; the richest is chosen and pays what all have earned.
    fn smoothly(&mut self, candidates: &[Candidate<'_>]) -> Option<usize> {
        // Who has left keeps no credit, or it would get a burst of calls on its return.
        self.credit.retain(|id, _| candidates.iter().any(|node| node.id == id));
        let total: i64 = candidates.iter().map(|node| i64::from(node.weight)).sum();
        let mut best: Option<(usize, i64)> = None;
        for (at, node) in candidates.iter().enumerate() {
            let credit = self.credit.entry(node.id.to_owned()).or_default();
            *credit += i64::from(node.weight);
            if best.is_none_or(|(_, most)| *credit > most) {
                best = Some((at, *credit));
            }
        }
        let (at, _) = best?;
        if let Some(credit) = self.credit.get_mut(candidates[at].id) {
            *credit -= total;
        }
        Some(at)
    }
}

/// Calls in flight for each unit of weight.
fn load(node: &Candidate<'_>) -> f64 {
    node.in_flight as f64 / f64::from(node.weight.max(1))
}

/// What the next call would wait for. A node that has not answered yet costs nothing but its load, so it is tried soon,
/// and not by everybody at once.
fn cost(node: &Candidate<'_>) -> f64 {
    node.latency.unwrap_or(f64::EPSILON) * (load(node) + 1.0)
}

/// The cheapest; among equals one at random, so that the first in the list is not everybody's favourite.
fn least(candidates: &[Candidate<'_>], cost: impl Fn(&Candidate<'_>) -> f64, random: &mut impl Rng) -> usize {
    let lowest = candidates.iter().map(&cost).fold(f64::INFINITY, f64::min);
    let equals: Vec<usize> = (0..candidates.len()).filter(|at| cost(&candidates[*at]) <= lowest).collect();
    equals[random.random_range(0..equals.len())]
}

/// Two different indices below `length`, which is at least two.
fn two_of(length: usize, random: &mut impl Rng) -> (usize, usize) {
    let one = random.random_range(0..length);
    let other = random.random_range(0..length - 1);
    (one, if other >= one { other + 1 } else { other })
}

#[cfg(test)]
mod tests;
