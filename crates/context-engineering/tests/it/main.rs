//! The real binary, driven from outside.

mod contract;
mod errors;
mod fixture;
mod hostile;
mod surface;
mod tools;
