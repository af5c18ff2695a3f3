//! Sessions of 2025-11-25, capped: the SDK's manager opens as many as are asked for.

use std::{
    collections::{HashMap, HashSet},
    sync::{Arc, Mutex},
    time::{Duration, Instant},
};

use futures::{Stream, StreamExt, stream};
use rmcp::{
    model::{ClientJsonRpcMessage, ServerJsonRpcMessage},
    transport::streamable_http_server::session::{
        EventStore, RestoreOutcome, SessionId, SessionManager,
        local::{LocalSessionManager, LocalSessionManagerError},
    },
};

use super::{Limits, front::Fronted, kept::KeptEvents};

type Message = rmcp::transport::common::server_side_http::ServerSseMessage;

/// When a client that lost its stream should come back.
const RETRY: Duration = Duration::from_secs(1);

/// The SDK's session manager with a cap. When it is reached, the session that was used longest ago makes
/// room, one that waits for an answer last of all.
pub(super) struct CappedSessions {
    inner: LocalSessionManager,
    kept: Option<KeptEvents>,
    cap: usize,
    used: Arc<Mutex<HashMap<SessionId, Use>>>,
    front: Fronted,
}

/// How a session is used.
#[derive(Clone)]
struct Use {
    /// Who opened it. Known once the handshake has been answered, before the client knows the session's id.
    owner: Option<String>,
    last: Instant,
    /// Answers that are on their way.
    streams: usize,
}

impl CappedSessions {
    pub(super) fn new(limits: &Limits, front: Fronted) -> Self {
        let mut inner = LocalSessionManager::default();
        // Counts silence, not requests in flight: it has to be longer than a call may be silent.
        inner.session_config.keep_alive = Some(limits.session_idle);
        // Without an event store rmcp replays the last event twice, or answers with an empty stream: nobody is invited.
        inner.session_config.sse_retry = None;
        let kept = (limits.kept_events_bytes > 0).then(|| KeptEvents::new(limits.kept_events_bytes));
        if let Some(kept) = &kept {
            inner.session_config.sse_retry = Some(RETRY);
            inner = inner.with_event_store(Arc::new(kept.clone()));
        }
        Self { inner, kept, cap: limits.sessions.max(1), used: Arc::default(), front }
    }

    fn touch(&self, id: &SessionId) {
        if let Ok(mut used) = self.used.lock() {
            let now = Instant::now();
            used.entry(id.clone()).or_insert(Use { owner: None, last: now, streams: 0 }).last = now;
        }
    }

    /// Binds a session that has just been opened to whoever opened it.
    pub(super) fn bind(&self, id: &str, owner: &str) {
        if let Ok(mut used) = self.used.lock()
            && let Some(used) = used.get_mut(id)
        {
            used.owner = Some(owner.to_owned());
        }
    }

    /// False when the session is somebody else's. Spec(2025-11-25, security best practices): a session id is no proof of
    /// identity, and is bound to the user that it was given to.
    pub(super) fn is_open_to(&self, id: &str, caller: &str) -> bool {
        let Ok(used) = self.used.lock() else { return false };
        used.get(id).and_then(|used| used.owner.as_deref()).is_none_or(|owner| owner == caller)
    }

    /// The same stream, whose events may be asked for again by this session only.
    fn bound<S: Stream<Item = Message>>(&self, id: &SessionId, stream: S) -> impl Stream<Item = Message> + use<S> {
        let (kept, id) = (self.kept.clone(), id.clone());
        stream.inspect(move |event| {
            if let (Some(kept), Some(event)) = (&kept, &event.event_id) {
                kept.sent(event, &id);
            }
        })
    }

    /// Ends sessions until one more fits.
    async fn make_room(&self) {
        loop {
            let open: Vec<SessionId> = self.inner.sessions.read().await.keys().cloned().collect();
            let oldest = {
                let Ok(mut used) = self.used.lock() else { return };
                // Sessions that ended by themselves leave their mark here.
                used.retain(|id, _| open.contains(id));
                if open.len() < self.cap {
                    return;
                }
                // One that waits for an answer goes only when all others do too.
                open.into_iter().min_by_key(|id| used.get(id).map(|used| (used.streams > 0, used.last)))
            };
            let Some(oldest) = oldest else { return };
            tracing::warn!(cap = self.cap, "too many sessions: ended the one used longest ago");
            if self.inner.close_session(&oldest).await.is_err() {
                return;
            }
        }
    }
}

/// Counts one answer of a session for as long as it lives.
struct Busy {
    used: Arc<Mutex<HashMap<SessionId, Use>>>,
    id: SessionId,
}

impl Busy {
    fn new(used: &Arc<Mutex<HashMap<SessionId, Use>>>, id: &SessionId) -> Self {
        let busy = Self { used: used.clone(), id: id.clone() };
        busy.change(|streams| streams + 1);
        busy
    }

    fn change(&self, by: impl FnOnce(usize) -> usize) {
        if let Ok(mut used) = self.used.lock()
            && let Some(used) = used.get_mut(&self.id)
        {
            used.streams = by(used.streams);
        }
    }
}

impl Drop for Busy {
    fn drop(&mut self) {
        self.change(|streams| streams.saturating_sub(1));
    }
}

impl SessionManager for CappedSessions {
    type Error = LocalSessionManagerError;
    type Transport = <LocalSessionManager as SessionManager>::Transport;

    async fn create_session(&self) -> Result<(SessionId, Self::Transport), Self::Error> {
        if self.inner.sessions.read().await.len() >= self.cap {
            self.make_room().await;
        }
        let (id, transport) = self.inner.create_session().await?;
        self.touch(&id);
        Ok((id, transport))
    }

    async fn initialize_session(
        &self,
        id: &SessionId,
        message: ClientJsonRpcMessage,
    ) -> Result<ServerJsonRpcMessage, Self::Error> {
        Ok(self.front.outgoing(self.inner.initialize_session(id, message).await?))
    }

    async fn has_session(&self, id: &SessionId) -> Result<bool, Self::Error> {
        let has = self.inner.has_session(id).await?;
        if has {
            self.touch(id);
        }
        Ok(has)
    }

    async fn close_session(&self, id: &SessionId) -> Result<(), Self::Error> {
        if let Ok(mut used) = self.used.lock() {
            used.remove(id);
        }
        self.inner.close_session(id).await
    }

    async fn create_stream(
        &self,
        id: &SessionId,
        message: ClientJsonRpcMessage,
    ) -> Result<impl Stream<Item = Message> + Send + Sync + 'static, Self::Error> {
        let busy = Busy::new(&self.used, id);
        let stream = self.bound(id, self.inner.create_stream(id, message).await?);
        let front = self.front.clone();
        Ok(stream.map(move |mut event| {
            // The guard lives as long as the answer is on its way.
            let _ = &busy;
            event.message = event.message.map(|message| front.outgoing_shared(message));
            event
        }))
    }

    async fn accept_message(&self, id: &SessionId, message: ClientJsonRpcMessage) -> Result<(), Self::Error> {
        self.inner.accept_message(id, message).await
    }

    async fn create_standalone_stream(
        &self,
        id: &SessionId,
    ) -> Result<impl Stream<Item = Message> + Send + Sync + 'static, Self::Error> {
        let next = self.inner.create_standalone_stream(id).await?;
        let unsent = self.kept.as_ref().map(|kept| kept.unsent(id)).unwrap_or_default();
        // What came between the two lines above is in both.
        let twice: HashSet<String> = unsent.iter().filter_map(|event| event.event_id.clone()).collect();
        let next = next.filter(move |event| {
            let is_new = event.event_id.as_ref().is_none_or(|event| !twice.contains(event));
            std::future::ready(is_new)
        });
        Ok(self.bound(id, stream::iter(unsent).chain(next)))
    }

    async fn resume(
        &self,
        id: &SessionId,
        last_event_id: String,
    ) -> Result<impl Stream<Item = Message> + Send + Sync + 'static, Self::Error> {
        if self.kept.as_ref().is_some_and(|kept| !kept.belongs(&last_event_id, id)) {
            return Err(LocalSessionManagerError::SessionNotFound(id.clone()));
        }
        self.inner.resume(id, last_event_id).await
    }

    async fn restore_session(&self, id: SessionId) -> Result<RestoreOutcome<Self::Transport>, Self::Error> {
        self.inner.restore_session(id).await
    }

    fn event_store(&self) -> Option<Arc<dyn EventStore>> {
        // The sessions' own. A stream of 2026-07-28 cannot be resumed: what is lost is asked for again.
        None
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[tokio::test]
    async fn a_session_is_its_owners() {
        let sessions = CappedSessions::new(&Limits::default(), Fronted::default());
        let (id, _transport) = sessions.create_session().await.expect("a session");
        sessions.bind(&id, "alice");
        assert!(sessions.is_open_to(&id, "alice") && !sessions.is_open_to(&id, "bob"));
        sessions.close_session(&id).await.expect("closed");
        assert!(sessions.is_open_to(&id, "bob"), "what is not there is refused by the SDK");
    }
}
