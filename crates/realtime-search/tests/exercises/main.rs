//! The exercises: the same tests for the learner's files and, with feature `solutions`, for the solved ones.
//!
//! `cargo xtask check realtime-search` runs them, and says in plain words what is still red.

mod ex1;
mod ex2;
mod ex3;

#[cfg_attr(not(feature = "solutions"), path = "../../exercises/ex1_pace.rs")]
#[cfg_attr(feature = "solutions", path = "../../solutions/ex1_pace.rs")]
mod ex1_pace;

#[cfg_attr(not(feature = "solutions"), path = "../../exercises/ex2_digest.rs")]
#[cfg_attr(feature = "solutions", path = "../../solutions/ex2_digest.rs")]
mod ex2_digest;

#[cfg_attr(not(feature = "solutions"), path = "../../exercises/ex3_alphabets.rs")]
#[cfg_attr(feature = "solutions", path = "../../solutions/ex3_alphabets.rs")]
mod ex3_alphabets;
