//! The real binary, driven from outside.

mod deploy;
mod dpop;
mod fixture;
mod flood;
mod flow;
mod gateway;
mod keys_of_clients;
mod refused_requests;
mod refused_tokens;
mod roles;
mod wire;
