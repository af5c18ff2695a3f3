//! Lesson 5.7: one server that is fast on one machine, and many that are one server.
//!
//! In reading order:
//!
//! * [`server`]: the MCP surface of a node, and [`node`], what stands behind it.
//! * [`admission`], [`pool`]: who is let in, and who works: bounds on everything, and each tenant's turn.
//! * [`store`]: what the nodes share, in Redis or in a stand-in for it.
//! * [`registry`], [`workspace`], [`cache`]: leases, handles that any node serves, and answers that are computed once.
//! * [`balance`], [`cluster`]: many processes as one server.
//! * [`capacity`], [`metrics`]: how many nodes it takes, and what is counted.
//! * [`numbers`]: work whose answer can be checked.
//! * [`serve`], [`settings`], [`demo`]: the command line's commands, flags and tour.

pub mod admission;
pub mod balance;
pub mod cache;
pub mod capacity;
pub mod cluster;
pub mod demo;
pub mod metrics;
pub mod node;
pub mod numbers;
pub mod pool;
pub mod registry;
pub mod serve;
pub mod server;
pub mod settings;
pub mod store;
pub mod workspace;
