//! The real binary, driven from outside.

mod consent;
mod feeds;
mod fixture;
mod hostile;
mod topics;
mod wire;
