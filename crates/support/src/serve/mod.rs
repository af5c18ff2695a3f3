//! The server on stdin/stdout and on Streamable HTTP: both revisions on one pipe and one URL, limits on everything that
//! a stranger controls, and a shutdown that loses no call in flight.

mod access;
mod around;
mod body;
mod connections;
mod direct;
mod endpoint;
mod front;
mod gate;
mod http;
mod kept;
mod lines;
mod said;
mod sessions;
mod shared_sessions;
mod shortcut;
mod stdio;
mod unreadable;
mod usual;

use std::{sync::Arc, time::Duration};

use rmcp::{
    RoleServer, ServerHandler, service::RequestContext, transport::streamable_http_server::session::SessionStore,
};
use tokio_util::sync::CancellationToken;

pub(crate) use self::access::permit;
use self::front::Fronted;
pub use self::{
    access::{Access, Granted, Operation, Until},
    around::SessionClient,
    body::{Bodies, BodyShare, ReadBody, discard, refuse_body},
    front::Front,
    http::routes_on,
    said::Said,
    shortcut::Shortcut,
};
use crate::harden::{Hardened, Policy};

/// Where a request of 2026-07-28 names its version, in `_meta`.
const PROTOCOL_VERSION: &str = "io.modelcontextprotocol/protocolVersion";

/// What a stranger may use up.
#[derive(Debug, Clone)]
pub struct Limits {
    /// Largest message, in bytes: a request body over HTTP, a line over stdio. Default: 4 MiB.
    pub message_bytes: usize,
    /// Request bodies that are being read, together, in bytes. One more waits. Default: 256 MiB.
    pub all_bodies_bytes: usize,
    /// Time for a client to send the whole body of a request. Default: 30 s.
    pub body_time: Duration,
    /// Time for a client to send the head of a request, and to stay silent on an open connection. Default: 30 s.
    pub head_time: Duration,
    /// A connection whose client takes no byte of an answer for this long is closed. Default: 30 s.
    pub write_stall: Duration,
    /// Connections at a time; one more waits to be accepted. Default: 2048.
    pub connections: usize,
    /// Sessions of 2025-11-25 at a time; one more ends the one that was used longest ago. Default: 1024.
    pub sessions: usize,
    /// A session of 2025-11-25 ends after this much silence. Default: 15 minutes.
    pub session_idle: Duration,
    /// Events of 2025-11-25 sessions that are kept for a client that lost its stream and comes back with
    /// `Last-Event-ID`, together, in bytes. Default: 0, and then no event invites a client to come back.
    pub kept_events_bytes: usize,
}

impl Default for Limits {
    fn default() -> Self {
        Self {
            message_bytes: 4 * 1024 * 1024,
            all_bodies_bytes: 256 * 1024 * 1024,
            body_time: Duration::from_secs(30),
            head_time: Duration::from_secs(30),
            write_stall: Duration::from_secs(30),
            connections: 2048,
            sessions: 1024,
            session_idle: Duration::from_secs(15 * 60),
            kept_events_bytes: 0,
        }
    }
}

/// A handler that is about to be served.
pub struct Server<H> {
    hardened: Hardened<H>,
    limits: Limits,
    routes: axum::Router,
    streamed: bool,
    front: Fronted,
    access: Option<Arc<dyn Access>>,
    ready: Ready,
    session_store: Option<Arc<dyn SessionStore>>,
    shortcut: Option<Arc<dyn Shortcut>>,
}

/// Whether a server wants requests, besides not being about to end.
type Ready = Arc<dyn Fn() -> bool + Send + Sync>;

impl<H: ServerHandler + Clone> Server<H> {
    /// Wraps `handler` with the guards of [`harden`](crate::harden). A clone of it serves each session, and one or more
    /// serve the requests of a revision without sessions, so a clone has to be cheap and may keep nothing of its own.
    pub fn new(handler: H, policy: Policy, limits: Limits) -> Self {
        Self {
            hardened: Hardened::new(handler, policy),
            limits,
            routes: axum::Router::new(),
            streamed: false,
            front: Fronted::default(),
            access: None,
            ready: Arc::new(|| true),
            session_store: None,
            shortcut: None,
        }
    }

    /// `/readyz` says that this server wants requests only while `ready` does.
    #[must_use]
    pub fn with_readiness(mut self, ready: impl Fn() -> bool + Send + Sync + 'static) -> Self {
        self.ready = Arc::new(ready);
        self
    }

    /// Sessions of 2025-11-25 that any server with the same store takes over, with what their handshakes said; what they have
    /// subscribed to is not kept. A session stays its owner's on every server: the store sees names that were made of the
    /// principal and the session's id.
    #[must_use]
    pub fn with_session_store(mut self, store: Arc<dyn SessionStore>) -> Self {
        self.session_store = Some(store);
        self
    }

    /// Answers every call over HTTP with an event stream, as sessions of 2025-11-25 always do. Without this, an answer of
    /// 2026-07-28 that no notification precedes is plain JSON, which costs less.
    #[must_use]
    pub fn streamed(mut self) -> Self {
        self.streamed = true;
        self
    }

    /// A layer in front of the SDK, for messages of 2025-11-25.
    #[must_use]
    pub fn with_front(mut self, front: impl Front + 'static) -> Self {
        self.front = Fronted(Some(Arc::new(front)));
        self
    }

    /// Lets only those call `/mcp` over HTTP whom `access` lets in, such as a `ResourceServer` of the feature `auth`. Other
    /// routes stay open. stdio belongs to whoever started the process.
    #[must_use]
    pub fn with_auth(mut self, access: impl Access) -> Self {
        self.access = Some(Arc::new(access));
        self
    }

    /// Requests over HTTP that `shortcut` answers without the SDK. Not asked where requests are authenticated: there the
    /// wrapper looks at scopes a second time, with what the SDK has understood.
    #[must_use]
    pub fn with_shortcut(mut self, shortcut: impl Shortcut) -> Self {
        self.shortcut = Some(Arc::new(shortcut));
        self
    }

    /// Routes of the lesson's own beside `/mcp`, behind the same checks of `Host` and `Origin`.
    #[must_use]
    pub fn with_routes(mut self, routes: axum::Router) -> Self {
        self.routes = routes;
        self
    }
}

/// Tells a call that its HTTP client has gone. Only where the revision says that this cancels the call: in 2026-07-28.
#[derive(Debug, Clone)]
pub(crate) struct Disconnect {
    gone: Option<CancellationToken>,
    until: Option<Until>,
}

/// In the extensions of an HTTP request: cancelled when its client has gone.
#[derive(Debug, Clone)]
struct Gone(CancellationToken);

impl Disconnect {
    pub(crate) fn of(context: &RequestContext<RoleServer>) -> Self {
        let parts = context.extensions.get::<::http::request::Parts>();
        let gone = parts.and_then(|parts| parts.extensions.get::<Gone>()).map(|gone| gone.0.clone());
        Self { gone, until: None }
    }

    /// The same for a stream that would stay open: it also ends with what its client was let in with.
    pub(crate) fn of_stream(context: &RequestContext<RoleServer>) -> Self {
        let parts = context.extensions.get::<::http::request::Parts>();
        Self { until: parts.and_then(|parts| parts.extensions.get().copied()), ..Self::of(context) }
    }

    pub(crate) async fn happened(&self) {
        let gone = async {
            match &self.gone {
                Some(gone) => gone.cancelled().await,
                None => std::future::pending().await,
            }
        };
        tokio::select! {
            () = gone => {}
            () = Until::passed(self.until) => {}
        }
    }
}

/// Who is calling. Put into the extensions of an HTTP request by whatever authenticates it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Principal(pub String);

/// The principal of a caller that nothing authenticates: whoever started the process, or may reach its loopback port.
pub const LOCAL: &str = "local";

/// The name that everything a caller owns is bound to.
pub fn principal(context: &RequestContext<RoleServer>) -> String {
    context
        .extensions
        .get::<::http::request::Parts>()
        .map_or_else(|| LOCAL.to_owned(), |parts| caller(&parts.extensions))
}

/// The same, from the extensions of an HTTP request.
pub fn caller(extensions: &::http::Extensions) -> String {
    extensions.get::<Principal>().map_or_else(|| LOCAL.to_owned(), |principal| principal.0.clone())
}
