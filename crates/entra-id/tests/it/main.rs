//! The real binary over the wire.

mod remote;
mod tenant;
