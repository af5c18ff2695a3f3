//! Lesson 5.12, Entra ID: an MCP server on stdio that signs its user in, and one on HTTP that acts on behalf of its
//! users.
//!
//! In reading order:
//!
//! * [`settings`]: which tenant, and where.
//! * [`authority`], [`failure`], [`tokens`]: where Entra is, what it issues, and what it says when it does not.
//! * [`capabilities`]: what a client tells Entra that it can do.
//! * [`graph`]: what the tokens are for.
//! * [`local`]: scenario 1, on stdio.
//! * [`remote`]: scenario 2, with [`credential`] (how it proves who it is) and [`on_behalf`] (how it gets tokens for
//!   Graph).
//! * [`sealed`]: how tokens are kept.
//! * [`demo`]: the tour.
//! * [`tenant`]: a stand-in for Entra ID and Graph, for trying out and for tests.

pub mod authority;
pub mod capabilities;
pub mod credential;
pub mod demo;
pub mod failure;
pub mod graph;
pub mod local;
pub mod on_behalf;
pub mod remote;
pub mod sealed;
pub mod settings;
pub mod tenant;
pub mod tokens;
