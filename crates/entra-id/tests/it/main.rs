//! The real binary over the wire.
