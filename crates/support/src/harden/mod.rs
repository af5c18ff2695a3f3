//! The wrapper around a handler. It closes, once, what the SDK leaves open:
//!
//! * a panic in a handler becomes an error answer instead of a request that is never answered;
//! * malformed parameters of a known method are -32602, not "method not found";
//! * each call has a deadline, which progress moves; a cancelled call is dropped, not run to its end;
//! * the number of calls in flight is bounded, and counted, so that a shutdown can wait for them;
//! * a call whose client has gone is dropped where the revision says so;
//! * log messages reach only requests that asked for them (with [`client_log`](crate::client_log));
//! * `serverInfo` stands in the `_meta` of the results that have one (2026-07-28), and lists carry true cache hints;
//! * change subscriptions of both revisions are served from one [`Changes`] hub.
//!
//! [`serve`](crate::serve) wraps every handler; a lesson only chooses its [`Policy`].

mod deadline;
mod handler;
mod stamp;

use std::{future::Future, panic::AssertUnwindSafe, sync::Arc, time::Duration};

use futures::FutureExt;
use rmcp::{
    ErrorData, RoleServer, ServerHandler,
    model::{ErrorCode, MetaObject},
    service::RequestContext,
};
use tokio::sync::Semaphore;
use tokio_util::{sync::CancellationToken, task::TaskTracker};

pub use self::deadline::Deadline;
use crate::{
    changes::{Begun, Changes, SessionFeed, SessionSubscriptions},
    client_log::SessionLevel,
    serve::{Disconnect, Operation, permit},
};

/// Sent when too many calls are in flight. In the range that JSON-RPC leaves to servers.
pub const SERVER_BUSY: ErrorCode = ErrorCode(-32000);
/// Sent when a call that is no tool call took longer than its deadline; the number that the official SDKs use.
pub const REQUEST_TIMEOUT: ErrorCode = ErrorCode(-32001);

/// What the wrapper allows, and what it knows of the handler.
#[derive(Debug, Clone)]
pub struct Policy {
    /// A call ends in an error when it has neither answered nor reported progress for this long. Default: 120 s.
    pub call_timeout: Duration,
    /// A call ends in an error after this long, progress or not. Default: 30 minutes.
    pub call_timeout_total: Duration,
    /// Calls that may be in flight at a time; one more is refused with [`SERVER_BUSY`]. Default: 2048.
    pub max_in_flight: usize,
    /// Subscriptions and session streams that may be open at a time. Default: 1024.
    pub max_streams: usize,
    /// How long clients may keep `tools/list`, `prompts/list` and `resources/templates/list` of a handler that does not
    /// say it itself. Default: zero, because only the lesson knows whether its lists change.
    pub list_ttl: Duration,
    /// `tools/list`, `prompts/list` and `resources/templates/list` depend on nothing but the revision and the
    /// [principal](crate::serve::Principal) of a request, and every change of them is announced in `changes`. HTTP then
    /// serializes each once, and again when one has changed, instead of asking the handler each time. A list of more
    /// than one page is not kept. Default: false, because only the lesson knows.
    pub keep_lists: bool,
    /// Where the handler announces changes. Without it, subscriptions are the handler's own business.
    pub changes: Option<Changes>,
}

impl Default for Policy {
    fn default() -> Self {
        Self {
            call_timeout: Duration::from_secs(120),
            call_timeout_total: Duration::from_secs(30 * 60),
            max_in_flight: 2048,
            max_streams: 1024,
            list_ttl: Duration::ZERO,
            keep_lists: false,
            changes: None,
        }
    }
}

/// What all instances of one server share.
pub(crate) struct Shared {
    policy: Policy,
    meta: MetaObject,
    slots: Semaphore,
    /// Streams that stay open, of both revisions: they must not take all connections.
    pub(crate) streams: Arc<Semaphore>,
    /// The calls in flight: a shutdown closes it and waits for it.
    pub(crate) calls: TaskTracker,
    /// Cancelled when the server begins to end: streams that would stay open forever end themselves.
    pub(crate) closing: CancellationToken,
}

impl Shared {
    /// Where the handler announces changes, if that is where subscriptions are served from.
    pub(crate) fn changes(&self) -> Option<&Changes> {
        self.policy.changes.as_ref()
    }

    /// Counts a call that does not go through the handler, and catches its panic. `None` when there are too many: the
    /// handler's way says so.
    pub(crate) async fn counted<T>(&self, call: impl Future<Output = Option<T>>, broken: fn() -> T) -> Option<T> {
        let _slot = self.slots.try_acquire().ok()?;
        let _tracked = self.calls.token();
        AssertUnwindSafe(call).catch_unwind().await.unwrap_or_else(|panic| {
            tracing::error!(panic = panic_message(panic.as_ref()), "a shortcut panicked");
            Some(broken())
        })
    }

    /// Where changes of lists that may be kept are announced, if anywhere; `None` when they may not be kept.
    pub(crate) fn kept_lists(&self) -> Option<Option<Changes>> {
        self.policy.keep_lists.then(|| self.policy.changes.clone())
    }
}

/// A handler with everything above around it. A clone for each stateless request, an instance for each session.
pub struct Hardened<H> {
    inner: H,
    shared: Arc<Shared>,
    session: Session,
}

/// What one session of 2025-11-25 has asked for, and what is between two steps. Later revisions have no sessions.
#[derive(Clone, Default)]
struct Session {
    level: SessionLevel,
    subscriptions: SessionSubscriptions,
    begun: Begun,
    feed: SessionFeed,
}

impl<H: ServerHandler + Clone> Hardened<H> {
    /// Wraps `inner`. One per server; [`Hardened::instance`] gives one per session or request.
    pub fn new(inner: H, policy: Policy) -> Self {
        let meta = stamp::server_info(&inner.get_info().server_info);
        let shared = Shared {
            slots: Semaphore::new(policy.max_in_flight),
            streams: Arc::new(Semaphore::new(policy.max_streams)),
            policy,
            meta,
            calls: TaskTracker::new(),
            closing: CancellationToken::new(),
        };
        Self { inner, shared: Arc::new(shared), session: Session::default() }
    }

    /// An instance for one session, or for one request of a revision that has no sessions.
    pub fn instance(&self) -> Self {
        Self { inner: self.inner.clone(), shared: self.shared.clone(), session: Session::default() }
    }

    pub(crate) fn shared(&self) -> &Arc<Shared> {
        &self.shared
    }
}

/// How a guarded call ended without an answer of its own.
enum Ended {
    /// The error to send.
    Failed(ErrorData),
    /// Nothing came for this long.
    TimedOut(Duration),
}

impl From<Ended> for ErrorData {
    fn from(ended: Ended) -> Self {
        match ended {
            Ended::Failed(error) => error,
            Ended::TimedOut(after) => {
                ErrorData::new(REQUEST_TIMEOUT, format!("no answer within {} s", after.as_secs()), None)
            }
        }
    }
}

impl<H: ServerHandler> Hardened<H> {
    /// Runs one call inside all the guards.
    async fn guard<T, F>(
        &self,
        method: &'static str,
        mut context: RequestContext<RoleServer>,
        call: impl FnOnce(RequestContext<RoleServer>) -> F,
    ) -> Result<T, Ended>
    where
        F: Future<Output = Result<T, ErrorData>>,
    {
        permit(&context.extensions, Operation { method, name: None }).map_err(Ended::Failed)?;
        let policy = &self.shared.policy;
        let Ok(_slot) = self.shared.slots.try_acquire() else {
            return Err(Ended::Failed(ErrorData::new(
                SERVER_BUSY,
                format!("{} calls are in flight; try again in a second", policy.max_in_flight),
                None,
            )));
        };
        let _tracked = self.shared.calls.token();
        let deadline = Deadline::new(policy.call_timeout, policy.call_timeout_total);
        context.extensions.insert(deadline.clone());
        context.extensions.insert(self.session.level.clone());
        let cancelled = context.ct.clone();
        let gone = Disconnect::of(&context);
        #[cfg(feature = "otel")]
        let call = crate::telemetry::otel::in_callers_trace(method, call);
        // The closure runs inside the future, so that a panic before its first await is caught too.
        let work = AssertUnwindSafe(async move { call(context).await }).catch_unwind();
        tokio::select! {
            biased;
            () = cancelled.cancelled() => Err(Ended::Failed(was_cancelled())),
            () = gone.happened() => Err(Ended::Failed(was_cancelled())),
            result = work => match result {
                Ok(result) => result.map_err(Ended::Failed),
                Err(panic) => {
                    tracing::error!(method, panic = panic_message(panic.as_ref()), "a handler panicked");
                    Err(Ended::Failed(ErrorData::internal_error("internal error", None)))
                }
            },
            after = deadline.passed() => Err(Ended::TimedOut(after)),
        }
    }
}

/// Rarely reaches the client: the SDK discards the answer to a request that the client has cancelled, and sends it only
/// where the server itself ends.
fn was_cancelled() -> ErrorData {
    ErrorData::internal_error("the call was cancelled", None)
}

fn panic_message(panic: &(dyn std::any::Any + Send)) -> &str {
    panic
        .downcast_ref::<&str>()
        .copied()
        .or_else(|| panic.downcast_ref::<String>().map(String::as_str))
        .unwrap_or("no message")
}
