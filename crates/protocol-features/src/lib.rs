//! Lesson 5.16, Protocol features: an MCP server that says hello in one of three languages.
//!
//! In reading order:
//!
//! * [`greeting`]: what the server does, without protocol types.
//! * [`uri_template`]: which resource a URI means, and with which values.
//! * [`weather`]: a day at a place, computed, and with a forecast where a provider is set.
//! * [`issues`]: issues of a repository, from GitHub or from the changelog.
//! * [`upstream`]: one request to a web service of somebody else.
//! * [`server`]: the MCP surface, one tool. The numbers (1) to (4) are the steps of the README's "How it works".
//! * [`demo`]: the tour, a real client that drives the real server.

pub mod demo;
pub mod greeting;
pub mod issues;
pub mod server;
pub mod upstream;
pub mod uri_template;
pub mod weather;
