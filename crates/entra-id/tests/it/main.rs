//! The real binary, driven from outside.

mod local;
mod tenant;
