//! The real binary, driven from outside.

mod cluster;
mod fixture;
mod limits;
mod sessions;
mod wire;
