//! The exercises: the same tests for the learner's files and, with feature `solutions`, for the solved ones.
//!
//! `cargo xtask check routing` runs them, and says in plain words what is still red.

mod ex1;
mod ex2;
mod ex3;

#[cfg_attr(not(feature = "solutions"), path = "../../exercises/ex1_bounded_load.rs")]
#[cfg_attr(feature = "solutions", path = "../../solutions/ex1_bounded_load.rs")]
mod ex1_bounded_load;

#[cfg_attr(not(feature = "solutions"), path = "../../exercises/ex2_region_header.rs")]
#[cfg_attr(feature = "solutions", path = "../../solutions/ex2_region_header.rs")]
mod ex2_region_header;

#[cfg_attr(not(feature = "solutions"), path = "../../exercises/ex3_pinned_tools.rs")]
#[cfg_attr(feature = "solutions", path = "../../solutions/ex3_pinned_tools.rs")]
mod ex3_pinned_tools;
