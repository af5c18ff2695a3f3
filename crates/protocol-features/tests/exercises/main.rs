//! The exercises: the same tests for the learner's files and, with feature `solutions`, for the solved ones.
//!
//! `cargo xtask check protocol-features` runs them, and says in plain words what is still red.

mod ex1;
mod ex2;
mod ex3;

#[cfg_attr(not(feature = "solutions"), path = "../../exercises/ex1_time_left.rs")]
#[cfg_attr(feature = "solutions", path = "../../solutions/ex1_time_left.rs")]
mod ex1_time_left;

#[cfg_attr(not(feature = "solutions"), path = "../../exercises/ex2_ranked_completion.rs")]
#[cfg_attr(feature = "solutions", path = "../../solutions/ex2_ranked_completion.rs")]
mod ex2_ranked_completion;

#[cfg_attr(not(feature = "solutions"), path = "../../exercises/ex3_redact_urls.rs")]
#[cfg_attr(feature = "solutions", path = "../../solutions/ex3_redact_urls.rs")]
mod ex3_redact_urls;
