//! Lesson 5.14, Context engineering: what goes into a model's window, chosen, packed, compressed and measured.
//!
//! In reading order; the numbers are the steps of the README's "How it works":
//!
//! * (1) [`untrusted`], [`document`]: text from outside is data. (2) [`chunk`], [`units`], [`tokens`]: pieces, counted exactly.
//! * (3) [`keyword`] with a [`thesaurus`]; [`embedder`] with [`features`], [`lsa`], [`service`] and [`remembered`]; [`vectors`]; [`corpus`].
//! * (4) [`search`], (5) [`relevance`] with [`signals`], [`packing`], [`strategy`]: what is found, what of it fits, and five ways to do it.
//! * (6) [`layers`], [`contradictions`] with [`quantities`], [`gaps`]: what else belongs into a context, and what is missing in it.
//! * (7) [`compression`] with [`sentences`] and [`facts`], (8) [`memory`]: what may become shorter, and what may not.
//! * (9) [`metrics`], (10) [`evaluate`] over [`bundled`] questions, [`sharing`], [`plot`], [`missed`], [`fit`], [`report`],
//!   [`mod@bench`]: measured.
//! * [`library`], [`settings`], [`server`], [`demo`]: the server, and the tour.

pub mod bench;
pub mod bundled;
pub mod chunk;
pub mod compression;
pub mod contradictions;
pub mod corpus;
pub mod demo;
pub mod document;
pub mod embedder;
pub mod evaluate;
pub mod facts;
pub mod features;
pub mod fit;
pub mod gaps;
pub mod keyword;
pub mod layers;
pub mod library;
pub mod lsa;
pub mod memory;
pub mod metrics;
pub mod missed;
pub mod packing;
pub mod plot;
pub mod quantities;
pub mod relevance;
pub mod remembered;
pub mod report;
pub mod search;
pub mod sentences;
pub mod server;
pub mod service;
pub mod settings;
pub mod sharing;
pub mod signals;
pub mod strategy;
pub mod thesaurus;
pub mod tokens;
pub mod units;
pub mod untrusted;
pub mod vectors;
