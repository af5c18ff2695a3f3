//! `Host` and `Origin`, and that no header of the protocol says two things, checked before anything else is read.
//!
//! A page from anywhere can make a browser send requests to a server on its user's loopback, either directly (the
//! `Origin` betrays it) or through a name that it rebinds to 127.0.0.1 (the `Host` betrays it).
//! Spec(2025-11-25 and 2026-07-28, transports): servers MUST validate `Origin`, and answer 403.
//!
//! What stands in front of a server goes by `Mcp-Method` and its like, as the server does: where there are two, each might
//! take another.

use std::convert::Infallible;

use axum::{
    body::Body,
    extract::Request,
    http::{HeaderMap, HeaderName, StatusCode, Uri, header, uri::Authority},
    response::{IntoResponse, Response},
};
use futures::future::{Either, Ready, ready};
use hyper::body::Incoming;

const LOOPBACK: [&str; 3] = ["localhost", "127.0.0.1", "[::1]"];

/// The names that this server answers to, and the pages that may call it. Loopback is always among them.
#[derive(Debug, Clone)]
pub(super) struct Gate {
    hosts: Vec<String>,
    origins: Vec<String>,
}

impl Gate {
    pub(super) fn new(hosts: &[String], origins: &[String]) -> Self {
        let lower = |names: &[String]| names.iter().map(|name| name.trim().to_ascii_lowercase()).collect();
        Self { hosts: lower(hosts), origins: lower(origins) }
    }

    /// A host is allowed with any port, or, when it was given with one, with that port only.
    fn allows_host(&self, authority: &Authority) -> bool {
        let is =
            |name: &str| name.eq_ignore_ascii_case(authority.host()) || name.eq_ignore_ascii_case(authority.as_str());
        let is_loopback = LOOPBACK.iter().any(|name| name.eq_ignore_ascii_case(authority.host()));
        is_loopback || self.hosts.iter().any(|name| is(name))
    }

    /// An origin is allowed as it was given; `:*` stands for any port.
    pub(super) fn allows_origin(&self, origin: &str) -> bool {
        let Ok(url) = url::Url::parse(origin) else { return false };
        let Some(host) = url.host_str() else { return false };
        let scheme = url.scheme();
        if !matches!(scheme, "http" | "https") || url.path() != "/" {
            return false;
        }
        let any_port = format!("{scheme}://{host}:*");
        let given = url.origin().ascii_serialization();
        LOOPBACK.contains(&host)
            || self.origins.iter().any(|allowed| {
                *allowed == any_port
                    || url::Url::parse(allowed).is_ok_and(|url| url.origin().ascii_serialization() == given)
            })
    }

    fn check(&self, uri: &Uri, headers: &HeaderMap) -> Result<(), (StatusCode, &'static str)> {
        let mut hosts = headers.get_all(header::HOST).iter();
        let authority = match (hosts.next(), hosts.next()) {
            (Some(host), None) => host.to_str().ok().and_then(|host| host.parse().ok()),
            (None, _) => uri.authority().cloned(),
            (Some(_), Some(_)) => None,
        };
        // A target in absolute form counts before the header (RFC 9112, section 3.2.2).
        let authority = uri.authority().cloned().or(authority);
        let Some(authority) = authority.filter(|authority| !authority.as_str().contains('@')) else {
            return Err((StatusCode::BAD_REQUEST, "Bad Request: the Host header is missing or malformed"));
        };
        if !self.allows_host(&authority) {
            return Err((StatusCode::FORBIDDEN, "Forbidden: this Host is not allowed (see --allow-host)"));
        }
        let mut origins = headers.get_all(header::ORIGIN).iter();
        if !origins.all(|origin| origin.to_str().is_ok_and(|origin| self.allows_origin(origin))) {
            return Err((StatusCode::FORBIDDEN, "Forbidden: this Origin is not allowed (see --allow-origin)"));
        }
        if says_two_things(headers) {
            return Err((StatusCode::BAD_REQUEST, "Bad Request: an Mcp header is there twice, with different values"));
        }
        Ok(())
    }
}

fn says_two_things(headers: &HeaderMap) -> bool {
    let differs = |name: &HeaderName| {
        let mut values = headers.get_all(name).iter();
        let first = values.next();
        values.any(|value| Some(value) != first)
    };
    // Nothing is there twice in most requests.
    headers.len() > headers.keys_len() && headers.keys().any(|name| name.as_str().starts_with("mcp-") && differs(name))
}

/// A service behind the gate.
#[derive(Clone)]
pub(super) struct Gated<S> {
    gate: Gate,
    inner: S,
}

impl<S> Gated<S> {
    pub(super) fn new(gate: Gate, inner: S) -> Self {
        Self { gate, inner }
    }
}

impl<S> hyper::service::Service<hyper::Request<Incoming>> for Gated<S>
where
    S: tower::Service<Request, Response = Response, Error = Infallible> + Clone,
{
    type Response = Response;
    type Error = Infallible;
    type Future = Either<S::Future, Ready<Result<Response, Infallible>>>;

    fn call(&self, request: hyper::Request<Incoming>) -> Self::Future {
        match self.gate.check(request.uri(), request.headers()) {
            // A router is always ready.
            Ok(()) => Either::Left(self.inner.clone().call(request.map(Body::new))),
            Err((status, reason)) => {
                tracing::warn!(%status, host = ?request.headers().get(header::HOST),
                    origin = ?request.headers().get(header::ORIGIN), "refused a request");
                Either::Right(ready(Ok((status, reason).into_response())))
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[track_caller]
    fn status(gate: &Gate, headers: &[(&'static str, &'static str)]) -> u16 {
        let mut map = HeaderMap::new();
        for (name, value) in headers {
            map.append(*name, value.parse().expect("a header value"));
        }
        gate.check(&Uri::from_static("/mcp"), &map).map_or_else(|(status, _)| status.as_u16(), |()| 200)
    }

    #[test]
    fn hosts() {
        let gate = Gate::new(&["Example.com".into(), "ported.example:8443".into()], &[]);
        for good in ["127.0.0.1:8000", "localhost", "LOCALHOST:1", "[::1]:8000", "example.com", "example.COM:9"] {
            assert_eq!(status(&gate, &[("host", good)]), 200, "{good}");
        }
        assert_eq!(status(&gate, &[("host", "ported.example:8443")]), 200);
        for bad in ["evil.example", "ported.example", "localhost.evil.example", "127.0.0.1.evil.example", "0.0.0.0"] {
            assert_eq!(status(&gate, &[("host", bad)]), 403, "{bad}");
        }
        assert_eq!(status(&gate, &[]), 400);
        assert_eq!(status(&gate, &[("host", "a b")]), 400);
        assert_eq!(status(&gate, &[("host", "evil@localhost")]), 400);
        let absolute: Uri = "http://evil.example/mcp".parse().expect("a URI");
        let headers = [(header::HOST, "localhost".parse().expect("a value"))].into_iter().collect();
        assert_eq!(gate.check(&absolute, &headers).map_err(|(status, _)| status.as_u16()), Err(403));
        assert_eq!(status(&gate, &[("host", "localhost"), ("host", "evil.example")]), 400);
    }

    #[test]
    fn headers_of_the_protocol() {
        let gate = Gate::new(&[], &[]);
        let with =
            |name, one, other| status(&gate, &[("host", "localhost"), (name, one), ("accept", "a"), (name, other)]);
        for name in ["mcp-protocol-version", "mcp-session-id", "mcp-method", "mcp-name", "mcp-param-region"] {
            assert_eq!(with(name, "one", "other"), 400, "{name}");
            assert_eq!(with(name, "one", "one"), 200, "{name}");
        }
        assert_eq!(with("accept", "one", "other"), 200);
    }

    #[test]
    fn origins() {
        let gate = Gate::new(&[], &["https://app.example".into(), "http://any.example:*".into()]);
        let with = |origin| status(&gate, &[("host", "localhost"), ("origin", origin)]);
        for good in [
            "http://localhost:5173",
            "https://127.0.0.1",
            "http://[::1]:1",
            "https://app.example",
            "https://app.example:443",
            "http://any.example:81",
            "http://any.example",
        ] {
            assert_eq!(with(good), 200, "{good}");
        }
        for bad in [
            "https://evil.example",
            "https://app.example:8443",
            "http://app.example",
            "null",
            "",
            "file://",
            "https://any.example:81",
            "http://localhost.evil.example",
            "chrome-extension://localhost",
        ] {
            assert_eq!(with(bad), 403, "{bad}");
        }
        let twice = [("host", "localhost"), ("origin", "http://localhost"), ("origin", "http://evil.example")];
        assert_eq!(status(&gate, &twice), 403);
    }
}
