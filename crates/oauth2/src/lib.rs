//! Lesson 5.3, OAuth 2: an MCP server that only lets in who holds a token for it, the server that issues such tokens, and
//! a client that gets one.
//!
//! In reading order:
//!
//! * [`scope`]: what a token may be used for.
//! * [`server`]: the MCP surface and, in [`server::access`], which scope each tool needs (the resource server).
//! * [`authorization`]: who gets a token, for what, and until when (the authorization server, without HTTP).
//! * [`endpoints`]: the same over HTTP, with the pages that people see.
//! * [`client`]: from a 401 to a token, with the SDK's OAuth client.
//! * [`gateway`]: a check of tokens in front of the resource server, which checks again.
//! * [`setup`]: which roles run together; [`settings`]: what an operator can set.
//! * [`healthcheck`]: whether it is well, for a container; `deploy/` holds the image and what runs it.
//! * [`demo`]: the tour. The numbers (1) to (8) are the steps of the README's "How it works".

pub mod authorization;
pub mod client;
pub mod demo;
pub mod endpoints;
pub mod gateway;
pub mod healthcheck;
pub mod notes;
pub mod scope;
pub mod server;
pub mod settings;
pub mod setup;
