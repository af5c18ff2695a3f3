//! The real binary, driven from outside.

mod fixture;
mod flow;
