//! Scenario 1: the real binary on stdio, in both revisions, with the stand-in in this process.

mod challenges;
mod device;
mod fixture;
mod keeping;
mod keyring;
mod person;
mod secrets;
mod session;
mod sign_in;
mod surface;
mod tokens;
mod waiting;
