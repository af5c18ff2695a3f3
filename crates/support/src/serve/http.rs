//! Streamable HTTP: `/mcp` for both revisions, `/healthz` and `/readyz`, and a shutdown in two phases.

use std::{sync::Arc, time::Duration};

use anyhow::Context as _;
use axum::{
    Router,
    http::{HeaderName, HeaderValue, Method, StatusCode, header, request::Parts},
    routing::{any, get},
};
use rmcp::{
    ServerHandler,
    transport::{StreamableHttpServerConfig, StreamableHttpService, streamable_http_server::session::SessionStore},
};
use tokio::net::TcpListener;
use tokio_util::sync::CancellationToken;
use tower::Layer;
use tower_http::cors::{AllowHeaders, AllowOrigin, Cors, CorsLayer};

use super::{
    Limits, Ready, Server,
    body::Bodies,
    connections::{self, FromClient},
    direct::Direct,
    endpoint::{Endpoint, mcp},
    gate::{Gate, Gated},
    sessions::CappedSessions,
    shared_sessions::BoundStore,
};
use crate::{cli::HttpArgs, shutdown};

/// How long answers may take to leave after the last call has ended, and streams after they were told to end.
const FLUSH: Duration = Duration::from_secs(1);

impl<H: ServerHandler + Clone> Server<H> {
    /// Serves on `args.bind` until SIGINT or SIGTERM, then lets calls in flight finish.
    ///
    /// # Errors
    /// The address cannot be listened on.
    pub async fn http(self, args: &HttpArgs) -> anyhow::Result<()> {
        let listener = TcpListener::bind(args.bind).await.with_context(|| format!("cannot listen on {}", args.bind))?;
        let address = listener.local_addr()?;
        // Written before serving: the kernel already queues connections.
        let stop = shutdown::signal();
        eprintln!("listening on http://{address}/mcp");
        self.http_on(listener, args, stop).await
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
        let service = self.service(args, streams.clone());

        let serving = connections::accept(listener, |_| service.clone(), &limits, &shared.closing);
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

    fn service(self, args: &HttpArgs, streams: CancellationToken) -> Gated<Cors<Router>> {
        let Self { hardened, limits, routes, streamed, front, access, ready, session_store, shortcut } = self;
        let shared = hardened.shared().clone();
        let mut config = StreamableHttpServerConfig::default()
            // The gate has checked both, before the body was read.
            .disable_allowed_hosts()
            .disable_allowed_origins()
            // Plain JSON where nothing is streamed; an answer that is preceded by a notification is still a stream.
            .with_json_response(!streamed)
            // An event invites a client to come back only where the session keeps the rest for it.
            .with_sse_retry(None)
            .with_max_request_body_bytes(limits.message_bytes)
            .with_legacy_session_mode(!args.stateless)
            .with_cancellation_token(streams.clone());
        let session_store = session_store.map(|store| Arc::new(BoundStore(store)));
        config.session_store = session_store.clone().map(|store| store as Arc<dyn SessionStore>);
        let info = ServerHandler::get_info(&hardened).server_info;
        let sessions = Arc::new(CappedSessions::new(&limits, front.clone()));
        let open = access.as_ref().map(|access| access.routes()).unwrap_or_default();
        let endpoint = Endpoint {
            direct: (!streamed).then(|| Direct::new(hardened.instance(), args.stateless, streams)),
            service: StreamableHttpService::new(move || Ok(hardened.instance()), sessions.clone(), config),
            sessions,
            session_store,
            bodies: Bodies::new(&limits),
            front,
            shared: shared.clone(),
            shortcut: shortcut.filter(|_| access.is_none()),
            access,
        };
        let about = format!("{} {}: a Model Context Protocol server. Its endpoint is /mcp\n", info.name, info.version);
        let router = Router::new()
            .route("/mcp", any(mcp::<H>).with_state(Arc::new(endpoint)))
            .route("/", get(move || async move { about }))
            .merge(health(shared.closing.clone(), ready))
            .merge(open)
            .merge(routes);
        gated(args, router)
    }
}

/// Serves `routes` alone, with no endpoint for the protocol: behind the same checks of `Host` and `Origin`, the same limits
/// on heads and connections, beside the same `/healthz` and `/readyz`. After `end`, requests in flight may finish until
/// the deadline in `args`. A handler finds the address of its client as `ConnectInfo<SocketAddr>` in its request.
///
/// # Errors
/// `end` failed.
pub async fn routes_on(
    listener: TcpListener,
    routes: Router,
    args: &HttpArgs,
    limits: &Limits,
    end: impl Future<Output = std::io::Result<()>>,
) -> anyhow::Result<()> {
    let closing = CancellationToken::new();
    let service = gated(args, routes.merge(health(closing.clone(), Arc::new(|| true))));
    let serving = connections::accept(listener, |client| FromClient::new(client, service.clone()), limits, &closing);
    let ending = async {
        let result = end.await;
        closing.cancel();
        result
    };
    let (open, result) = tokio::join!(serving, ending);
    result.context("cannot wait for a signal")?;
    if tokio::time::timeout(args.drain(), open.shutdown()).await.is_err() {
        tracing::warn!("cut off requests that did not finish in time");
    }
    Ok(())
}

fn gated(args: &HttpArgs, router: Router) -> Gated<Cors<Router>> {
    let gate = Gate::new(&args.allow_hosts, &args.allow_origins);
    // Around the router, not on each of its routes: no future is boxed for them.
    Gated::new(gate.clone(), cors(gate).layer(router))
}

fn health(closing: CancellationToken, wanted: Ready) -> Router {
    let ready = move || {
        let answer = if closing.is_cancelled() {
            (StatusCode::SERVICE_UNAVAILABLE, "closing\n")
        } else if !wanted() {
            (StatusCode::SERVICE_UNAVAILABLE, "draining\n")
        } else {
            (StatusCode::OK, "ready\n")
        };
        std::future::ready(answer)
    };
    Router::new().route("/healthz", get(|| async { "ok\n" })).route("/readyz", get(ready))
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
        .expose_headers([
            HeaderName::from_static("mcp-session-id"),
            HeaderName::from_static("dpop-nonce"),
            header::WWW_AUTHENTICATE,
        ])
}
