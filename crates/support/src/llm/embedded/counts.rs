//! How often each n-gram stands in a text, and what of it a model keeps.

use std::collections::HashMap;

use super::vocabulary::{END, TokenId};

/// What followed one context.
#[derive(Debug, Clone, Default)]
pub(super) struct Context {
    /// Each token that followed, with its count.
    pub(super) followers: Vec<(TokenId, u32)>,
    /// The sum of the counts.
    pub(super) total: u32,
    /// How many tokens followed once, twice, and more often.
    kinds: [u32; 3],
}

/// The contexts of one length, by [`key`], and what is taken from each count in them.
#[derive(Debug, Clone, Default)]
pub(super) struct Level {
    contexts: HashMap<u64, Context>,
    discounts: [f64; 3],
}

impl Level {
    pub(super) fn context(&self, context: &[TokenId]) -> Option<&Context> {
        self.contexts.get(&key(context))
    }

    /// What of `count` is kept.
    pub(super) fn kept(&self, count: u32) -> f64 {
        f64::from(count) - self.discounts[kind(count)]
    }

    /// The share of a context's probability that its discounts leave to shorter contexts.
    pub(super) fn left(&self, context: &Context) -> f64 {
        let taken: f64 = context.kinds.iter().zip(self.discounts).map(|(kind, taken)| f64::from(*kind) * taken).sum();
        taken / f64::from(context.total)
    }
}

/// The levels for contexts of 0, 1, ... `order - 1` tokens. Each text is a run of tokens between two [`END`]s.
///
/// Only the longest n-grams have their own counts. A shorter one counts the different tokens that stand before it
/// (Kneser and Ney, 1995): `Francisco` is frequent, but only after `San`, so it says little about other contexts.
pub(super) fn levels(tokens: &[TokenId], order: usize) -> Vec<Level> {
    let mut levels = vec![Level::default(); order];
    let mut counts = ngrams(tokens, order);
    for length in (1..=order).rev() {
        let shorter = if length > 1 { preceded(&counts, length) } else { HashMap::new() };
        levels[length - 1] = level(&counts, length);
        counts = shorter;
    }
    levels
}

/// Every n-gram of `order` tokens, and the shorter ones with which a text begins, with their counts.
fn ngrams(tokens: &[TokenId], order: usize) -> HashMap<u64, u32> {
    let mut counts = HashMap::new();
    for text in tokens.split_inclusive(|token| *token == END) {
        let mut run = vec![END];
        run.extend_from_slice(text);
        for end in 2..=run.len() {
            let start = end.saturating_sub(order);
            *counts.entry(key(&run[start..end])).or_insert(0) += 1;
        }
    }
    counts
}

/// The n-grams that are one token shorter than `length`, with the number of different tokens before them. What begins a
/// text has none, and keeps its own count.
fn preceded(longer: &HashMap<u64, u32>, length: usize) -> HashMap<u64, u32> {
    let mut counts = HashMap::new();
    for (&ngram, &count) in longer {
        if is_full(ngram, length) {
            *counts.entry(ngram & ((1 << (BITS * (length - 1))) - 1)).or_insert(0) += 1;
        } else {
            *counts.entry(ngram).or_insert(0) += count;
        }
    }
    counts
}

fn level(counts: &HashMap<u64, u32>, length: usize) -> Level {
    let counts: Vec<(u64, u32)> =
        counts.iter().map(|(ngram, count)| (*ngram, *count)).filter(|(ngram, _)| is_full(*ngram, length)).collect();
    let mut level = Level { contexts: HashMap::new(), discounts: discounts(counts.iter().map(|(_, count)| *count)) };
    for (ngram, count) in counts {
        // Of an n-gram of one token, the context is empty.
        let context = level.contexts.entry(ngram >> BITS).or_default();
        context.followers.push((last(ngram), count));
        context.total += count;
        context.kinds[kind(count)] += 1;
    }
    // The order of a hash map differs from run to run, and the last digits of sums would with it.
    for context in level.contexts.values_mut() {
        context.followers.sort_unstable();
    }
    level
}

/// What is taken from counts of 1, of 2, and of more (Chen and Goodman, 1998: modified Kneser-Ney, equation 26). Where a
/// text is too short to tell, it is what they are in most texts.
fn discounts(counts: impl Iterator<Item = u32>) -> [f64; 3] {
    let mut of_count = [0.0; 5];
    for count in counts.filter(|count| (1..=4).contains(count)) {
        of_count[count as usize] += 1.0;
    }
    let [_, n1, n2, n3, n4] = of_count;
    if of_count[1..].contains(&0.0) {
        return [0.7, 1.1, 1.5];
    }
    let y = n1 / (n1 + 2.0 * n2);
    let found = [1.0 - 2.0 * y * n2 / n1, 2.0 - 3.0 * y * n3 / n2, 3.0 - 4.0 * y * n4 / n3];
    // More than nothing, so that what was not seen stays possible, and less than the count.
    let mut most = 0.0;
    found.map(|taken| {
        most += 1.0;
        f64::clamp(taken, 0.1, most - 0.1)
    })
}

fn kind(count: u32) -> usize {
    count.clamp(1, 3) as usize - 1
}

/// Bits of a token in a key. It is kept as its number plus 1, so that a shorter key is a smaller number.
const BITS: usize = TokenId::BITS as usize;
/// The longest n-gram that fits into a key.
pub(super) const LONGEST: usize = u64::BITS as usize / BITS;

fn key(tokens: &[TokenId]) -> u64 {
    tokens.iter().fold(0, |key, token| (key << BITS) | (u64::from(*token) + 1))
}

fn last(ngram: u64) -> TokenId {
    // Never cut: the mask leaves 16 bits, of which none is 0.
    ((ngram & ((1 << BITS) - 1)) - 1) as TokenId
}

fn is_full(ngram: u64, length: usize) -> bool {
    ngram >> (BITS * (length - 1)) != 0
}
