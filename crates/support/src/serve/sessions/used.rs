//! How sessions are used: which was used longest ago, and which waits for an answer.

use std::{
    collections::{BTreeMap, HashMap},
    sync::{Arc, Mutex, PoisonError},
};

use rmcp::transport::streamable_http_server::session::SessionId;

use crate::serve::around::Plain;

/// The open sessions, by id and by age.
#[derive(Default)]
pub(in crate::serve) struct Used {
    pub(super) by_id: HashMap<SessionId, Use>,
    pub(super) by_age: BTreeMap<Age, SessionId>,
    /// Sessions that are about to be opened.
    pub(super) opening: usize,
    clock: u64,
}

/// How long ago a session was used: one that waits for an answer counts as younger than all that do not.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, PartialOrd, Ord)]
pub(super) struct Age {
    waits: bool,
    last: u64,
}

/// How a session is used.
#[derive(Default)]
pub(super) struct Use {
    /// Who opened it. Known once the handshake has been answered, before the client knows the session's id.
    pub(super) owner: Option<String>,
    age: Age,
    /// Answers that are on their way.
    streams: usize,
    /// Where the session's calls may go around the SDK.
    pub(super) plain: Option<Plain>,
}

impl Used {
    pub(super) fn open(&mut self, id: SessionId) {
        self.opening = self.opening.saturating_sub(1);
        self.by_id.insert(id.clone(), Use::default());
        self.touch(&id, |_| {});
    }

    pub(super) fn open_for(&mut self, id: SessionId, owner: Option<String>) {
        self.open(id.clone());
        self.touch(&id, |used| used.owner = owner);
    }

    /// Changes a session that is still open, and notes that it was used just now.
    pub(super) fn touch(&mut self, id: &SessionId, change: impl FnOnce(&mut Use)) {
        let Some(used) = self.by_id.get_mut(id) else { return };
        self.by_age.remove(&used.age);
        change(used);
        self.clock += 1;
        used.age = Age { waits: used.streams > 0, last: self.clock };
        self.by_age.insert(used.age, id.clone());
    }

    /// The session, if its calls may go around the SDK.
    pub(in crate::serve) fn plain(&mut self, id: &str) -> Option<(SessionId, &mut Plain)> {
        let id = self.by_id.get_key_value(id)?.0.clone();
        let plain = self.by_id.get_mut(&id)?.plain.as_mut()?;
        Some((id, plain))
    }

    pub(super) fn close(&mut self, id: &SessionId) {
        if let Some(used) = self.by_id.remove(id) {
            self.by_age.remove(&used.age);
        }
    }

    pub(super) fn close_oldest(&mut self) -> Option<SessionId> {
        let (_, oldest) = self.by_age.pop_first()?;
        self.by_id.remove(&oldest);
        Some(oldest)
    }
}

/// Counts one answer of a session for as long as it lives.
pub(in crate::serve) struct Busy {
    used: Arc<Mutex<Used>>,
    id: SessionId,
}

impl Busy {
    pub(in crate::serve) fn new(used: &Arc<Mutex<Used>>, id: &SessionId) -> Self {
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
