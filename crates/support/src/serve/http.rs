//! Streamable HTTP: `/mcp` for both revisions, `/healthz` and `/readyz`, and a shutdown in two phases.

use std::{sync::Arc, time::Duration};

use anyhow::Context as _;
use axum::{
    Router,
    body::Body,
    extract::{Request, State},
    http::{HeaderMap, HeaderName, HeaderValue, Method, StatusCode, header, request::Parts},
    middleware,
    response::{IntoResponse, Response},
    routing::{any, get},
};
use bytes::Bytes;
use http_body_util::{Empty, Full};
use rmcp::{
    ErrorData, ServerHandler,
    transport::{StreamableHttpServerConfig, StreamableHttpService},
};
use serde_json::{Value, json};
use tokio::net::TcpListener;
use tokio_util::sync::CancellationToken;
use tower_http::cors::{AllowHeaders, AllowOrigin, CorsLayer};

use super::{Gone, Server, body::Bodies, connections, gate, gate::Gate, sessions::CappedSessions, unreadable};
use crate::{
    cli::HttpArgs,
    harden::{Hardened, Shared},
    shutdown,
};

/// How long answers may take to leave after the last call has ended, and streams after they were told to end.
const FLUSH: Duration = Duration::from_secs(1);

/// What the endpoint's requests share.
struct Endpoint<H> {
    service: StreamableHttpService<Hardened<H>, CappedSessions>,
    sessions: Arc<CappedSessions>,
    bodies: Bodies,
    shared: Arc<Shared>,
}

impl<H: ServerHandler + Clone> Server<H> {
    /// Serves on `args.bind` until SIGINT or SIGTERM, then lets calls in flight finish.
    ///
    /// # Errors
    /// The address cannot be listened on.
    pub async fn http(self, args: &HttpArgs) -> anyhow::Result<()> {
        let listener = TcpListener::bind(args.bind).await.with_context(|| format!("cannot listen on {}", args.bind))?;
        let address = listener.local_addr()?;
        // Written before serving: the kernel already queues connections.
        eprintln!("listening on http://{address}/mcp");
        self.http_on(listener, args, shutdown::signal()).await
    }

    /// Serves on `listener` until `end` completes, then lets calls in flight finish.
    ///
    /// # Errors
    /// `end` failed.
    pub async fn http_on(
        self,
        listener: TcpListener,
        args: &HttpArgs,
        end: impl Future<Output = std::io::Result<()>>,
    ) -> anyhow::Result<()> {
        let shared = self.hardened.shared().clone();
        let limits = self.limits.clone();
        // Cancelled last: it cuts every stream that is still open.
        let streams = CancellationToken::new();
        let router = self.router(args, streams.clone());

        let serving = connections::accept(listener, router, &limits, &shared.closing);
        let ending = async {
            let result = end.await;
            shared.closing.cancel();
            result
        };
        let (open, result) = tokio::join!(serving, ending);
        result.context("cannot wait for a signal")?;

        // Phase one: nothing new; subscriptions end themselves; calls in flight go on.
        let mut finished = std::pin::pin!(open.shutdown());
        shared.calls.close();
        let drained = tokio::select! {
            () = &mut finished => return Ok(()),
            drained = tokio::time::timeout(args.drain(), shared.calls.wait()) => drained.is_ok(),
        };
        if !drained {
            tracing::warn!(calls = shared.calls.len(), "cut off calls that did not finish in time");
        } else if tokio::time::timeout(FLUSH, &mut finished).await.is_ok() {
            return Ok(());
        }
        // Phase two: what is still open is a stream that would stay open forever, or a call that took too long.
        streams.cancel();
        let _ = tokio::time::timeout(FLUSH, finished).await;
        Ok(())
    }

    fn router(self, args: &HttpArgs, streams: CancellationToken) -> Router {
        let Self { hardened, limits, routes, streamed } = self;
        let shared = hardened.shared().clone();
        let gate = Gate::new(&args.allow_hosts, &args.allow_origins);
        let config = StreamableHttpServerConfig::default()
            // The gate has checked both, before the body was read.
            .disable_allowed_hosts()
            .disable_allowed_origins()
            // Plain JSON where nothing is streamed; an answer that is preceded by a notification is still a stream.
            .with_json_response(!streamed)
            // An event invites a client to come back only where the session keeps the rest for it.
            .with_sse_retry(None)
            .with_max_request_body_bytes(limits.message_bytes)
            .with_cancellation_token(streams);
        let info = ServerHandler::get_info(&hardened).server_info;
        let sessions = Arc::new(CappedSessions::new(&limits));
        let endpoint = Endpoint {
            service: StreamableHttpService::new(move || Ok(hardened.instance()), sessions.clone(), config),
            sessions,
            bodies: Bodies::new(limits.message_bytes, limits.all_bodies_bytes, limits.body_time),
            shared: shared.clone(),
        };
        let about = format!("{} {}: a Model Context Protocol server. Its endpoint is /mcp\n", info.name, info.version);
        Router::new()
            .route("/mcp", any(mcp::<H>).with_state(Arc::new(endpoint)))
            .route("/", get(move || async move { about }))
            .route("/healthz", get(|| async { "ok\n" }))
            .route(
                "/readyz",
                get(move || async move {
                    if shared.closing.is_cancelled() {
                        (StatusCode::SERVICE_UNAVAILABLE, "closing\n")
                    } else {
                        (StatusCode::OK, "ready\n")
                    }
                }),
            )
            .merge(routes)
            .layer(cors(gate.clone()))
            .layer(middleware::from_fn_with_state(gate, gate::check))
    }
}

async fn mcp<H: ServerHandler + Clone>(State(endpoint): State<Arc<Endpoint<H>>>, request: Request) -> Response {
    if endpoint.shared.closing.is_cancelled() {
        return closing();
    }
    let (mut parts, body) = request.into_parts();
    let caller = super::caller(&parts.extensions);
    if session(&parts.headers).is_some_and(|id| !endpoint.sessions.is_open_to(id, &caller)) {
        return (StatusCode::NOT_FOUND, "Not Found: Session not found").into_response();
    }
    if parts.method != Method::POST {
        // A session's own stream stays open; there is room for only so many.
        let room = (parts.method == Method::GET).then(|| endpoint.shared.streams.clone().try_acquire_owned().ok());
        if let Some(None) = room {
            return (StatusCode::SERVICE_UNAVAILABLE, "too many streams are open\n").into_response();
        }
        let response = endpoint.service.handle(Request::from_parts(parts, Empty::<Bytes>::new())).await;
        return response.map(|body| Body::new(Guarded { body, _guard: room.flatten() }));
    }
    let read = match endpoint.bodies.read(&parts.headers, body).await {
        Ok(read) => read,
        Err(status) => return refuse_body(status),
    };
    if let Some(share) = read.share {
        parts.extensions.insert(share);
    }
    let response = answer(&endpoint, parts, read.bytes).await;
    if let Some(opened) = session(response.headers()) {
        endpoint.sessions.bind(opened, &caller);
    }
    response
}

fn session(headers: &HeaderMap) -> Option<&str> {
    headers.get("mcp-session-id")?.to_str().ok()
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
    let response = endpoint.service.handle(Request::from_parts(parts, Full::new(body.clone()))).await;
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

fn refuse_body(status: StatusCode) -> Response {
    let reason = match status {
        StatusCode::PAYLOAD_TOO_LARGE => "the message is too large\n",
        StatusCode::REQUEST_TIMEOUT => "the message took too long to arrive\n",
        StatusCode::SERVICE_UNAVAILABLE => "too many messages are being read\n",
        _ => "the message broke off\n",
    };
    // The rest of the body is not read, so the connection cannot be used again.
    (status, [(header::CONNECTION, "close")], reason).into_response()
}

fn is_json(headers: &HeaderMap) -> bool {
    let essence = headers.get(header::CONTENT_TYPE).and_then(|value| value.to_str().ok()?.split(';').next());
    essence.is_some_and(|essence| essence.trim().eq_ignore_ascii_case("application/json"))
}

fn speaks_modern(headers: &HeaderMap) -> bool {
    let version = headers.get("mcp-protocol-version").and_then(|value| value.to_str().ok());
    version.is_some_and(|version| version >= "2026-07-28")
}

/// Web pages of allowed origins may call, and may read the headers of the protocol.
fn cors(gate: Gate) -> CorsLayer {
    CorsLayer::new()
        .allow_origin(AllowOrigin::predicate(move |origin: &HeaderValue, _: &Parts| {
            origin.to_str().is_ok_and(|origin| gate.allows_origin(origin))
        }))
        .allow_methods([Method::GET, Method::POST, Method::DELETE])
        // `Mcp-Param-*` headers have any name (2026-07-28), so what a page asks for is what it may send.
        .allow_headers(AllowHeaders::mirror_request())
        .expose_headers([HeaderName::from_static("mcp-session-id"), header::WWW_AUTHENTICATE])
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
