//! The lesson over the wire: the real binary, a real client, four legs.
