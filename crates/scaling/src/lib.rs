//! Lesson 5.7: one server that is fast on one machine, and many that are one server.
//!
//! In reading order:
//!
//! * [`server`]: the MCP surface of a node, and [`node`], what stands behind it.
//! * [`admission`], [`rate`], [`pool`]: who is let in, and who works: bounds on everything, and each tenant's turn.
//! * [`store`]: what the nodes share, in Redis or in a stand-in for it.
//! * [`registry`], [`workspace`], [`cache`], [`session`]: leases, handles that any node serves, answers that are computed
//!   once, and sessions of 2025-11-25 that any node takes over.
//! * [`balance`], [`cluster`]: many processes as one server.
//! * [`load`], [`chaos`], [`mod@bench`]: the proof by load, by kill and by measurement.
//! * [`capacity`], [`metrics`]: how many nodes it takes, and what is counted.
//! * [`numbers`]: work whose answer can be checked.
//! * [`commands`], [`serve`], [`settings`], [`parent`], [`demo`]: the command line's commands, flags and tour.

pub mod admission;
pub mod balance;
pub mod bench;
pub mod cache;
pub mod capacity;
pub mod chaos;
pub mod cluster;
pub mod commands;
pub mod demo;
pub mod load;
pub mod metrics;
pub mod node;
pub mod numbers;
pub mod parent;
pub mod pool;
pub mod rate;
pub mod registry;
pub mod serve;
pub mod server;
pub mod session;
pub mod settings;
pub mod store;
pub mod workspace;
