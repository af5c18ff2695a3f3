//! The real binary, driven from outside.

mod wire;
