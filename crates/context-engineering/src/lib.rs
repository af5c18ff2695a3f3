//! Lesson 5.14: what goes into a model's window.

pub mod bundled;
pub mod chunk;
pub mod compression;
pub mod contradictions;
pub mod corpus;
pub mod document;
pub mod embedder;
pub mod evaluate;
pub mod facts;
pub mod features;
pub mod keyword;
pub mod layers;
pub mod lsa;
pub mod memory;
pub mod metrics;
pub mod packing;
pub mod search;
pub mod sentences;
pub mod strategy;
pub mod tokens;
pub mod untrusted;
pub mod vectors;
