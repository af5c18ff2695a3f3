//! Scenario 1: a server on stdio that signs its user in, as a public client.
//!
//! In reading order:
//!
//! * [`session`]: a token for Graph; silently, else by a refresh, else by the person.
//! * `authorization`, `device`: the two ways in which a person signs in, and `sign_in`, one that is under way.
//! * [`id_token`], [`cache`]: who it is, and where the tokens are kept.
//! * `person`, `messages`: how the person is asked, and what is said when it leads to nothing.
//! * [`server`], [`setup`]: the tools, and the command `stdio`.

mod authorization;
pub mod cache;
mod device;
pub mod id_token;
mod messages;
mod person;
pub mod server;
pub mod session;
pub mod setup;
pub mod sign_in;
