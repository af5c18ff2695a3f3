//! Lesson 5.9, Web search: an MCP server that says hello in one of three languages.
//!
//! In reading order:
//!
//! * [`greeting`]: what the server does, without protocol types.
//! * [`server`]: the MCP surface, one tool. The numbers (1) to (4) are the steps of the README's "How it works".
//! * [`demo`]: the tour, a real client that drives the real server.

pub mod answer;
pub mod client;
pub mod demo;
pub mod embedded;
pub mod evaluate;
pub mod greeting;
pub mod server;
