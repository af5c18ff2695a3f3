//! The short way for a request whose answer is a single message.
//!
//! The SDK serves each request that has no session as a connection of its own, with a task, two queues and a peer, so
//! that notifications can precede the answer. A request that asked for none is handed to the handler here, by the
//! same entry that the SDK uses, and costs two fifths. Only the form that every client sends comes this way; whatever is
//! missing, malformed, or merely spelled in another way is left to the SDK, and so are all rules about it.

mod lists;
mod nowhere;
mod plain;
mod stream;

use axum::{
    http::{HeaderMap, StatusCode, header, request::Parts},
    response::{IntoResponse, Response},
};
use rmcp::{
    ErrorData, Peer, RoleServer, ServerHandler,
    model::{
        CallToolResult, ClientRequest, ContentBlock, ErrorCode, RequestId, ServerJsonRpcMessage, ServerResult,
        SubscriptionFilter,
    },
    service::{RequestContext, Service},
};
use tokio_util::sync::CancellationToken;

use self::{lists::Lists, nowhere::Nowhere, plain::Plain, stream::Subscription};
use crate::{
    harden::{Hardened, SERVER_BUSY},
    serve::Until,
};

/// Hands plain requests to the handler.
pub(super) struct Direct<H> {
    handler: Hardened<H>,
    nowhere: Nowhere,
    /// Answers to list requests, where the policy allows to keep them.
    lists: Option<Lists>,
    /// Whether requests of 2025-11-25 have no session either.
    stateless: bool,
    /// Cancelled when a shutdown cuts what is still open.
    streams: CancellationToken,
}

/// A request that goes the short way, and the client that its handler sees.
pub(super) struct Ready {
    plain: Plain,
    peer: Peer<RoleServer>,
}

impl<H: ServerHandler + Clone> Direct<H> {
    pub(super) fn new(handler: Hardened<H>, stateless: bool, streams: CancellationToken) -> Self {
        let lists = handler.shared().kept_lists().map(Lists::new);
        Self { handler, nowhere: Nowhere::new(), lists, stateless, streams }
    }

    /// The request, if it can go the short way.
    pub(super) fn read(&self, headers: &HeaderMap, body: &[u8]) -> Option<Ready> {
        let plain = Plain::read(headers, body, self.stateless, |tool| self.handler.get_tool(tool))?;
        let listens = matches!(plain.request, ClientRequest::SubscriptionsListenRequest(_));
        if listens && (plain.version.has_initialize() || self.handler.shared().changes().is_none()) {
            return None;
        }
        let peer = self.nowhere.peer(plain.version)?;
        Some(Ready { plain, peer })
    }

    /// The handler's answer. `None` when the server ended before there was one.
    pub(super) async fn answer(&self, Ready { plain, peer }: Ready, parts: Parts) -> Option<Response> {
        let Plain { id, version, request, meta, list } = plain;
        if let ClientRequest::SubscriptionsListenRequest(request) = &request {
            return Some(self.listen(id, &request.params.notifications, parts.extensions.get().copied()));
        }
        tracing::debug!(%id, method = request.method(), "a request goes the short way");
        let keep = list.zip(self.lists.as_ref()).map(|(method, lists)| {
            let key = lists::Key {
                method,
                version: version.as_str(),
                principal: super::caller(&parts.extensions),
                granted: parts.extensions.get().cloned(),
            };
            (lists, lists.generation(), key)
        });
        if let Some((lists, generation, key)) = &keep
            && let Some(kept) = lists.get(*generation, key)
        {
            return Some(lists::message(&id, &kept).map_or_else(broken, json));
        }

        let mut context = RequestContext::new(id.clone(), peer);
        context.meta = meta;
        context.extensions.insert(parts);
        // Whatever still works for this call when it is over, or when its client has gone, is told so.
        let _over = context.ct.clone().drop_guard();
        let result = tokio::select! {
            biased;
            result = self.handler.handle_request(request, context) => result,
            () = self.streams.cancelled() => return None,
        };
        let response = match result {
            Ok(result) => {
                if let Some((lists, generation, key)) = keep {
                    lists.keep(generation, key, &result);
                }
                let expected = expected_bytes(&result);
                write(&ServerJsonRpcMessage::response(result, id), expected).map_or_else(broken, json)
            }
            Err(error) => {
                tracing::debug!(code = error.code.0, message = %error.message, "answered with an error");
                let status = if version.has_initialize() { StatusCode::OK } else { status(error.code) };
                let message = ServerJsonRpcMessage::error(error, Some(id));
                write(&message, SMALL).map_or_else(broken, |bytes| (status, json(bytes)).into_response())
            }
        };
        Some(response)
    }
}

impl<H: ServerHandler + Clone> Direct<H> {
    /// A stream of changes. Not guarded: a subscription has no deadline, and a shutdown does not wait for it.
    fn listen(&self, id: RequestId, requested: &SubscriptionFilter, until: Option<Until>) -> Response {
        let shared = self.handler.shared();
        let info = ServerHandler::get_info(&self.handler);
        let open = shared.changes().zip(shared.streams.clone().try_acquire_owned().ok());
        let Some((changes, room)) = open else {
            let busy = ErrorData::new(SERVER_BUSY, "too many subscriptions are open", None);
            return write(&ServerJsonRpcMessage::error(busy, Some(id)), SMALL).map_or_else(broken, json);
        };
        let (accepted, changes, interest) = changes.watch(requested);
        let subscription = Subscription {
            id,
            accepted: requested.intersection(&accepted).supported_by(&info.capabilities),
            changes,
            interest,
            closing: shared.closing.clone(),
            cut: self.streams.clone(),
            until,
            server: info.server_info,
            room,
        };
        subscription.into_response()
    }
}

/// Bytes of an answer without its content.
const SMALL: usize = 512;

/// About how many bytes a result takes, so that a large one is not copied while it grows.
fn expected_bytes(result: &ServerResult) -> usize {
    let ServerResult::CallToolResult(CallToolResult { content, .. }) = result else { return SMALL };
    let bytes = content.iter().map(|block| match block {
        ContentBlock::Text(text) => text.text.len(),
        ContentBlock::Image(image) => image.data.len(),
        ContentBlock::Audio(audio) => audio.data.len(),
        _ => 0,
    });
    SMALL + bytes.sum::<usize>()
}

fn write(message: &ServerJsonRpcMessage, expected: usize) -> serde_json::Result<Vec<u8>> {
    let mut bytes = Vec::with_capacity(expected);
    serde_json::to_writer(&mut bytes, message)?;
    Ok(bytes)
}

fn json(bytes: Vec<u8>) -> Response {
    let kind = header::HeaderValue::from_static("application/json");
    ([(header::CONTENT_TYPE, kind)], bytes).into_response()
}

fn broken(error: serde_json::Error) -> Response {
    tracing::error!(%error, "cannot write an answer");
    let message = ServerJsonRpcMessage::error(ErrorData::internal_error("internal error", None), None);
    json(write(&message, SMALL).unwrap_or_default())
}

/// Spec(2026-07-28, transports): which errors are also errors of HTTP.
fn status(code: ErrorCode) -> StatusCode {
    match code {
        ErrorCode::UNSUPPORTED_PROTOCOL_VERSION
        | ErrorCode::MISSING_REQUIRED_CLIENT_CAPABILITY
        | ErrorCode::HEADER_MISMATCH => StatusCode::BAD_REQUEST,
        ErrorCode::METHOD_NOT_FOUND => StatusCode::NOT_FOUND,
        _ => StatusCode::OK,
    }
}
