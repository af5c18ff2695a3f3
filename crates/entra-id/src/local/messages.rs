//! What the person and the model are told: what is wrong, and what helps.

use std::time::Duration;

use mcp_support::refusal::Refusal;
use tokio::time::Instant;

use super::{
    session::SessionError,
    sign_in::{Outcome, Shown, SignIn},
};
use crate::{failure::EntraError, graph::GraphError};

/// What the client shows beside the link.
pub(super) fn question(shown: &Shown) -> String {
    let code = shown.code.as_ref().map(|code| format!(" and enter the code {code}")).unwrap_or_default();
    format!(
        "Sign in to Microsoft Entra ID{code}, so that this server may read your own profile from Microsoft Graph. Go on \
         only if you have just asked for it."
    )
}

/// For a client that cannot send anybody to a page.
pub(super) fn link(shown: &Shown) -> Refusal {
    let hint = match &shown.code {
        Some(code) => format!("ask the person to open {} and to enter the code {code}, then call again", shown.url),
        None => format!("ask the person to open this in a browser of this machine, then call again: {}", shown.url),
    };
    Refusal::argument("nobody is signed in", hint)
}

/// The person takes longer than one call waits.
pub(super) fn not_yet(sign_in: &SignIn, waited: Duration) -> Refusal {
    let left = sign_in.until.saturating_duration_since(Instant::now()).as_secs();
    Refusal::argument(
        format!("nobody has signed in within {} s", waited.as_secs()),
        format!("call again once the person has signed in; the page works for another {left} s"),
    )
}

/// Why a sign-in has led to nothing.
pub(super) fn of_outcome(outcome: Outcome) -> Refusal {
    let again = "ask the person whether to try again; the next call begins a new sign-in";
    match outcome {
        Outcome::SignedIn => Refusal::argument("the sign-in is over", "call again"),
        Outcome::Declined => Refusal::argument("nobody is signed in: the permission was not given", again),
        Outcome::Cancelled => Refusal::argument("nobody is signed in: the sign-in was declined", again),
        Outcome::Expired => Refusal::argument("nobody is signed in: the sign-in has expired", again),
        Outcome::Refused(refused) => Refusal::argument(format!("Entra refused: {refused}"), again),
        Outcome::Failed(text) => Refusal::argument(format!("the sign-in has failed: {text}"), again),
    }
}

/// Why there is no token.
pub(super) fn of_session(error: SessionError) -> Refusal {
    match error {
        SessionError::NeedsPerson(_) => Refusal::argument("nobody is signed in", "call again to sign in"),
        SessionError::Entra(error) => {
            let hint = match &error {
                EntraError::Busy(_) => "wait that long, then call again",
                EntraError::Unavailable(_) => "try again; if it stays, check the network and ENTRA_AUTHORITY",
                EntraError::Refused(_) => "tell whoever has set this server up: it is about the app's registration",
            };
            Refusal::argument(error.to_string(), hint)
        }
        SessionError::IdToken(error) => Refusal::argument(error.to_string(), "call again to sign in anew"),
        SessionError::Cache(error) => Refusal::internal("using the token cache", error),
    }
}

/// Why Graph has not answered.
pub(super) fn of_graph(error: &GraphError) -> Refusal {
    let hint = match error {
        GraphError::Unauthorized(_) => "call sign_out, then call again to sign in anew",
        GraphError::Forbidden(_) => "the app needs the delegated permission User.Read",
        GraphError::Busy(_) => "wait that long, then call again",
        GraphError::NotFound(_) | GraphError::Request(_) => "tell whoever runs this server",
        GraphError::Unavailable(_) => "try again; if it stays, check the network and GRAPH_BASE_URL",
    };
    Refusal::argument(error.to_string(), hint)
}
