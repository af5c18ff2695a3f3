//! The exercises: the same tests for the learner's files and, with feature `solutions`, for the solved ones.
//!
//! `cargo xtask check root-contexts` runs them, and says in plain words what is still red.

mod ex1;
mod ex2;
mod ex3;

#[cfg_attr(not(feature = "solutions"), path = "../../exercises/ex1_overdue_marks.rs")]
#[cfg_attr(feature = "solutions", path = "../../solutions/ex1_overdue_marks.rs")]
mod ex1_overdue_marks;

#[cfg_attr(not(feature = "solutions"), path = "../../exercises/ex2_roots_that_changed.rs")]
#[cfg_attr(feature = "solutions", path = "../../solutions/ex2_roots_that_changed.rs")]
mod ex2_roots_that_changed;

#[cfg_attr(not(feature = "solutions"), path = "../../exercises/ex3_history_that_tells.rs")]
#[cfg_attr(feature = "solutions", path = "../../solutions/ex3_history_that_tells.rs")]
mod ex3_history_that_tells;
