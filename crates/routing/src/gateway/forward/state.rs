//! What goes through the client while it answers a question, and comes back: sealed, for one caller and one call.

use mcp_support::{harden::Deadline, serve::principal};
use rmcp::{ErrorData, RoleServer, service::RequestContext};
use serde::{Deserialize, Serialize};

use super::Attempt;
use crate::gateway::{Gateway, parked::Parked, request::Forwarded};

/// What is sealed.
#[derive(Debug, Serialize, Deserialize)]
pub(super) enum State {
    /// The node has forgotten the call, and takes its own state back.
    Resend { node: String, state: Option<String> },
    /// The node still works on the call.
    Parked { number: String },
}

impl Attempt<'_> {
    pub(super) fn seal(&self, state: &State, call: &Forwarded) -> Result<String, ErrorData> {
        let sealed = self.gateway.sealer().seal_for(&principal(self.context), &purpose(call, self.name), state);
        sealed.map_err(|error| {
            tracing::error!(%error, "cannot seal the state of a call");
            ErrorData::internal_error("internal error", None)
        })
    }
}

/// Where a call that comes back belongs.
pub(in crate::gateway) enum Returned {
    /// To this node, with its own state.
    Resend { node: String, state: Option<String> },
    /// To the call that is still open.
    Parked(Box<Parked>),
}

/// Opens what a client sent back.
///
/// # Errors
/// -32602: it was tampered with, has expired, was used before, or belongs to another caller or call.
pub(in crate::gateway) fn returned(
    gateway: &Gateway,
    context: &RequestContext<RoleServer>,
    call: &Forwarded,
    name: &str,
    sealed: &str,
) -> Result<Returned, ErrorData> {
    let invalid = |why: String| ErrorData::invalid_params(format!("requestState is not valid here: {why}"), None);
    let opened = gateway.sealer().open_for(&principal(context), &purpose(call, name), sealed);
    match opened.map_err(|error| invalid(error.to_string()))? {
        State::Resend { node, state } => Ok(Returned::Resend { node, state }),
        State::Parked { number } => {
            let parked =
                gateway.parking().take(&number).ok_or_else(|| invalid("it was used, or has expired".to_owned()))?;
            if let Some(deadline) = context.extensions.get::<Deadline>() {
                deadline.reset();
            }
            Ok(Returned::Parked(Box::new(parked)))
        }
    }
}

fn purpose(call: &Forwarded, name: &str) -> String {
    format!("{} {name}", call.method())
}
