//! An issuer on loopback, and tokens of every kind, for tests of servers that check them.

mod issuer;
mod signing;

pub use self::{
    issuer::{Behaviour, MetadataForm, TestIssuer},
    signing::{Mint, SigningKey},
};
