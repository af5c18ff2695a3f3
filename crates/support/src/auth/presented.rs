//! The token as it came: in one `Authorization` header, and nowhere else.

use http::{HeaderMap, header, request::Parts};

use super::challenge::{Refusal, Scheme};

/// A token, and the scheme that it came with.
pub(super) struct Presented<'a> {
    pub(super) scheme: Scheme,
    pub(super) token: &'a str,
}

/// The scheme of the header, if it is one of ours.
pub(super) fn scheme(headers: &HeaderMap) -> Option<Scheme> {
    let value = headers.get(header::AUTHORIZATION)?.to_str().ok()?;
    named(value.split(' ').next()?)
}

fn named(scheme: &str) -> Option<Scheme> {
    if scheme.eq_ignore_ascii_case("bearer") {
        Some(Scheme::Bearer)
    } else if scheme.eq_ignore_ascii_case("dpop") {
        Some(Scheme::Dpop)
    } else {
        None
    }
}

pub(super) fn presented(parts: &Parts) -> Result<Presented<'_>, Refusal> {
    // Spec(2026-07-28, authorization): access tokens MUST NOT be in the query: it ends up in logs.
    let query = parts.uri.query().unwrap_or_default();
    if url::form_urlencoded::parse(query.as_bytes()).any(|(name, _)| name == "access_token") {
        return Err(Refusal::Request("the token belongs into the Authorization header, not into the query"));
    }
    // RFC 6750, section 2.2: the only kind of body that could hold one.
    if essence(&parts.headers).is_some_and(|kind| kind.eq_ignore_ascii_case("application/x-www-form-urlencoded")) {
        return Err(Refusal::Request("the token belongs into the Authorization header, not into the body"));
    }
    let mut values = parts.headers.get_all(header::AUTHORIZATION).iter();
    let Some(value) = values.next() else { return Err(Refusal::NoToken) };
    if values.next().is_some() {
        return Err(Refusal::Request("there is more than one Authorization header"));
    }
    let malformed = Refusal::Request("the Authorization header is malformed");
    let Ok(value) = value.to_str() else { return Err(malformed) };
    let Some((scheme, token)) = value.split_once(' ') else {
        return Err(if named(value).is_some() { malformed } else { Refusal::NoToken });
    };
    let Some(scheme) = named(scheme) else { return Err(Refusal::NoToken) };
    let token = token.trim_matches(' ');
    // RFC 6750, section 2.1: b64token.
    let is_token = |byte: u8| byte.is_ascii_alphanumeric() || b"-._~+/=".contains(&byte);
    if token.is_empty() || !token.bytes().all(is_token) {
        return Err(malformed);
    }
    Ok(Presented { scheme, token })
}

fn essence(headers: &HeaderMap) -> Option<&str> {
    headers.get(header::CONTENT_TYPE)?.to_str().ok()?.split(';').next().map(str::trim)
}
