//! The real binary, driven from outside.

mod consent;
mod disk;
mod feeds;
mod fixture;
mod hostile;
mod settings;
mod topics;
mod wire;
