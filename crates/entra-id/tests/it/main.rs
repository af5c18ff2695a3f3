//! The real binary over the wire.

mod tenant;
