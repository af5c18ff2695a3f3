//! Progress of a call, as the specification wants it: only with the token that the request carried in `_meta`, always
//! increasing, at most ten a second, and never after the answer.

use std::{
    sync::Mutex,
    time::{Duration, Instant},
};

use rmcp::{
    Peer, RoleServer,
    model::{ProgressNotificationParam, ProgressToken},
    service::RequestContext,
};

use crate::harden::Deadline;

const INTERVAL: Duration = Duration::from_millis(100);

/// Reports how far a call is. Cheap to call often; silent when the client did not ask.
///
/// Each report also moves the call's deadline: long work that moves is not slow work.
pub struct Progress {
    peer: Peer<RoleServer>,
    token: Option<ProgressToken>,
    deadline: Option<Deadline>,
    last: Mutex<Option<(Instant, f64)>>,
}

impl Progress {
    /// Progress of the call that `context` belongs to.
    pub fn new(context: &RequestContext<RoleServer>) -> Self {
        Self {
            peer: context.peer.clone(),
            // Spec(2025-11-25 and 2026-07-28, progress): the token comes from `_meta`, never from the request's id.
            token: context.meta.get_progress_token(),
            deadline: context.extensions.get::<Deadline>().cloned(),
            last: Mutex::new(None),
        }
    }

    /// True when the client asked to hear of progress.
    pub fn is_wanted(&self) -> bool {
        self.token.is_some()
    }

    /// Reports `done` of `total` units (`None` where nobody knows) with a short message. Reports that do not increase, or that follow the last one
    /// within 100 ms, are dropped (the last unit is never dropped for being too soon).
    pub async fn report(&self, done: f64, total: impl Into<Option<f64>>, message: impl Into<String>) {
        let total = total.into();
        if let Some(deadline) = &self.deadline {
            deadline.reset();
        }
        let Some(token) = &self.token else { return };
        if !self.is_due(done, total) {
            return;
        }
        let mut params = ProgressNotificationParam::new(token.clone(), done).with_message(message.into());
        params.total = total;
        // A client that has gone is noticed by the call itself.
        let _ = self.peer.notify_progress(params).await;
    }

    fn is_due(&self, done: f64, total: Option<f64>) -> bool {
        let Ok(mut last) = self.last.lock() else { return false };
        let now = Instant::now();
        let due = match *last {
            None => true,
            Some((at, value)) => {
                done > value && (now.duration_since(at) >= INTERVAL || total.is_some_and(|total| done >= total))
            }
        };
        if due {
            *last = Some((now, done));
        }
        due
    }
}
