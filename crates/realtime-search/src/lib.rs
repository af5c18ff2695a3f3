//! Lesson 5.11: search that is fresh and remembers.
//!
//! In reading order:
//!
//! * [`server`]: the MCP surface, and [`engine`], what stands behind it.
//! * [`pipeline`]: from a query to a ranked and cited answer, one module for each stage; [`search`] walks through it.
//! * [`dispatch`], [`outside`]: several sources at once, each with its own deadline; a person agrees to the outside
//!   ones.
//! * [`session`]: what is remembered between calls, and how it is forgotten.
//! * [`feed`], [`standing`]: what arrives, and who was waiting for it.
//! * [`claims`], [`compare`], [`research`], [`suggest`]: work with what is found.
//! * [`privacy`]: what must not leave this machine.
//! * [`evaluate`], [`mod@bench`]: how good, and how fast.
//! * [`article`], [`corpus`], [`library`], [`text`]: what is searched.
//! * [`serve`], [`settings`], [`demo`]: the command line's commands, flags and tour.

pub mod article;
pub mod bench;
pub mod claims;
pub mod compare;
pub mod corpus;
pub mod demo;
pub mod dispatch;
pub mod engine;
pub mod evaluate;
pub mod feed;
pub mod library;
pub mod outside;
pub mod pipeline;
pub mod privacy;
pub mod research;
pub mod search;
pub mod serve;
pub mod server;
pub mod session;
pub mod settings;
pub mod standing;
pub mod suggest;
pub mod text;
