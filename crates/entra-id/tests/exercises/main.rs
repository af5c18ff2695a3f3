//! The exercises: the same tests for the learner's files and, with feature `solutions`, for the solved ones.
//!
//! `cargo xtask check entra-id` runs them, and says in plain words what is still red.

mod ex1;
mod ex2;
mod ex3;

#[cfg_attr(not(feature = "solutions"), path = "../../exercises/ex1_least_scopes.rs")]
#[cfg_attr(feature = "solutions", path = "../../solutions/ex1_least_scopes.rs")]
mod ex1_least_scopes;

#[cfg_attr(not(feature = "solutions"), path = "../../exercises/ex2_several_tenants.rs")]
#[cfg_attr(feature = "solutions", path = "../../solutions/ex2_several_tenants.rs")]
mod ex2_several_tenants;

#[cfg_attr(not(feature = "solutions"), path = "../../exercises/ex3_claims_challenge.rs")]
#[cfg_attr(feature = "solutions", path = "../../solutions/ex3_claims_challenge.rs")]
mod ex3_claims_challenge;
