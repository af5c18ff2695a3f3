//! Tokens by number, and numbers by token.

use std::collections::HashMap;

use super::tokens;

/// A token of a vocabulary. Numbers are given in the order in which tokens first appear in the training text.
pub type TokenId = u16;

/// Every token that the vocabulary does not know.
pub(super) const UNKNOWN: TokenId = 0;
/// The end of a text; before a text, its beginning.
pub(super) const END: TokenId = 1;
/// Most tokens: so many that English prose does not get there, and few enough that 4 numbers fit into 64 bits.
const MOST: usize = u16::MAX as usize;

/// The tokens that a model knows.
#[derive(Debug, Clone)]
pub(super) struct Vocabulary {
    tokens: Vec<Box<str>>,
    ids: HashMap<Box<str>, TokenId>,
}

impl Default for Vocabulary {
    fn default() -> Self {
        let mut vocabulary = Self { tokens: Vec::new(), ids: HashMap::new() };
        // In the order of their numbers.
        for token in ["<unknown>", tokens::END] {
            vocabulary.add(token);
        }
        vocabulary
    }
}

impl Vocabulary {
    /// The number of `token`, which is new or not. [`UNKNOWN`] when there is no room.
    pub(super) fn add(&mut self, token: &str) -> TokenId {
        if let Some(id) = self.ids.get(token) {
            return *id;
        }
        let Some(id) = TokenId::try_from(self.tokens.len()).ok().filter(|id| usize::from(*id) < MOST) else {
            return UNKNOWN;
        };
        self.tokens.push(token.into());
        self.ids.insert(token.into(), id);
        id
    }

    /// The number of `token`, or [`UNKNOWN`].
    pub(super) fn id(&self, token: &str) -> TokenId {
        self.ids.get(token).copied().unwrap_or(UNKNOWN)
    }

    /// The token with this number; that of [`UNKNOWN`] when there is none.
    pub(super) fn token(&self, id: TokenId) -> &str {
        self.tokens.get(usize::from(id)).or(self.tokens.first()).map_or("", |token| token)
    }

    /// How many tokens there are, [`UNKNOWN`] and [`END`] among them.
    pub(super) fn len(&self) -> usize {
        self.tokens.len()
    }
}
