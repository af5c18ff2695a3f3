//! Lesson 5.12, Entra ID: an MCP server on stdio that signs its user in, and one on HTTP that acts on behalf of its users.
//!
//! In reading order:
//!
//! * [`settings`]: which tenant, and where.
//! * [`authority`], [`failure`], [`tokens`]: where Entra is, what it issues, and what it says when it does not.
//! * [`graph`]: what the tokens are for.
//! * [`tenant`]: a stand-in for Entra ID and Graph, for trying out and for tests.
//! * [`local`]: scenario 1, on stdio.
//! * [`at_rest`]: what lies on a disk is encrypted.

pub mod at_rest;
pub mod authority;
pub mod failure;
pub mod graph;
pub mod local;
pub mod settings;
pub mod tenant;
pub mod tokens;
