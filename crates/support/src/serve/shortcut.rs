//! A way around the SDK, for a handler that passes requests on and need not understand them.

use axum::response::Response;
use bytes::Bytes;
use futures::future::BoxFuture;
use http::request::Parts;

/// Answers requests of the usual form. `Host`, `Origin` and the size of the body have been checked; calls are counted, so
/// that there are not too many and a shutdown waits for them.
pub trait Shortcut: Send + Sync + 'static {
    /// The answer; `None` leaves the request to the SDK, with whatever was put into its extensions. It has to end by
    /// itself, and is dropped when the client has gone or has cancelled it.
    ///
    /// A request in a session of 2025-11-25 is a `tools/call`; its session has begun, is its caller's, and has asked for no log
    /// messages. What its client can stands in the extensions, as a [`SessionClient`](super::SessionClient). Such a call goes
    /// on when the client's connection is lost.
    fn answer<'a>(&'a self, request: &'a mut Parts, body: &'a Bytes) -> BoxFuture<'a, Option<Response>>;
}
