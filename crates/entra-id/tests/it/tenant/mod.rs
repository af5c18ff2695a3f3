//! The stand-in for Entra ID and Graph, over HTTP.

mod command;
mod controls;
mod device;
pub(crate) mod fixture;
mod flows;
mod graph;
mod pages;
mod policies;
mod proofs;
mod refusals;
