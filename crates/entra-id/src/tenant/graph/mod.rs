//! A small Microsoft Graph: profiles and mail, behind the tokens of the stand-in.

mod error;
mod guard;
mod people;

use axum::{Router, routing::get};

use super::Service;

/// Where it is below the authority.
pub(super) const PATH: &str = "/graph/v1.0";

pub(super) fn routes() -> Router<Service> {
    let at = |path: &str| format!("{PATH}{path}");
    Router::new().route(&at("/me"), get(people::me))
}
