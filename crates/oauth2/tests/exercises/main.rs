//! The exercises: the same tests for the learner's files and, with feature `solutions`, for the solved ones.
//!
//! `cargo xtask check oauth2` runs them, and says in plain words what is still red.

mod ex1;
mod ex2;
mod ex3;

#[cfg_attr(not(feature = "solutions"), path = "../../exercises/ex1_challenge.rs")]
#[cfg_attr(feature = "solutions", path = "../../solutions/ex1_challenge.rs")]
mod ex1_challenge;

#[cfg_attr(not(feature = "solutions"), path = "../../exercises/ex2_hierarchy.rs")]
#[cfg_attr(feature = "solutions", path = "../../solutions/ex2_hierarchy.rs")]
mod ex2_hierarchy;

#[cfg_attr(not(feature = "solutions"), path = "../../exercises/ex3_return_path.rs")]
#[cfg_attr(feature = "solutions", path = "../../solutions/ex3_return_path.rs")]
mod ex3_return_path;
