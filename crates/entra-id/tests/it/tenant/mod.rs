//! The stand-in for Entra ID and Graph, over HTTP.

pub(crate) mod fixture;
mod flows;
