//! A sign-in in a browser on this machine, which comes back to a port that is open meanwhile.

use axum::{http::StatusCode, response::Response};
use mcp_support::web::{CameBack, Loopback, escaped, page};
use tokio::{
    task::JoinHandle,
    time::{Instant, timeout_at},
};

use super::{Ending, Outcome, Shown, outcome_of};
use crate::{
    capabilities,
    failure::EntraError,
    local::{
        authorization::{Answer, AuthorizationRequest},
        session::{SCOPE, Session, SessionError},
    },
    tokens,
};

pub(super) async fn begin(
    session: &Session,
    challenge: Option<&str>,
    until: Instant,
    ending: Ending,
) -> Result<(Shown, Instant, JoinHandle<()>), SessionError> {
    let unusable = |error: &dyn std::fmt::Display| SessionError::Entra(EntraError::Unavailable(error.to_string()));
    // Entra lets native apps come back to this name on any port, if `http://localhost` is registered.
    let loopback = Loopback::localhost().await.map_err(|error| unusable(&error))?;
    let request = AuthorizationRequest::new(loopback.redirect_uri());
    let username = match challenge {
        Some(_) => session.entry().await?.and_then(|entry| entry.account.username),
        None => None,
    };
    let url =
        request.url(session.directory(), SCOPE, challenge, username.as_deref()).map_err(|error| unusable(&error))?;
    let (session, challenge) = (session.clone(), challenge.map(str::to_owned));
    let task = tokio::spawn(async move {
        let waiting = timeout_at(until, answered(&session, &request, &loopback, challenge.as_deref()));
        let (ended, came) = waiting.await.map_or((Outcome::Expired, None), |(ended, came)| (ended, Some(came)));
        let shown = last_page(&ended);
        ending.is(ended);
        // The page tells how it ended, so it comes last.
        if let Some(came) = came {
            came.show(shown);
        }
    });
    Ok((Shown { url: url.into(), code: None }, until, task))
}

/// Waits for the one answer to `request`, and exchanges its code.
async fn answered(
    session: &Session,
    request: &AuthorizationRequest,
    loopback: &Loopback,
    challenge: Option<&str>,
) -> (Outcome, CameBack) {
    loop {
        let came = match loopback.came_back().await {
            Ok(came) => came,
            // It ends with this task only.
            Err(_) => std::future::pending().await,
        };
        match request.answer(&came.url) {
            // Spec(2026-07-28, authorization): an answer with another `state` is refused. It ends nothing: anybody could
            // end everybody's sign-ins otherwise.
            Answer::NotOurs => {
                tracing::warn!("a browser came with an answer to another sign-in");
                let text = "<p class=\"error\">This is no answer to the sign-in that is waiting here. Nothing has changed.</p>";
                came.show(page(StatusCode::BAD_REQUEST, "Not this sign-in", text, None));
            }
            Answer::Refused(refused) => {
                return (outcome_of(EntraError::Refused(Box::new(refused)).into()), came);
            }
            Answer::Code(code) => {
                let mut form = vec![("client_id", session.directory().client_id.as_str()), ("scope", SCOPE)];
                form.extend(request.exchange(&code));
                let claims = capabilities::claims(challenge);
                form.push(("claims", &claims));
                let url = session.directory().authority.token();
                let exchanged = match tokens::request(session.http(), &url, &form).await {
                    Ok(tokens) => session.signed_in(tokens, Some(request.nonce())).await,
                    Err(error) => Err(error.into()),
                };
                return (exchanged.map_or_else(outcome_of, |_| Outcome::SignedIn), came);
            }
        }
    }
}

fn last_page(outcome: &Outcome) -> Response {
    let failed = |status, text: &str| {
        let body = format!("<p class=\"error\">{}</p><p>You can close this page.</p>", escaped(text));
        page(status, "You are not signed in", &body, None)
    };
    match outcome {
        Outcome::SignedIn => {
            let body = "<p>You can close this page, and go back to your MCP host.</p>";
            page(StatusCode::OK, "You are signed in", body, None)
        }
        Outcome::Declined => failed(StatusCode::OK, "The permission was not given."),
        Outcome::Refused(refused) => failed(StatusCode::OK, &refused.to_string()),
        Outcome::Failed(text) => failed(StatusCode::BAD_GATEWAY, text),
        Outcome::Expired | Outcome::Cancelled => failed(StatusCode::GONE, "Nobody is waiting for it any more."),
    }
}
