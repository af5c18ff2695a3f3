//! Which headers go through the gateway. All but those that belong to one connection, or that only the gateway may set.

use std::net::IpAddr;

use axum::http::{HeaderMap, HeaderName, HeaderValue, Uri, header};

/// RFC 9110, section 7.6.1: about one connection, whether `Connection` names them or not.
const HOP_BY_HOP: [&str; 10] = [
    "connection",
    "keep-alive",
    "proxy-authenticate",
    "proxy-authentication-info",
    "proxy-authorization",
    "proxy-connection",
    "te",
    "trailer",
    "transfer-encoding",
    "upgrade",
];
/// What `Connection` cannot take away: the token was checked, and its proof, and they go on together.
const KEPT: [&str; 4] = ["authorization", "dpop", "content-type", "accept"];
/// What the gateway says itself about the request that it makes.
const OURS: [&str; 6] = ["host", "content-length", "expect", "forwarded", "x-real-ip", "via"];
const FORWARDED: &str = "x-forwarded-";
/// How this gateway calls itself in `Via`.
const OWN_NAME: &str = "mcp-oauth2-gateway";

/// Whether a request has come through a gateway like this one: its own upstream may lead back to it.
pub(super) fn came_around(headers: &HeaderMap) -> bool {
    headers.get_all(header::VIA).iter().any(|via| via.to_str().is_ok_and(|via| via.contains(OWN_NAME)))
}

/// The headers of a request that goes on. `scheme` is what clients use.
pub(super) fn forward_from(headers: &HeaderMap, uri: &Uri, client: IpAddr, scheme: &str) -> HeaderMap {
    let mut forwarded = end_to_end(headers);
    for name in OURS {
        forwarded.remove(name);
    }
    // What a client says about itself here would be believed as ours.
    let claimed: Vec<HeaderName> =
        forwarded.keys().filter(|name| name.as_str().starts_with(FORWARDED)).cloned().collect();
    for name in claimed {
        forwarded.remove(name);
    }
    // RFC 9112, section 3.2.2: where the target names a host, `Host` does not count, and that is how it was checked.
    let of_target = uri.authority().map(|authority| HeaderValue::from_str(authority.as_str()));
    let host = of_target.map_or_else(|| headers.get(header::HOST).cloned(), Result::ok);
    let client = HeaderValue::from_str(&client.to_string()).ok();
    let scheme = HeaderValue::from_str(scheme).ok();
    for (name, value) in [("x-forwarded-for", client), ("x-forwarded-host", host), ("x-forwarded-proto", scheme)] {
        if let Some(value) = value {
            forwarded.insert(name, value);
        }
    }
    if let Ok(via) = HeaderValue::from_str(&format!("1.1 {OWN_NAME}")) {
        forwarded.insert(header::VIA, via);
    }
    forwarded
}

/// The headers of an answer that goes back. Which pages may read it is the gateway's to say.
pub(super) fn backward(headers: &HeaderMap) -> HeaderMap {
    let mut answered = end_to_end(headers);
    let foreign: Vec<HeaderName> =
        answered.keys().filter(|name| name.as_str().starts_with("access-control-")).cloned().collect();
    for name in foreign {
        answered.remove(name);
    }
    answered
}

fn end_to_end(headers: &HeaderMap) -> HeaderMap {
    let named = headers.get_all(header::CONNECTION).iter().filter_map(|value| value.to_str().ok());
    let named: Vec<String> =
        named.flat_map(|value| value.split(',')).map(|name| name.trim().to_ascii_lowercase()).collect();
    let mut kept = headers.clone();
    let named = named.iter().map(String::as_str).filter(|name| !KEPT.contains(name) && !name.starts_with("mcp-"));
    for name in HOP_BY_HOP.into_iter().chain(named) {
        kept.remove(name);
    }
    kept
}

#[cfg(test)]
mod tests {
    use super::*;

    fn map(headers: &[(&'static str, &'static str)]) -> HeaderMap {
        let mut map = HeaderMap::new();
        for (name, value) in headers {
            map.append(*name, HeaderValue::from_static(value));
        }
        map
    }

    #[test]
    fn what_goes_on() {
        let came = map(&[
            ("host", "gateway.example"),
            ("authorization", "Bearer x"),
            ("dpop", "proof"),
            ("mcp-session-id", "s"),
            ("mcp-param-region", "eu"),
            ("last-event-id", "7"),
            ("origin", "https://app.example"),
            ("connection", "close, X-Secret, Authorization, DPoP, Mcp-Session-Id"),
            ("x-secret", "1"),
            ("te", "trailers"),
            ("upgrade", "h2c"),
            ("proxy-authorization", "Basic x"),
            ("content-length", "5"),
            ("forwarded", "for=1.1.1.1"),
            ("x-forwarded-for", "1.1.1.1"),
            ("x-forwarded-for", "2.2.2.2"),
            ("x-forwarded-prefix", "/admin"),
            ("x-real-ip", "1.1.1.1"),
        ]);
        let expected = map(&[
            ("authorization", "Bearer x"),
            ("dpop", "proof"),
            ("mcp-session-id", "s"),
            ("mcp-param-region", "eu"),
            ("last-event-id", "7"),
            ("origin", "https://app.example"),
            ("x-forwarded-for", "192.0.2.7"),
            ("x-forwarded-host", "gateway.example"),
            ("x-forwarded-proto", "https"),
            ("via", "1.1 mcp-oauth2-gateway"),
        ]);
        let client = IpAddr::from([192, 0, 2, 7]);
        assert_eq!(forward_from(&came, &Uri::from_static("/mcp"), client, "https"), expected);
        let absolute = Uri::from_static("http://other.example/mcp");
        assert_eq!(forward_from(&came, &absolute, client, "https")["x-forwarded-host"], "other.example");
    }

    #[test]
    fn what_goes_back() {
        let came = map(&[
            ("content-type", "text/event-stream"),
            ("mcp-session-id", "s"),
            ("www-authenticate", "Bearer scope=\"a\""),
            ("www-authenticate", "DPoP algs=\"ES256\""),
            ("transfer-encoding", "chunked"),
            ("keep-alive", "timeout=5"),
            ("access-control-allow-origin", "*"),
        ]);
        let expected = map(&[
            ("content-type", "text/event-stream"),
            ("mcp-session-id", "s"),
            ("www-authenticate", "Bearer scope=\"a\""),
            ("www-authenticate", "DPoP algs=\"ES256\""),
        ]);
        assert_eq!(backward(&came), expected);
    }
}
