//! A model that has just read one more text (a cache model: Kuhn and De Mori, 1990).

use super::{
    ngram::{NgramModel, history, perplexity},
    tokens::tokens,
    vocabulary::{TokenId, UNKNOWN, Vocabulary},
};

/// The weight of the one text.
const WEIGHT: f64 = 0.25;

/// An [`NgramModel`], interpolated with one that is trained on a single text.
#[derive(Debug, Clone)]
pub struct AdaptedModel<'a> {
    base: &'a NgramModel,
    cache: NgramModel,
    /// The tokens of both.
    vocabulary: Vocabulary,
}

impl<'a> AdaptedModel<'a> {
    pub(super) fn new(base: &'a NgramModel, text: &str) -> Self {
        let cache = NgramModel::train(text, base.order());
        let mut vocabulary = base.vocabulary.clone();
        for token in tokens(text) {
            vocabulary.add(token);
        }
        Self { base, cache, vocabulary }
    }

    /// As [`NgramModel::log_probability`].
    pub fn log_probability(&self, text: &str) -> f64 {
        self.sum_of_logs(&tokens(text))
    }

    /// As [`NgramModel::perplexity`].
    pub fn perplexity(&self, text: &str) -> f64 {
        let tokens = tokens(text);
        perplexity(self.sum_of_logs(&tokens), tokens.len())
    }

    /// As [`NgramModel::distribution`], over the tokens of both.
    pub fn distribution(&self, context: &str) -> Vec<(&str, f64)> {
        let parts = self.parts().map(|part| {
            let probabilities = part.model.probabilities(&history(&part.model.ids(context)));
            move |token: &str| {
                let id = part.model.vocabulary.id(token);
                part.weight(id) * probabilities[usize::from(id)]
            }
        });
        let tokens = (0..).take(self.vocabulary.len()).map(|id| self.vocabulary.token(id));
        tokens.map(|token| (token, parts.iter().map(|part| part(token)).sum())).collect()
    }

    fn sum_of_logs(&self, tokens: &[&str]) -> f64 {
        let parts = self.parts().map(|part| {
            let ids: Vec<TokenId> = tokens.iter().map(|token| part.model.vocabulary.id(token)).collect();
            let history = history(&ids);
            move |place: usize| part.weight(ids[place]) * part.model.probability(&history[..=place], ids[place])
        });
        (0..tokens.len()).map(|place| parts.iter().map(|part| part(place)).sum::<f64>().ln()).sum()
    }

    fn parts(&self) -> [Part<'_>; 2] {
        [(self.base, 1.0 - WEIGHT), (&self.cache, WEIGHT)].map(|(model, weight)| {
            // The tokens of the other model, and those that neither knows, are equally likely.
            let unknown = self.vocabulary.len() - model.vocabulary.len() + 1;
            Part { model, weight, weight_of_unknown: weight / unknown as f64 }
        })
    }
}

/// One of the two models.
#[derive(Clone, Copy)]
struct Part<'a> {
    model: &'a NgramModel,
    weight: f64,
    /// For each token that it does not know.
    weight_of_unknown: f64,
}

impl Part<'_> {
    fn weight(self, id: TokenId) -> f64 {
        if id == UNKNOWN { self.weight_of_unknown } else { self.weight }
    }
}
