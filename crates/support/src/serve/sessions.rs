//! Sessions of 2025-11-25, capped: the SDK's manager opens as many as are asked for.

pub(super) mod used;

use std::{
    collections::HashSet,
    sync::{Arc, Mutex, MutexGuard, PoisonError},
    time::Duration,
};

use futures::{Stream, StreamExt, stream};
use rmcp::{
    model::{ClientJsonRpcMessage, ServerJsonRpcMessage},
    transport::streamable_http_server::session::{
        EventStore, RestoreOutcome, SessionId, SessionManager,
        local::{LocalSessionManager, LocalSessionManagerError},
    },
};

use self::used::{Busy, Used};
use super::{
    Limits,
    around::{self, Plain},
    front::Fronted,
    kept::KeptEvents,
    shared_sessions::caller,
};

type Message = rmcp::transport::common::server_side_http::ServerSseMessage;

/// When a client that lost its stream should come back.
const RETRY: Duration = Duration::from_secs(1);

/// The SDK's session manager with a cap. When it is reached, the session that was used longest ago makes
/// room, one that waits for an answer last of all.
pub(super) struct CappedSessions {
    inner: LocalSessionManager,
    kept: Option<KeptEvents>,
    cap: usize,
    idle: Duration,
    used: Arc<Mutex<Used>>,
    front: Fronted,
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
        let (cap, idle) = (limits.sessions.max(1), limits.session_idle);
        Self { inner, kept, cap, idle, used: Arc::default(), front }
    }

    fn used(&self) -> MutexGuard<'_, Used> {
        self.used.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Binds a session that has just been opened to whoever opened it.
    pub(super) fn bind(&self, id: &str, owner: &str) {
        if let Some(used) = self.used().by_id.get_mut(id) {
            used.owner = Some(owner.to_owned());
        }
    }

    /// False when the session is somebody else's. Spec(2025-11-25, security best practices): a session id is no proof of
    /// identity, and is bound to the user that it was given to.
    pub(super) fn is_open_to(&self, id: &str, caller: &str) -> bool {
        self.used().by_id.get(id).and_then(|used| used.owner.as_deref()).is_none_or(|owner| owner == caller)
    }

    /// Whether the session lives on this server.
    pub(super) fn is_here(&self, id: &str) -> bool {
        self.used().by_id.contains_key(id)
    }

    /// Notes a call that is to go around the SDK; `None` where the SDK has to see it.
    pub(super) fn around(&self, id: &str, body: &[u8]) -> Option<around::Call> {
        around::begin(&self.used, id, body, self.idle)
    }

    /// The SDK sees a message of a session.
    fn hear(&self, id: &SessionId, message: &ClientJsonRpcMessage) {
        if let Some((_, plain)) = self.used().plain(id) {
            plain.hear(message);
        }
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

    /// Reserves a place for one more session, and ends others until there is one.
    async fn make_room(&self) {
        loop {
            let oldest = {
                let mut used = self.used();
                if used.by_id.len() + used.opening < self.cap {
                    used.opening += 1;
                    return;
                }
                let Some(oldest) = used.close_oldest() else {
                    // All places are taken by sessions that are being opened right now.
                    used.opening += 1;
                    return;
                };
                oldest
            };
            tracing::warn!(cap = self.cap, "too many sessions: ended the one used longest ago");
            // An error says that it has just ended by itself.
            let _ = self.inner.close_session(&oldest).await;
        }
    }
}

impl SessionManager for CappedSessions {
    type Error = LocalSessionManagerError;
    type Transport = <LocalSessionManager as SessionManager>::Transport;

    async fn create_session(&self) -> Result<(SessionId, Self::Transport), Self::Error> {
        self.make_room().await;
        let created = self.inner.create_session().await;
        match &created {
            Ok((id, _)) => self.used().open(id.clone()),
            Err(_) => self.used().opening -= 1,
        }
        created
    }

    async fn initialize_session(
        &self,
        id: &SessionId,
        message: ClientJsonRpcMessage,
    ) -> Result<ServerJsonRpcMessage, Self::Error> {
        // What is kept of a session's events, and what a layer in front changes, is known on the SDK's way only.
        let is_plain = self.kept.is_none() && self.front.0.is_none();
        let client = around::client(&message).filter(|_| is_plain);
        let answer = self.inner.initialize_session(id, message).await?;
        if let Some(used) = self.used().by_id.get_mut(id) {
            used.plain = client.and_then(|client| Plain::opened(client, &answer));
        }
        Ok(self.front.outgoing(answer))
    }

    async fn has_session(&self, id: &SessionId) -> Result<bool, Self::Error> {
        let has = self.inner.has_session(id).await?;
        if has {
            self.used().touch(id, |_| {});
        }
        Ok(has)
    }

    async fn close_session(&self, id: &SessionId) -> Result<(), Self::Error> {
        self.used().close(id);
        self.inner.close_session(id).await
    }

    async fn create_stream(
        &self,
        id: &SessionId,
        message: ClientJsonRpcMessage,
    ) -> Result<impl Stream<Item = Message> + Send + Sync + 'static, Self::Error> {
        self.hear(id, &message);
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
        self.hear(id, &message);
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
        self.make_room().await;
        let restored = self.inner.restore_session(id.clone()).await;
        let mut used = self.used();
        match &restored {
            // Whoever asks for it is its owner: nobody else finds it in the store.
            Ok(RestoreOutcome::Restored(_)) => used.open_for(id, caller()),
            _ => used.opening -= 1,
        }
        restored
    }

    fn event_store(&self) -> Option<Arc<dyn EventStore>> {
        // The sessions' own. A stream of 2026-07-28 cannot be resumed: what is lost is asked for again.
        None
    }
}

#[cfg(test)]
mod tests;
