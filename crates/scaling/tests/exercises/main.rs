//! The exercises: the same tests for the learner's files and, with feature `solutions`, for the solved ones.
//!
//! `cargo xtask check scaling` runs them, and says in plain words what is still red.

mod ex1;
mod ex2;
mod ex3;

#[cfg_attr(not(feature = "solutions"), path = "../../exercises/ex1_two_choices.rs")]
#[cfg_attr(feature = "solutions", path = "../../solutions/ex1_two_choices.rs")]
mod ex1_two_choices;

#[cfg_attr(not(feature = "solutions"), path = "../../exercises/ex2_rate_limit.rs")]
#[cfg_attr(feature = "solutions", path = "../../solutions/ex2_rate_limit.rs")]
mod ex2_rate_limit;

#[cfg_attr(not(feature = "solutions"), path = "../../exercises/ex3_fenced_lock.rs")]
#[cfg_attr(feature = "solutions", path = "../../solutions/ex3_fenced_lock.rs")]
mod ex3_fenced_lock;
