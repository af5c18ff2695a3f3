//! The lesson over the wire: the real binary, a real client, four legs.

mod contexts;
mod contexts_model;
mod contexts_principals;
mod contexts_privacy;
mod contexts_processes;
mod contexts_resources;
mod contexts_store;
mod contract;
mod roots;
mod roots_fixture;
mod roots_gitignore;
mod roots_hostile;
mod roots_resources;
mod roots_state;
mod roots_swap;
