//! Scenario 2: the running binary, with a directory that says what a test wants, and with the stand-in.

mod credentials;
mod exchange;
mod fake;
mod fixture;
mod graph;
mod refused_tokens;
mod roles;
mod rotation;
mod sign_in;
mod stand_in;
mod wire;
