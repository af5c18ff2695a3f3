//! A layer in front of the SDK, for parts of 2025-11-25 that its parser drops. It sees the messages of a client before
//! they are parsed, and those of the server before they are written.

use std::sync::Arc;

use bytes::Bytes;
use rmcp::model::ServerJsonRpcMessage;
use serde_json::Value;

use super::PROTOCOL_VERSION;

/// What stands in front. It is asked only for messages of 2025-11-25.
pub trait Front: Send + Sync {
    /// Whether these bytes could be a message that [`incoming`](Self::incoming) changes. Asked for every message, so a
    /// look at the bytes has to do.
    fn may_concern(&self, bytes: &[u8]) -> bool;

    /// Changes a request before it is parsed, and says whether it did.
    fn incoming(&self, request: &mut Value) -> bool;

    /// Changes an answer before it is written.
    fn outgoing(&self, message: ServerJsonRpcMessage) -> ServerJsonRpcMessage;
}

/// No layer, or one.
#[derive(Clone, Default)]
pub(super) struct Fronted(pub(super) Option<Arc<dyn Front>>);

impl Fronted {
    /// The bytes to parse instead of these, where there are others.
    pub(super) fn incoming(&self, bytes: &[u8]) -> Option<Bytes> {
        let front = self.0.as_ref().filter(|front| front.may_concern(bytes))?;
        let mut request: Value = serde_json::from_slice(bytes).ok()?;
        // Spec(2026-07-28, basic): each request names its version in `_meta`. What names none is of the older revision.
        let is_legacy = request["params"]["_meta"].get(PROTOCOL_VERSION).is_none();
        (is_legacy && front.incoming(&mut request)).then(|| request.to_string().into())
    }

    pub(super) fn outgoing(&self, message: ServerJsonRpcMessage) -> ServerJsonRpcMessage {
        match &self.0 {
            Some(front) => front.outgoing(message),
            None => message,
        }
    }

    /// The same for a message that others may hold.
    pub(super) fn outgoing_shared(&self, message: Arc<ServerJsonRpcMessage>) -> Arc<ServerJsonRpcMessage> {
        match &self.0 {
            Some(front) => front.outgoing(Arc::unwrap_or_clone(message)).into(),
            None => message,
        }
    }
}
