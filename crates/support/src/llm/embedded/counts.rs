//! How often each n-gram stands in a text, and what of it a model keeps.

use std::collections::HashMap;

use super::vocabulary::{END, TokenId};

/// What is taken from the count of each different token after a context, and given to the tokens that shorter contexts
/// expect there. Without a context, it goes to the tokens that were never seen.
const DISCOUNT: f64 = 0.3;
const DISCOUNT_OF_WORDS: f64 = 0.6;
/// How many tokens have to follow a context before they count as much as what shorter contexts say. With the discount
/// alone, as in the model of Kneser and Ney, a context that many different tokens follow once says little against a full
/// stop after `the`: texts come out in pieces, though their perplexity is no better.
const STRENGTH: f64 = 2.0;

/// What followed one context.
#[derive(Debug, Clone, Default)]
pub(super) struct Context {
    /// Each token that followed, with its count; sorted.
    pub(super) followers: Vec<(TokenId, u32)>,
    /// The sum of the counts.
    total: u32,
}

/// The contexts of one length, by [`key`].
#[derive(Debug, Clone, Default)]
pub(super) struct Level {
    contexts: HashMap<u64, Context>,
    discount: f64,
    strength: f64,
}

impl Level {
    pub(super) fn context(&self, context: &[TokenId]) -> Option<&Context> {
        self.contexts.get(&key(context))
    }

    /// The probability of a token that followed `context` this often, as far as the context alone says.
    pub(super) fn seen(&self, context: &Context, count: u32) -> f64 {
        (f64::from(count) - self.discount) / (f64::from(context.total) + self.strength)
    }

    /// The probability that is left to shorter contexts.
    pub(super) fn left(&self, context: &Context) -> f64 {
        let taken = self.discount * context.followers.len() as f64;
        (self.strength + taken) / (f64::from(context.total) + self.strength)
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
    let (discount, strength) = if length == 1 { (DISCOUNT_OF_WORDS, 0.0) } else { (DISCOUNT, STRENGTH) };
    let mut level = Level { contexts: HashMap::new(), discount, strength };
    for (&ngram, &count) in counts.iter().filter(|(ngram, _)| is_full(**ngram, length)) {
        // Of an n-gram of one token, the context is empty.
        let context = level.contexts.entry(ngram >> BITS).or_default();
        context.followers.push((last(ngram), count));
        context.total += count;
    }
    // The order of a hash map differs from run to run, and the last digits of sums would with it.
    for context in level.contexts.values_mut() {
        context.followers.sort_unstable();
    }
    level
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
