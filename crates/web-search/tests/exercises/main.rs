//! The exercises: the same tests for the learner's files and, with feature `solutions`, for the solved ones.
//!
//! `cargo xtask check web-search` runs them, and says in plain words what is still red.

mod ex1;
mod ex2;
mod ex3;

#[cfg_attr(not(feature = "solutions"), path = "../../exercises/ex1_full_jitter.rs")]
#[cfg_attr(feature = "solutions", path = "../../solutions/ex1_full_jitter.rs")]
mod ex1_full_jitter;

#[cfg_attr(not(feature = "solutions"), path = "../../exercises/ex2_own_provider.rs")]
#[cfg_attr(feature = "solutions", path = "../../solutions/ex2_own_provider.rs")]
mod ex2_own_provider;

#[cfg_attr(not(feature = "solutions"), path = "../../exercises/ex3_fenced_text.rs")]
#[cfg_attr(feature = "solutions", path = "../../solutions/ex3_fenced_text.rs")]
mod ex3_fenced_text;
