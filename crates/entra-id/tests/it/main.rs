//! The real binary over the wire.

mod local;
mod remote;
mod tenant;
