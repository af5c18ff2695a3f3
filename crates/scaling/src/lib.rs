//! Lesson 5.7: one server that is fast on one machine, and many that are one server.
//!
//! In reading order:

pub mod admission;
pub mod cache;
pub mod capacity;
pub mod metrics;
pub mod numbers;
pub mod pool;
pub mod registry;
pub mod store;
pub mod workspace;
