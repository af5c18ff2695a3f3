//! (6) What the tools ask Graph: with the token of the exchange, with patience, and once more where Graph wants another
//! token.

use std::{sync::Arc, time::Duration};

use futures::future::BoxFuture;
use http::request::Parts;
use mcp_support::{progress::Progress, refusal::Refusal};
use rmcp::{RoleServer, service::RequestContext};
use secrecy::SecretString;
use tokio::sync::mpsc::{UnboundedReceiver, unbounded_channel};

use super::{
    Shared,
    audit::Event,
    exchange::{Caller, Prepared},
    failure::Failure,
    policy::Rule,
};
use crate::graph::{Call, Graph, GraphError};

/// Mailboxes have limits of their own; the rest of Graph counts a tenant's requests together.
const OF_MAILBOX: &str = "Mail.Read";

/// A question to Graph.
pub(super) type Asking<'a, T> = BoxFuture<'a, Result<T, GraphError>>;

/// The caller of a tool, who may call it.
///
/// # Errors
/// A role is missing.
pub(super) fn caller<'a>(
    shared: &Shared,
    context: &'a RequestContext<RoleServer>,
    rule: &Rule,
) -> Result<Caller<'a>, Failure> {
    let caller = context.extensions.get::<Parts>().and_then(|parts| Caller::of(&parts.extensions));
    let caller = caller.ok_or_else(|| Refusal::internal("looking for the caller", "no token was kept"))?;
    rule.decide(&caller.identity, shared.admin_group.as_deref()).map_err(|denial| {
        let reason = match denial {
            super::policy::Denial::NeedsPerson => "a program may not",
            super::policy::Denial::NeedsAdmin => "the person is no administrator",
            super::policy::Denial::GroupsUnknown => "the token does not name the person's groups",
        };
        shared.tell(Event::Denied, &caller, rule, reason);
        Failure::Denied(denial)
    })?;
    Ok(caller)
}

/// Asks Graph on behalf of the caller.
///
/// # Errors
/// A role is missing, Entra gives no token, or Graph no answer.
pub(super) async fn on_behalf<T>(
    shared: &Shared,
    context: &RequestContext<RoleServer>,
    rule: &Rule,
    ask: impl for<'a> Fn(&'a Graph, &'a SecretString) -> Asking<'a, T>,
) -> Result<T, Failure> {
    let caller = caller(shared, context, rule)?;
    let prepared = context.extensions.get::<Parts>().and_then(|parts| parts.extensions.get::<Prepared>());
    let token = match prepared {
        Some(Prepared(result)) => result.clone(),
        None => shared.exchange(&caller, rule).await,
    };
    let token = token.map_err(|error| failed(shared, &caller, rule, error.into()))?;

    let (waits, mut waiting) = unbounded_channel();
    let identity = &caller.identity;
    let limit = match rule.graph.contains(&OF_MAILBOX) {
        true => format!("{} {}", identity.tenant, identity.object_id),
        false => identity.tenant.clone(),
    };
    let graph = shared.graph.for_call(Call {
        correlation_id: Some(caller.correlation_id.to_owned()),
        limit,
        waiting: Some(Arc::new(move |wait| {
            // Nobody hears where the call is over.
            let _ = waits.send(wait);
        })),
    });
    let progress = Progress::new(context);
    let mut waited = Waited { shared, caller: &caller, rule, progress: &progress, all: Duration::ZERO };
    let first = waited.during(ask(&graph, &token), &mut waiting).await;
    let result = match first {
        Err(GraphError::Unauthorized(claims)) => {
            // The kept token may have been revoked, or Graph wants more of it: Entra says whether there is a better
            // one.
            let again = shared.exchange_again(&caller, rule, claims.as_deref()).await;
            match (again, claims) {
                (Ok(token), _) => waited.during(ask(&graph, &token), &mut waiting).await.map_err(Failure::from),
                (Err(error), Some(claims)) if error.refused().is_some_and(|refused| refused.claims.is_none()) => {
                    Err(Failure::Claims(claims))
                }
                (Err(error), _) => Err(error.into()),
            }
        }
        other => other.map_err(Failure::from),
    };
    result.map_err(|failure| failed(shared, &caller, rule, failure))
}

/// Leaves a trace of a failure.
fn failed(shared: &Shared, caller: &Caller<'_>, rule: &Rule, failure: Failure) -> Failure {
    match &failure {
        Failure::Claims(claims) => shared.remember_challenge(caller, rule, claims),
        Failure::Graph(GraphError::Busy(_)) => shared.tell(Event::Throttled, caller, rule, "Graph; told to come back"),
        _ => {}
    }
    failure
}

impl From<GraphError> for Failure {
    fn from(error: GraphError) -> Self {
        match error {
            GraphError::Unauthorized(Some(claims)) => Self::Claims(claims),
            other => Self::Graph(other),
        }
    }
}

/// Tells the client of every wait, so that it does not take patience for a dead server, and the audit log.
struct Waited<'a> {
    shared: &'a Shared,
    caller: &'a Caller<'a>,
    rule: &'a Rule,
    progress: &'a Progress,
    all: Duration,
}

impl Waited<'_> {
    async fn during<T>(
        &mut self,
        asking: Asking<'_, T>,
        waits: &mut UnboundedReceiver<Duration>,
    ) -> Result<T, GraphError> {
        let mut asking = asking;
        loop {
            tokio::select! {
                biased;
                result = &mut asking => return result,
                Some(wait) = waits.recv() => {
                    self.all += wait;
                    self.shared.tell(Event::Throttled, self.caller, self.rule, "Graph; the call waits");
                    let message = format!("Graph asks for patience: waiting {} s", wait.as_secs_f64().ceil());
                    self.progress.report(self.all.as_secs_f64(), None, message).await;
                }
            }
        }
    }
}
