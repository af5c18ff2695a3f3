//! The real binary over the wire.

mod bench;
mod faults;
mod fixture;
mod forwarding;
mod loops;
mod programs;
mod straight;
mod tasks;
mod telling;
mod wire;
