//! The gateway: mounted servers, and how a call finds its way to one of their nodes and back.

pub mod config;
