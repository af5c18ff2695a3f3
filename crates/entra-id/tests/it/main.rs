//! The real binary, driven from outside.

mod remote;
mod tenant;
