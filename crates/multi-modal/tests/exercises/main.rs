//! The exercises: the same tests for the learner's files and, with feature `solutions`, for the solved ones.
//!
//! `cargo xtask check multi-modal` runs them, and says in plain words what is still red.

mod ex1;
mod ex2;
mod ex3;

#[cfg_attr(not(feature = "solutions"), path = "../../exercises/ex1_palette_strip.rs")]
#[cfg_attr(feature = "solutions", path = "../../solutions/ex1_palette_strip.rs")]
mod ex1_palette_strip;

#[cfg_attr(not(feature = "solutions"), path = "../../exercises/ex2_smoke_alarm.rs")]
#[cfg_attr(feature = "solutions", path = "../../solutions/ex2_smoke_alarm.rs")]
mod ex2_smoke_alarm;

#[cfg_attr(not(feature = "solutions"), path = "../../exercises/ex3_import_limit.rs")]
#[cfg_attr(feature = "solutions", path = "../../solutions/ex3_import_limit.rs")]
mod ex3_import_limit;
