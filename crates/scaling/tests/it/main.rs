//! The real binary, driven from outside.

mod abuse;
mod bench;
mod chaos;
mod cluster;
mod deploy;
mod fixture;
mod foreign;
mod limits;
mod sessions;
mod store_gone;
mod wire;
