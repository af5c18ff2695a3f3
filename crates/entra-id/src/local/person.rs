//! (5) Asking the person to sign in: by URL-mode elicitation where the client has it, else by a link in the answer.
//!
//! Spec(2026-07-28, elicitation): a link must be opened by the person on whose behalf it was made, or a stranger's
//! sign-in would be bound to this person's calls. On stdio there is one person, whoever started the process, and the
//! browser comes back to a port of the same machine. A device code has no such tie: see [`device`](super::device).

use std::{sync::Arc, time::Duration};

use mcp_support::{ask::Ask, harden::Deadline, progress::Progress, refusal::Refusal, revision::is_modern};
use rmcp::{
    ErrorData, RoleServer,
    model::{ElicitRequestParams, ElicitationAction},
    service::RequestContext,
};
use tokio::time::Instant;

use super::{
    messages,
    session::{Need, SessionError},
    sign_in::{Outcome, SignIn, SignIns},
};

/// How long one call waits for the person: less than the minute after which common clients give up. The page works longer,
/// and the next call finds its outcome.
const PATIENCE: Duration = Duration::from_secs(50);

/// What became of asking.
pub(super) enum Met {
    /// The tokens are in the cache.
    SignedIn,
    /// Entra wants the next sign-in to fulfil this.
    Challenged(String),
    /// The question goes out with the answer to this call (2026-07-28).
    Asked,
    /// Not this time.
    Refused(Refusal),
}

/// Has the person sign in.
pub(super) async fn sign_in(
    sign_ins: &SignIns,
    ask: &mut Ask<'_>,
    context: &RequestContext<RoleServer>,
    mut need: Need,
) -> Result<Met, ErrorData> {
    let has_pages = context.client_capabilities().and_then(|declared| declared.elicitation?.url).is_some();
    let current = sign_ins.current().await;
    if !current.is_some_and(|current| ask.has_answer(&key(&current))) {
        // The one that this call has asked for may have ended between two of its rounds, or between two calls.
        let of_this_call = |ended: &Arc<SignIn>| if ask.has_answer(&key(ended)) { ended.outcome() } else { None };
        let ended = sign_ins.ended().await;
        let outcome = ended.iter().find_map(|ended| if has_pages { of_this_call(ended) } else { ended.untold() });
        match outcome.map(met) {
            Some(Met::Challenged(wanted)) => need.claims = need.claims.or(Some(wanted)),
            Some(met) => return Ok(met),
            None => {}
        }
    }
    let sign_in = match sign_ins.begin(&need).await {
        Ok(Some(sign_in)) => sign_in,
        Ok(None) => return Ok(Met::SignedIn),
        Err(error) => return Ok(Met::Refused(messages::of_session(error))),
    };
    if !has_pages {
        return Ok(by_link(&sign_in, context).await);
    }
    let question = ask.page(&sign_in.id, messages::question(&sign_in.shown), &sign_in.shown.url);
    let agreed = if is_modern(context) {
        let Some(reply) = ask.question(&key(&sign_in), question).await? else { return Ok(Met::Asked) };
        reply.action == ElicitationAction::Accept
    } else {
        tokio::select! {
            outcome = sign_in.ended() => return Ok(met(outcome)),
            agreed = agreed(&sign_in, ask, question) => agreed?,
        }
    };
    if !agreed {
        sign_ins.cancel(Some(&sign_in)).await;
        return Ok(met(Outcome::Cancelled));
    }
    let outcome = wait(&sign_in, context, PATIENCE).await;
    if outcome.is_some() {
        ask.page_done(&sign_in.id).await;
    }
    Ok(outcome.map_or_else(|| Met::Refused(messages::not_yet(&sign_in, PATIENCE)), met))
}

/// 2025-11-25: of several calls one asks, and its answer counts for all.
async fn agreed(sign_in: &SignIn, ask: &mut Ask<'_>, question: ElicitRequestParams) -> Result<bool, ErrorData> {
    let mut agreed = sign_in.agreed.lock().await;
    if !*agreed {
        let reply = ask.question(&key(sign_in), question).await?;
        *agreed = reply.is_some_and(|reply| reply.action == ElicitationAction::Accept);
    }
    Ok(*agreed)
}

/// The client cannot send anybody to a page: the first answer holds the link, and the next call waits.
async fn by_link(sign_in: &SignIn, context: &RequestContext<RoleServer>) -> Met {
    let outcome = if sign_in.was_told() { wait(sign_in, context, PATIENCE).await } else { None };
    if outcome.is_some() {
        sign_in.untold();
    }
    outcome.map_or_else(|| Met::Refused(messages::link(&sign_in.shown)), met)
}

/// Waits for the person, and says so now and then, which keeps the call alive.
async fn wait(sign_in: &SignIn, context: &RequestContext<RoleServer>, patience: Duration) -> Option<Outcome> {
    let patience = patience.min(sign_in.until.saturating_duration_since(Instant::now()) + Duration::from_secs(1));
    if let Some(deadline) = context.extensions.get::<Deadline>() {
        deadline.extend(patience + Duration::from_secs(10));
    }
    let progress = Progress::new(context);
    let mut ended = std::pin::pin!(sign_in.ended());
    for second in 1..=patience.as_secs().max(1) {
        if let Ok(outcome) = tokio::time::timeout(Duration::from_secs(1), &mut ended).await {
            return Some(outcome);
        }
        progress.report(second as f64, None, "waiting for the sign-in").await;
    }
    None
}

/// The question's name: an answer to the question of one sign-in says nothing about another.
fn key(sign_in: &SignIn) -> String {
    format!("sign_in_{}", sign_in.id)
}

fn met(outcome: Outcome) -> Met {
    match outcome {
        Outcome::SignedIn => Met::SignedIn,
        Outcome::Refused(refused) => match &refused.claims {
            Some(claims) => Met::Challenged(claims.clone()),
            None => Met::Refused(messages::of_outcome(Outcome::Refused(refused))),
        },
        outcome => Met::Refused(messages::of_outcome(outcome)),
    }
}

impl From<SessionError> for Refusal {
    fn from(error: SessionError) -> Self {
        messages::of_session(error)
    }
}
