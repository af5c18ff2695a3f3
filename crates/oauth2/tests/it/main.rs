//! The real binary, driven from outside.

mod fixture;
mod flow;
mod refused_requests;
mod refused_tokens;
mod wire;
