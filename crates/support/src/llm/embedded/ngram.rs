//! An interpolated n-gram model with back-off: a hierarchical Pitman-Yor language model (Teh, 2006), with the counts of
//! Kneser and Ney, whose model is the case of strength 0.
//!
//! The probability of a token after a context is what was counted there, less a discount; what the discounts leave goes
//! to the same question about the context without its first token, down to no context. There, what is left is the
//! probability of a token that the model does not know.

use super::{
    adapted::AdaptedModel,
    counts::{LONGEST, Level, levels},
    tokens::{tokens, written},
    vocabulary::{END, TokenId, UNKNOWN, Vocabulary},
};

/// A model of the next token, given the `order - 1` tokens before it.
#[derive(Debug, Clone)]
pub struct NgramModel {
    pub(super) vocabulary: Vocabulary,
    levels: Vec<Level>,
}

impl NgramModel {
    /// Counts the n-grams of `text`, up to `order` tokens long: 1 (single words) to 4.
    /// A line `----` stands between two texts.
    pub fn train(text: &str, order: usize) -> Self {
        let mut vocabulary = Vocabulary::default();
        let mut ids: Vec<TokenId> = tokens(text).into_iter().map(|token| vocabulary.add(token)).collect();
        if ids.last().is_some_and(|last| *last != END) {
            ids.push(END);
        }
        Self { vocabulary, levels: levels(&ids, order.clamp(1, LONGEST)) }
    }

    /// The longest n-grams that were counted, in tokens.
    pub fn order(&self) -> usize {
        self.levels.len()
    }

    /// How many tokens it tells apart: those of its text, the end of a text, and any unknown one.
    pub fn vocabulary_size(&self) -> usize {
        self.vocabulary.len()
    }

    /// The natural logarithm of the probability that a text begins with `text`. 0 for no text.
    pub fn log_probability(&self, text: &str) -> f64 {
        self.sum_of_logs(&self.ids(text))
    }

    /// Among how many tokens, on average, the model is undecided at each token of `text`: the inverse of their
    /// geometric mean probability. 1 for no text; less is better.
    pub fn perplexity(&self, text: &str) -> f64 {
        let ids = self.ids(text);
        perplexity(self.sum_of_logs(&ids), ids.len())
    }

    /// The probability of every token after `context`. They sum to 1. A token's place is its [`TokenId`].
    pub fn distribution(&self, context: &str) -> Vec<(&str, f64)> {
        let probabilities = self.probabilities(&history(&self.ids(context)));
        (0..).zip(probabilities).map(|(id, probability)| (self.vocabulary.token(id), probability)).collect()
    }

    /// The same model, with a quarter of its weight on the n-grams of `text`: what a text said before, it says again.
    pub fn adapted(&self, text: &str) -> AdaptedModel<'_> {
        AdaptedModel::new(self, text)
    }

    /// The numbers of the tokens of `text`.
    pub(super) fn ids(&self, text: &str) -> Vec<TokenId> {
        tokens(text).into_iter().map(|token| self.vocabulary.id(token)).collect()
    }

    /// What to write for the token `id` after the token `before`.
    pub(super) fn written(&self, before: Option<TokenId>, id: TokenId) -> String {
        written(before.map(|before| self.vocabulary.token(before)), self.vocabulary.token(id))
    }

    /// The probability of each token after `history`, by number.
    pub(super) fn probabilities(&self, history: &[TokenId]) -> Vec<f64> {
        let mut probabilities = vec![0.0; self.vocabulary.len()];
        probabilities[usize::from(UNKNOWN)] = 1.0;
        for (level, context) in self.levels.iter().zip(contexts(history)) {
            // Longer contexts end in this one, and were not seen either.
            let Some(context) = level.context(context) else { break };
            let left = level.left(context);
            for probability in &mut probabilities {
                *probability *= left;
            }
            for &(id, count) in &context.followers {
                probabilities[usize::from(id)] += level.seen(context, count);
            }
        }
        probabilities
    }

    /// The probability of `id` after `history`: one of [`Self::probabilities`], without the others.
    pub(super) fn probability(&self, history: &[TokenId], id: TokenId) -> f64 {
        let mut probability = if id == UNKNOWN { 1.0 } else { 0.0 };
        for (level, context) in self.levels.iter().zip(contexts(history)) {
            let Some(context) = level.context(context) else { break };
            let count = context.followers.binary_search_by_key(&id, |(follower, _)| *follower);
            let seen = count.map_or(0.0, |place| level.seen(context, context.followers[place].1));
            probability = probability * level.left(context) + seen;
        }
        probability
    }

    fn sum_of_logs(&self, ids: &[TokenId]) -> f64 {
        let history = history(ids);
        let log = |(place, id): (usize, &TokenId)| self.probability(&history[..=place], *id).ln();
        ids.iter().enumerate().map(log).sum()
    }
}

/// What stands before the token after `ids`: they, and the beginning of the text.
pub(super) fn history(ids: &[TokenId]) -> Vec<TokenId> {
    std::iter::once(END).chain(ids.iter().copied()).collect()
}

/// The ends of `history`, from the empty one to the longest that can count, within one text.
fn contexts(history: &[TokenId]) -> impl Iterator<Item = &[TokenId]> {
    let text = &history[history.len().saturating_sub(LONGEST)..];
    let text = text.iter().rposition(|token| *token == END).map_or(text, |begin| &text[begin..]);
    (0..=text.len()).map(|length| &text[text.len() - length..])
}

pub(super) fn perplexity(sum_of_logs: f64, tokens: usize) -> f64 {
    if tokens == 0 { 1.0 } else { (-sum_of_logs / tokens as f64).exp() }
}

#[cfg(test)]
mod tests;
