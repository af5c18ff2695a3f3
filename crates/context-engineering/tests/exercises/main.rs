//! The exercises: the same tests for the learner's files and, with feature `solutions`, for the solved ones.
//!
//! `cargo xtask check context-engineering` runs them, and says in plain words what is still red.

mod ex1;
mod ex2;
mod ex3;

#[cfg_attr(not(feature = "solutions"), path = "../../exercises/ex1_weighted_fusion.rs")]
#[cfg_attr(feature = "solutions", path = "../../solutions/ex1_weighted_fusion.rs")]
mod ex1_weighted_fusion;

#[cfg_attr(not(feature = "solutions"), path = "../../exercises/ex2_half_life.rs")]
#[cfg_attr(feature = "solutions", path = "../../solutions/ex2_half_life.rs")]
mod ex2_half_life;

#[cfg_attr(not(feature = "solutions"), path = "../../exercises/ex3_datamarking.rs")]
#[cfg_attr(feature = "solutions", path = "../../solutions/ex3_datamarking.rs")]
mod ex3_datamarking;
