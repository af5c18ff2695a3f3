//! Lesson 5.5, Routing: a gateway that mounts several MCP servers and sends each call to the right one.
//!
//! In reading order:
//!
//! * [`content`]: what a text is about.
//! * [`context`]: which nodes may answer, and which should.
//! * [`strategy`]: which of several nodes does.
//! * [`health`]: which nodes are asked at all, and what becomes of a call that failed.
//! * [`gateway`]: the way of a call to a node and back.
//! * [`server`]: the MCP surface. The numbers (1) to (9) in the modules are the steps of the README's "How it works".
//! * [`upstream`]: four small servers to route to.
//! * [`demo`]: the tour.
//! * [`mod@bench`]: what the gateway adds to a call.

pub mod bench;
pub mod content;
pub mod context;
pub mod demo;
pub mod gateway;
pub mod health;
pub mod serve;
pub mod server;
pub mod settings;
pub mod strategy;
pub mod upstream;
