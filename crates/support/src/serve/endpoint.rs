//! What becomes of a request to `/mcp`.

use std::sync::Arc;

use axum::{
    body::Body,
    extract::{Request, State},
    http::{HeaderMap, Method, StatusCode, header, request::Parts},
    response::{IntoResponse, Response},
};
use bytes::Bytes;
use futures::StreamExt;
use http_body_util::{BodyExt, Empty, Full};
use rmcp::{ErrorData, ServerHandler, transport::StreamableHttpService};
use serde_json::{Value, json};
use tokio_util::sync::CancellationToken;

use super::{
    Gone,
    access::{Access, Admitted, Operation, Read, Until},
    around,
    body::{Bodies, discard, refuse_body},
    direct::Direct,
    front::Fronted,
    sessions::CappedSessions,
    shared_sessions::{BoundStore, on_behalf_of},
    shortcut::Shortcut,
    unreadable,
};
use crate::harden::{Hardened, Shared};

/// What the endpoint's requests share.
pub(super) struct Endpoint<H> {
    /// None where every answer has to be a stream.
    pub(super) direct: Option<Direct<H>>,
    pub(super) service: StreamableHttpService<Hardened<H>, CappedSessions>,
    pub(super) sessions: Arc<CappedSessions>,
    /// None where a session lives on this server only.
    pub(super) session_store: Option<Arc<BoundStore>>,
    pub(super) bodies: Bodies,
    pub(super) front: Fronted,
    pub(super) shared: Arc<Shared>,
    /// None where everyone who reaches the port may call.
    pub(super) access: Option<Arc<dyn Access>>,
    /// None where the SDK or the short way answers everything, and where requests are authenticated.
    pub(super) shortcut: Option<Arc<dyn Shortcut>>,
}

pub(super) async fn mcp<H: ServerHandler + Clone>(
    State(endpoint): State<Arc<Endpoint<H>>>,
    request: Request,
) -> Response {
    if endpoint.shared.closing.is_cancelled() {
        return closing();
    }
    let (mut parts, body) = request.into_parts();
    if let Some(access) = &endpoint.access {
        if let Err(refusal) = access.admit(&mut parts).await {
            discard(&parts.headers, body).await;
            return *refusal;
        }
        parts.extensions.insert(Admitted(access.clone()));
    }
    if let Err(refusal) = owned(&endpoint, &parts).await {
        return *refusal;
    }
    // The SDK's futures are large: on the heap they do not cost the requests that go the short way.
    if parts.method != Method::POST {
        if let Err(refusal) = permit(&endpoint, &mut parts, Operation::NONE).await {
            return *refusal;
        }
        return Box::pin(stream(&endpoint, parts)).await;
    }
    let read = match endpoint.bodies.read(&parts.headers, body).await {
        Ok(read) => read,
        Err(status) => return refuse_body(status),
    };
    // From the body, in both revisions: a header can say something else, and 2025-11-25 has none.
    if endpoint.access.is_some() {
        let said = Read::body(&read.bytes);
        let operation = said.as_ref().map_or(Operation::NONE, Read::operation);
        if let Err(refusal) = permit(&endpoint, &mut parts, operation).await {
            return *refusal;
        }
    }
    if let Some(share) = read.share {
        parts.extensions.insert(share);
    }
    if let Some(shortcut) = &endpoint.shortcut {
        match session(&parts.headers) {
            None => {
                let answering = shortcut.answer(&mut parts, &read.bytes);
                if let Some(response) = endpoint.shared.counted(answering, broken).await {
                    return response;
                }
            }
            Some(id) => {
                let is_only_here = endpoint.session_store.is_none();
                if let Some(call) = is_only_here.then(|| endpoint.sessions.around(id, &read.bytes)).flatten() {
                    return in_session(endpoint.clone(), shortcut.clone(), call, parts, read.bytes).await;
                }
            }
        }
    }
    if let Some(direct) = &endpoint.direct
        && let Some(ready) = direct.read(&parts.headers, &read.bytes)
    {
        return direct.answer(ready, parts).await.unwrap_or_else(closing);
    }
    Box::pin(through_sdk(&endpoint, parts, read.bytes)).await
}

/// The answer to a call of a session: a shortcut's, or the SDK's.
///
/// Spec(2025-11-25, transports): a client that is gone has not cancelled its call. So the call is a task of its own; it is
/// counted like any other, and the shortcut ends it, or the session.
async fn in_session<H: ServerHandler + Clone>(
    endpoint: Arc<Endpoint<H>>,
    shortcut: Arc<dyn Shortcut>,
    call: around::Call,
    mut parts: Parts,
    body: Bytes,
) -> Response {
    parts.extensions.insert(call.client.clone());
    let answering = tokio::spawn(async move {
        let answer = tokio::select! {
            biased;
            () = call.over.cancelled() => Some(nothing()),
            answer = endpoint.shared.counted(shortcut.answer(&mut parts, &body), broken) => answer,
        };
        // From here on the SDK knows of it.
        drop(call);
        match answer {
            Some(response) => response,
            None => Box::pin(through_sdk(&endpoint, parts, body)).await,
        }
    });
    answering.await.unwrap_or_else(|_| broken())
}

/// To a call that was cancelled: events that end before there is one.
fn nothing() -> Response {
    ([(header::CONTENT_TYPE, "text/event-stream")], Body::empty()).into_response()
}

async fn permit<H>(endpoint: &Endpoint<H>, parts: &mut Parts, operation: Operation<'_>) -> Result<(), Box<Response>> {
    let Some(access) = &endpoint.access else { return Ok(()) };
    access.permit(&parts.extensions, operation)?;
    access.prepare(parts, operation).await
}

/// Refuses a session that is somebody else's, here or in the store that this server takes sessions over from. Asked before
/// the SDK is: of two that ask for the same session at a time, it would look only at the first.
async fn owned<H>(endpoint: &Endpoint<H>, parts: &Parts) -> Result<(), Box<Response>> {
    let Some(id) = session(&parts.headers) else { return Ok(()) };
    let caller = super::caller(&parts.extensions);
    let not_found = || Box::new((StatusCode::NOT_FOUND, "Not Found: Session not found").into_response());
    if !endpoint.sessions.is_open_to(id, &caller) {
        return Err(not_found());
    }
    let Some(store) = endpoint.session_store.as_ref().filter(|_| !endpoint.sessions.is_here(id)) else { return Ok(()) };
    match store.has(&caller, id).await {
        Ok(true) => Ok(()),
        Ok(false) => Err(not_found()),
        Err(error) => {
            tracing::warn!(%error, "cannot look for a session");
            let retry = [(header::RETRY_AFTER, "1")];
            let text = "sessions cannot be taken over right now; try again in a second\n";
            Err(Box::new((StatusCode::SERVICE_UNAVAILABLE, retry, text).into_response()))
        }
    }
}

/// Anything but a POST: a session's own stream, or its end.
async fn stream<H: ServerHandler + Clone>(endpoint: &Endpoint<H>, parts: Parts) -> Response {
    // A session's own stream stays open; there is room for only so many.
    let room = (parts.method == Method::GET).then(|| endpoint.shared.streams.clone().try_acquire_owned().ok());
    if let Some(None) = room {
        return (StatusCode::SERVICE_UNAVAILABLE, "too many streams are open\n").into_response();
    }
    let until = parts.extensions.get().copied();
    let caller = super::caller(&parts.extensions);
    let handling = endpoint.service.handle(Request::from_parts(parts, Empty::<Bytes>::new()));
    let response = on_behalf_of(caller, handling).await;
    response.map(|body| {
        let body = Guarded { body, _guard: room.flatten() };
        if until.is_none() {
            return Body::new(body);
        }
        Body::from_stream(body.into_data_stream().take_until(Until::passed(until)))
    })
}

async fn through_sdk<H: ServerHandler + Clone>(endpoint: &Endpoint<H>, parts: Parts, body: Bytes) -> Response {
    let caller = super::caller(&parts.extensions);
    let response = answer(endpoint, parts, body).await;
    if let Some(opened) = session(response.headers()) {
        endpoint.sessions.bind(opened, &caller);
    }
    response
}

fn session(headers: &HeaderMap) -> Option<&str> {
    headers.get("mcp-session-id")?.to_str().ok()
}

fn broken() -> Response {
    refuse(&Value::Null, &ErrorData::internal_error("internal error", None))
}

fn closing() -> Response {
    let retry = [(header::RETRY_AFTER, "1"), (header::CONNECTION, "close")];
    (StatusCode::SERVICE_UNAVAILABLE, retry, "the server is shutting down\n").into_response()
}

/// Hands one message to the SDK, and mends what it makes of bodies that it cannot read.
async fn answer<H: ServerHandler + Clone>(endpoint: &Endpoint<H>, mut parts: Parts, body: Bytes) -> Response {
    let says_json = is_json(&parts.headers);
    // In 2026-07-28 a client that closes its response has cancelled its call; in 2025-11-25 the call goes on (but its
    // answer is not kept for a client that comes back for it).
    let gone = speaks_modern(&parts.headers).then(CancellationToken::new);
    if let Some(gone) = &gone {
        parts.extensions.insert(Gone(gone.clone()));
    }
    let guard = gone.map(CancellationToken::drop_guard);
    let body = if guard.is_none() { endpoint.front.incoming(&body).unwrap_or(body) } else { body };
    let caller = super::caller(&parts.extensions);
    let handling = endpoint.service.handle(Request::from_parts(parts, Full::new(body.clone())));
    let response = on_behalf_of(caller, handling).await;
    match response.status() {
        StatusCode::INTERNAL_SERVER_ERROR if endpoint.shared.closing.is_cancelled() => return closing(),
        StatusCode::UNSUPPORTED_MEDIA_TYPE if says_json => return unreadable(&body),
        StatusCode::ACCEPTED => {
            if let Some(error) = unreadable::has_unusable_id(&body) {
                return refuse(&Value::Null, &error);
            }
        }
        _ => {}
    }
    response.map(|body| Body::new(Guarded { body, _guard: guard }))
}

/// The SDK answers 415 to a body that is no message. A malformed notification is accepted like any other: nobody waits
/// for an answer to it.
fn unreadable(body: &[u8]) -> Response {
    match unreadable::explain(body) {
        Some((id, error)) => refuse(&id, &error),
        None => StatusCode::ACCEPTED.into_response(),
    }
}

fn refuse(id: &Value, error: &ErrorData) -> Response {
    let error = json!({ "jsonrpc": "2.0", "id": id, "error": error });
    (StatusCode::BAD_REQUEST, axum::Json(error)).into_response()
}

fn is_json(headers: &HeaderMap) -> bool {
    let essence = headers.get(header::CONTENT_TYPE).and_then(|value| value.to_str().ok()?.split(';').next());
    essence.is_some_and(|essence| essence.trim().eq_ignore_ascii_case("application/json"))
}

fn speaks_modern(headers: &HeaderMap) -> bool {
    let version = headers.get("mcp-protocol-version").and_then(|value| value.to_str().ok());
    version.is_some_and(|version| version >= "2026-07-28")
}

/// A response body that tells by being dropped that the client has gone, or that its place is free.
struct Guarded<B, G> {
    body: B,
    _guard: Option<G>,
}

impl<B: http_body::Body<Data = Bytes> + Unpin, G: Unpin> http_body::Body for Guarded<B, G> {
    type Data = Bytes;
    type Error = B::Error;

    fn poll_frame(
        mut self: std::pin::Pin<&mut Self>,
        context: &mut std::task::Context<'_>,
    ) -> std::task::Poll<Option<Result<http_body::Frame<Bytes>, B::Error>>> {
        std::pin::Pin::new(&mut self.body).poll_frame(context)
    }

    fn is_end_stream(&self) -> bool {
        self.body.is_end_stream()
    }

    fn size_hint(&self) -> http_body::SizeHint {
        self.body.size_hint()
    }
}
