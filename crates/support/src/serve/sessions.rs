//! Sessions of 2025-11-25, capped: the SDK's manager opens as many as are asked for.

use std::{
    collections::{BTreeMap, HashMap},
    sync::{Arc, Mutex, MutexGuard, PoisonError},
};

use futures::{Stream, StreamExt};
use rmcp::{
    model::{ClientJsonRpcMessage, ServerJsonRpcMessage},
    transport::streamable_http_server::session::{
        EventStore, RestoreOutcome, SessionId, SessionManager,
        local::{LocalSessionManager, LocalSessionManagerError},
    },
};

use super::Limits;

type Message = rmcp::transport::common::server_side_http::ServerSseMessage;

/// The SDK's session manager with a cap. When it is reached, the session that was used longest ago makes
/// room, one that waits for an answer last of all.
pub(super) struct CappedSessions {
    inner: LocalSessionManager,
    cap: usize,
    used: Arc<Mutex<Used>>,
}

/// The open sessions, by id and by age.
#[derive(Default)]
struct Used {
    by_id: HashMap<SessionId, Use>,
    by_age: BTreeMap<Age, SessionId>,
    /// Sessions that are about to be opened.
    opening: usize,
    clock: u64,
}

/// How long ago a session was used: one that waits for an answer counts as younger than all that do not.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, PartialOrd, Ord)]
struct Age {
    waits: bool,
    last: u64,
}

/// How a session is used.
#[derive(Default)]
struct Use {
    /// Who opened it. Known once the handshake has been answered, before the client knows the session's id.
    owner: Option<String>,
    age: Age,
    /// Answers that are on their way.
    streams: usize,
}

impl Used {
    fn open(&mut self, id: SessionId) {
        self.opening = self.opening.saturating_sub(1);
        self.by_id.insert(id.clone(), Use::default());
        self.touch(&id, |_| {});
    }

    /// Changes a session that is still open, and notes that it was used just now.
    fn touch(&mut self, id: &SessionId, change: impl FnOnce(&mut Use)) {
        let Some(used) = self.by_id.get_mut(id) else { return };
        self.by_age.remove(&used.age);
        change(used);
        self.clock += 1;
        used.age = Age { waits: used.streams > 0, last: self.clock };
        self.by_age.insert(used.age, id.clone());
    }

    fn close(&mut self, id: &SessionId) {
        if let Some(used) = self.by_id.remove(id) {
            self.by_age.remove(&used.age);
        }
    }

    fn close_oldest(&mut self) -> Option<SessionId> {
        let (_, oldest) = self.by_age.pop_first()?;
        self.by_id.remove(&oldest);
        Some(oldest)
    }
}

impl CappedSessions {
    pub(super) fn new(limits: &Limits) -> Self {
        let mut inner = LocalSessionManager::default();
        // Counts silence, not requests in flight: it has to be longer than a call may be silent.
        inner.session_config.keep_alive = Some(limits.session_idle);
        inner.session_config.sse_retry = None;
        Self { inner, cap: limits.sessions.max(1), used: Arc::default() }
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

/// Counts one answer of a session for as long as it lives.
struct Busy {
    used: Arc<Mutex<Used>>,
    id: SessionId,
}

impl Busy {
    fn new(used: &Arc<Mutex<Used>>, id: &SessionId) -> Self {
        let busy = Self { used: used.clone(), id: id.clone() };
        busy.change(|used| used.streams += 1);
        busy
    }

    fn change(&self, change: impl FnOnce(&mut Use)) {
        self.used.lock().unwrap_or_else(PoisonError::into_inner).touch(&self.id, change);
    }
}

impl Drop for Busy {
    fn drop(&mut self) {
        self.change(|used| used.streams = used.streams.saturating_sub(1));
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
        self.inner.initialize_session(id, message).await
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
        let busy = Busy::new(&self.used, id);
        let stream = self.inner.create_stream(id, message).await?;
        // The guard lives as long as the answer is on its way.
        Ok(stream.inspect(move |_| {
            let _ = &busy;
        }))
    }

    async fn accept_message(&self, id: &SessionId, message: ClientJsonRpcMessage) -> Result<(), Self::Error> {
        self.inner.accept_message(id, message).await
    }

    async fn create_standalone_stream(
        &self,
        id: &SessionId,
    ) -> Result<impl Stream<Item = Message> + Send + Sync + 'static, Self::Error> {
        self.inner.create_standalone_stream(id).await
    }

    async fn resume(
        &self,
        id: &SessionId,
        last_event_id: String,
    ) -> Result<impl Stream<Item = Message> + Send + Sync + 'static, Self::Error> {
        self.inner.resume(id, last_event_id).await
    }

    async fn restore_session(&self, id: SessionId) -> Result<RestoreOutcome<Self::Transport>, Self::Error> {
        self.inner.restore_session(id).await
    }

    fn event_store(&self) -> Option<Arc<dyn EventStore>> {
        self.inner.event_store()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[tokio::test]
    async fn a_session_is_its_owners() {
        let sessions = CappedSessions::new(&Limits::default());
        let (id, _transport) = sessions.create_session().await.expect("a session");
        sessions.bind(&id, "alice");
        assert!(sessions.is_open_to(&id, "alice") && !sessions.is_open_to(&id, "bob"));
        sessions.close_session(&id).await.expect("closed");
        assert!(sessions.is_open_to(&id, "bob"), "what is not there is refused by the SDK");
    }

    #[tokio::test]
    async fn the_one_used_longest_ago_makes_room() {
        let sessions = CappedSessions::new(&Limits { sessions: 3, ..Limits::default() });
        let mut open = Vec::new();
        for _ in 0..3 {
            open.push(sessions.create_session().await.expect("a session"));
        }
        let id = |index: usize| open[index].0.clone();
        // The first waits for an answer, the second is used, the third is not.
        let busy = Busy::new(&sessions.used, &id(0));
        assert!(sessions.has_session(&id(1)).await.expect("an answer"));
        let mut more = Vec::new();
        for (gone, left) in [(2, [0, 1]), (1, [0, 0])] {
            more.push(sessions.create_session().await.expect("a session"));
            assert!(!sessions.has_session(&id(gone)).await.expect("an answer"), "{gone} makes room");
            for left in left {
                assert!(sessions.inner.has_session(&id(left)).await.expect("an answer"), "{left} stays");
            }
            assert_eq!(sessions.inner.sessions.read().await.len(), 3);
        }
        drop(busy);
        sessions.close_session(&more[0].0).await.expect("closed");
        more.push(sessions.create_session().await.expect("a session"));
        assert!(sessions.has_session(&id(0)).await.expect("an answer"), "there was room");
        let used = sessions.used();
        assert_eq!((used.by_id.len(), used.by_age.len(), used.opening), (3, 3, 0));
    }

    #[tokio::test]
    async fn the_cap_holds_for_sessions_that_open_together() {
        let sessions = CappedSessions::new(&Limits { sessions: 2, ..Limits::default() });
        let opened = futures::future::join_all((0..20).map(|_| sessions.create_session())).await;
        assert!(opened.iter().all(Result::is_ok));
        assert_eq!(sessions.inner.sessions.read().await.len(), 2);
    }
}
