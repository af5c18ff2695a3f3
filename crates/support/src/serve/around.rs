//! Calls of a 2025-11-25 session that a shortcut answers. What the SDK would know of them is known here: whether the session
//! has begun, what may be told in it, which of its calls can be cancelled, and that it is in use.

use std::{
    collections::HashMap,
    sync::{Arc, Mutex, PoisonError},
    time::Duration,
};

use rmcp::{
    model::{
        ClientJsonRpcMessage, ClientNotification, ClientRequest, JsonRpcMessage, ProtocolVersion, RequestId,
        ServerJsonRpcMessage, ServerResult,
    },
    transport::streamable_http_server::session::SessionId,
};
use serde::Deserialize;
use tokio::time::Instant;
use tokio_util::sync::{CancellationToken, DropGuard};

use super::sessions::used::{Busy, Used};

/// What is known of a session.
pub(super) struct Plain {
    client: SessionClient,
    has_begun: bool,
    wants_logs: bool,
    /// When the SDK last saw a message of the session: it counts the silence after which a session ends.
    heard: Instant,
    /// Calls that are going on. Dropping a guard cancels its call.
    calls: HashMap<RequestId, DropGuard>,
}

/// What the client of a session can, as JSON: the `capabilities` of its `initialize`. In the extensions of a request in a
/// session that a [`Shortcut`](super::Shortcut) is asked for.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct SessionClient(pub Arc<str>);

/// A call that is going on. It ends when this is dropped.
pub(super) struct Call {
    used: Arc<Mutex<Used>>,
    session: SessionId,
    id: RequestId,
    /// Cancelled when the client has cancelled the call, or the session has ended.
    pub(super) over: CancellationToken,
    pub(super) client: SessionClient,
    _busy: Busy,
}

/// What a client says of itself as it opens a session.
pub(super) fn client(message: &ClientJsonRpcMessage) -> Option<SessionClient> {
    let JsonRpcMessage::Request(request) = message else { return None };
    let ClientRequest::InitializeRequest(initialize) = &request.request else { return None };
    serde_json::to_string(&initialize.params.capabilities).ok().map(|capabilities| SessionClient(capabilities.into()))
}

impl Plain {
    /// A session that has been opened by this client, with this answer.
    pub(super) fn opened(client: SessionClient, answer: &ServerJsonRpcMessage) -> Option<Self> {
        let JsonRpcMessage::Response(response) = answer else { return None };
        let ServerResult::InitializeResult(result) = &response.result else { return None };
        let speaks = result.protocol_version == ProtocolVersion::V_2025_11_25;
        speaks.then(|| Self {
            client,
            has_begun: false,
            wants_logs: false,
            heard: Instant::now(),
            calls: HashMap::new(),
        })
    }

    /// The SDK sees a message of the session.
    pub(super) fn hear(&mut self, message: &ClientJsonRpcMessage) {
        self.heard = Instant::now();
        match message {
            JsonRpcMessage::Request(request) => {
                self.wants_logs |= matches!(request.request, ClientRequest::SetLevelRequest(_));
            }
            JsonRpcMessage::Notification(told) => match &told.notification {
                ClientNotification::InitializedNotification(_) => self.has_begun = true,
                ClientNotification::CancelledNotification(cancelled) => {
                    cancelled.params.request_id.as_ref().map(|id| self.calls.remove(id));
                }
                _ => {}
            },
            _ => {}
        }
    }

    /// Whether a call may begin that the SDK does not see.
    fn is_open(&self, idle: Duration) -> bool {
        self.has_begun && !self.wants_logs && self.heard.elapsed() < idle / 4
    }
}

/// What is read of a call here.
#[derive(Deserialize)]
struct Head<'a> {
    id: RequestId,
    method: &'a str,
}

/// Notes a call of this session. `None` for anything that the SDK has to see: also one call now and then, so that a session
/// that is in use does not end as a silent one, which it does after `idle`.
pub(super) fn begin(used: &Arc<Mutex<Used>>, session: &str, body: &[u8], idle: Duration) -> Option<Call> {
    let Head { id, method } = serde_json::from_slice(body).ok()?;
    if method != "tools/call" {
        return None;
    }
    let over = CancellationToken::new();
    let (session, client) = {
        let mut used = used.lock().unwrap_or_else(PoisonError::into_inner);
        let (session, plain) = used.plain(session)?;
        if !plain.is_open(idle) || plain.calls.contains_key(&id) {
            return None;
        }
        plain.calls.insert(id.clone(), over.clone().drop_guard());
        (session, plain.client.clone())
    };
    let busy = Busy::new(used, &session);
    Some(Call { used: used.clone(), session, id, over, client, _busy: busy })
}

impl Drop for Call {
    fn drop(&mut self) {
        let mut used = self.used.lock().unwrap_or_else(PoisonError::into_inner);
        if let Some((_, plain)) = used.plain(&self.session) {
            plain.calls.remove(&self.id);
        }
    }
}
