//! A language model for machines without one: a few hundred lines, trained at start on text that ships with this crate.
//!
//! * [`NgramModel`], [`AdaptedModel`]: how probable is the next token, and how probable is a text?
//! * [`Sampler`], [`Ending`]: from probabilities to a text. Every setting of [`Sampling`] does what it says.
//! * [`Embedded`]: the two as a [`ChatModel`], which continues the last message.
//!
//! It writes what looks like English, and knows nothing. What it is for: to show how text is sampled, to compare texts
//! by their likelihood, and to stand in where no provider is configured, labelled as what it is.
//!
//! [`Sampling`]: super::Sampling
//! [`ChatModel`]: super::ChatModel

mod adapted;
mod chat;
pub mod corpus;
mod counts;
mod ngram;
mod sampler;
mod tokens;
mod vocabulary;

pub use self::{
    adapted::AdaptedModel,
    chat::Embedded,
    ngram::NgramModel,
    sampler::{Ending, Sampler},
    vocabulary::TokenId,
};
