//! The lesson over the wire: the real binary, a real client, four legs.

mod contexts;
mod contexts_principals;
mod contexts_privacy;
mod contexts_processes;
mod contexts_resources;
mod contexts_store;
mod contract;
