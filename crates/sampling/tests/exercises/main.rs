//! The exercises: the same tests for the learner's files and, with feature `solutions`, for the solved ones.
//!
//! `cargo xtask check sampling` runs them, and says in plain words what is still red.

mod ex1;
mod ex2;
mod ex3;

#[cfg_attr(not(feature = "solutions"), path = "../../exercises/ex1_min_p.rs")]
#[cfg_attr(feature = "solutions", path = "../../solutions/ex1_min_p.rs")]
mod ex1_min_p;

#[cfg_attr(not(feature = "solutions"), path = "../../exercises/ex2_history_that_fits.rs")]
#[cfg_attr(feature = "solutions", path = "../../solutions/ex2_history_that_fits.rs")]
mod ex2_history_that_fits;

#[cfg_attr(not(feature = "solutions"), path = "../../exercises/ex3_system_prompt_stays.rs")]
#[cfg_attr(feature = "solutions", path = "../../solutions/ex3_system_prompt_stays.rs")]
mod ex3_system_prompt_stays;
