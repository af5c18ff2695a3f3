//! Lesson 5.4, Root contexts: folders that the client names, and conversations that the server keeps.
//!
//! In reading order:
//!
//! * [`workspace`]: which files may be read, and what can be said about them. Without protocol types.
//! * [`contexts`]: named conversations with an owner, in SQLite. Without protocol types.
//! * [`server`]: the MCP surface, thin around both.
//! * [`demo`]: the tour, a real client that drives the real server.

pub mod contexts;
pub mod demo;
pub mod error;
pub mod server;
pub mod settings;
pub mod workspace;
