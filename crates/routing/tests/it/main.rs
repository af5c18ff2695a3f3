//! The real binary over the wire.

mod faults;
mod fixture;
mod forwarding;
mod programs;
mod straight;
mod tasks;
mod telling;
mod wire;
