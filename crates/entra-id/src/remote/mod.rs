//! Scenario 2: a server on Streamable HTTP that people reach with their own tokens, and that acts on their behalf.
//!
//! In reading order; the numbers stand in the code and in the README:
//!
//! 1. [`setup`]: from settings to a running server.
//! 2. [`facade`]: what clients need to hear before they sign in at Entra.
//! 3. [`checks`] and [`identity`]: which tokens are let in, and whom they speak of.
//! 4. [`policy`]: who may call what.
//! 5. [`access`]: both at the door, and the exchange for a token of Graph before the answer begins.
//! 6. [`server`]: the tools, and what they ask Graph.
//! 7. [`audit`]: what is written down about all of it.

pub mod access;
pub mod audit;
pub mod checks;
mod exchange;
pub mod facade;
mod failure;
mod graph_work;
pub mod identity;
pub mod policy;
pub mod server;
pub mod settings;
pub mod setup;

use std::sync::Arc;

use self::{audit::Audit, checks::Trust};
use crate::{graph::Graph, on_behalf::OnBehalf};

/// What the door and the tools share. A clone is the same.
#[derive(Clone)]
pub struct Shared(Arc<Parts>);

/// Its parts.
pub struct Parts {
    /// Whose tokens are accepted.
    pub trust: Trust,
    /// Members are administrators, besides those with the app role.
    pub admin_group: Option<String>,
    /// Where Graph is.
    pub graph: Graph,
    /// What stands before a permission of Graph when it is asked for.
    pub graph_resource: String,
    /// For tokens of Graph.
    pub on_behalf: OnBehalf,
    /// What has happened.
    pub audit: Audit,
    /// Where people read how to sign in.
    pub sign_in: String,
}

impl Shared {
    /// These parts together.
    pub fn new(parts: Parts) -> Self {
        Self(Arc::new(parts))
    }
}

impl std::ops::Deref for Shared {
    type Target = Parts;

    fn deref(&self) -> &Parts {
        &self.0
    }
}
