//! Who may call, and what: the place for whatever authenticates requests to `/mcp`.

use std::{borrow::Cow, sync::Arc};

use axum::response::Response;
use futures::future::BoxFuture;
use http::{Extensions, request::Parts};
use rmcp::{
    ErrorData,
    model::{ErrorCode, Extensions as McpExtensions},
};
use serde::Deserialize;

/// What a request asks for.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Operation<'a> {
    /// The method, such as `tools/call`. Empty for what is no request: the stream or the end of a session, an answer to
    /// a question of ours, or a body that cannot be read.
    pub method: &'a str,
    /// The name of the tool or prompt, or the URI of the resource.
    pub name: Option<&'a str>,
}

impl Operation<'_> {
    /// A request that names no method.
    pub const NONE: Self = Self { method: "", name: None };
}

/// Decides about every request to `/mcp`.
pub trait Access: Send + Sync + 'static {
    /// Asked after `Host` and `Origin` were checked, and before anything of the body is read. Puts the
    /// [`Principal`](super::Principal) into the extensions.
    ///
    /// # Errors
    /// The answer to a request that is not let in.
    fn admit<'a>(&'a self, request: &'a mut Parts) -> BoxFuture<'a, Result<(), Box<Response>>>;

    /// Asked once the operation is known. `caller` are the extensions that [`admit`](Self::admit) has filled.
    ///
    /// # Errors
    /// The answer to a request that its caller may not make.
    fn permit(&self, caller: &Extensions, operation: Operation<'_>) -> Result<(), Box<Response>>;

    /// Asked last, once, when the caller may do what the request asks for and nothing of the answer has been sent.
    /// Whatever can only be said with a status of HTTP, and takes time to find out, is found out here; what was found
    /// goes into the extensions. It has to end by itself.
    ///
    /// # Errors
    /// The answer to a request that needs something else first.
    fn prepare<'a>(
        &'a self,
        _request: &'a mut Parts,
        _operation: Operation<'a>,
    ) -> BoxFuture<'a, Result<(), Box<Response>>> {
        Box::pin(std::future::ready(Ok(())))
    }

    /// Routes that are open to everyone.
    fn routes(&self) -> axum::Router {
        axum::Router::new()
    }
}

/// Whatever decides, in the extensions of an HTTP request that it has let in.
#[derive(Clone)]
pub(crate) struct Admitted(pub(super) Arc<dyn Access>);

/// What lists depend on besides their principal, such as the scopes of a token. In the extensions of an HTTP request.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub struct Granted(pub String);

/// When what a request was let in with ends, such as a token. In the extensions of an HTTP request. A call that has
/// begun goes on; a stream that would stay open ends.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Until(pub tokio::time::Instant);

impl Until {
    /// Completes when it has ended; never without one.
    pub(crate) async fn passed(until: Option<Self>) {
        match until {
            Some(Self(end)) => tokio::time::sleep_until(end).await,
            None => std::future::pending().await,
        }
    }
}

/// Asks once more, with what the SDK has understood of the request. The endpoint has asked before, to answer with
/// HTTP's own status, but it has read the body with another parser; what counts is what the handler is about to do.
pub(crate) fn permit(extensions: &McpExtensions, operation: Operation<'_>) -> Result<(), ErrorData> {
    let Some(parts) = extensions.get::<Parts>() else { return Ok(()) };
    let Some(Admitted(access)) = parts.extensions.get::<Admitted>() else { return Ok(()) };
    access.permit(&parts.extensions, operation).map_err(|_| {
        tracing::warn!(method = operation.method, "refused a request that was read in two ways");
        ErrorData::new(ErrorCode::INVALID_REQUEST, "insufficient scope", None)
    })
}

/// The operation that a body asks for, read without its arguments.
#[derive(Deserialize)]
pub(super) struct Read<'a> {
    #[serde(borrow)]
    method: Cow<'a, str>,
    #[serde(borrow, default)]
    params: Option<Named<'a>>,
}

#[derive(Deserialize)]
struct Named<'a> {
    #[serde(borrow, default)]
    name: Option<Cow<'a, str>>,
    #[serde(borrow, default)]
    uri: Option<Cow<'a, str>>,
}

impl<'a> Read<'a> {
    pub(super) fn body(bytes: &'a [u8]) -> Option<Self> {
        serde_json::from_slice(bytes).ok()
    }

    pub(super) fn operation(&self) -> Operation<'_> {
        let name = self.params.as_ref().and_then(|params| match &*self.method {
            "resources/read" => params.uri.as_deref(),
            _ => params.name.as_deref(),
        });
        Operation { method: &self.method, name }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn operations_of_bodies() {
        for (body, method, name) in [
            (r#"{"method":"tools/call","params":{"name":"a","arguments":{"name":"b"}}}"#, "tools/call", Some("a")),
            (r#"{"method":"tools\/call","params":{"name":"\u0061"}}"#, "tools/call", Some("a")),
            (r#"{"method":"resources/read","params":{"name":"a","uri":"b://c"}}"#, "resources/read", Some("b://c")),
            (r#"{"method":"tools/list"}"#, "tools/list", None),
        ] {
            let read = Read::body(body.as_bytes()).expect(body);
            assert_eq!(read.operation(), Operation { method, name }, "{body}");
        }
        for body in ["", "[]", "{}", r#"{"method":1}"#, r#"{"method":"a","method":"b"}"#, r#"{"id":1,"result":{}}"#] {
            assert!(Read::body(body.as_bytes()).is_none(), "{body}");
        }
    }
}
