//! The real binary, driven from outside.

mod client;
mod wire;
