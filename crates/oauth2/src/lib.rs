//! x
pub mod authorization;
pub mod endpoints;
pub mod scope;
