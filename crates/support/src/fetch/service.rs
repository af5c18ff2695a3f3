//! What every client of a configured web service needs: which base URLs are safe, bounded answers, short causes.

use std::net::IpAddr;

use reqwest::Response;
use url::{Host, Url};

/// Whether a base URL neither sends a key in clear (plain `http` is for this machine only) nor holds secrets that an
/// error would show: a user name, a password, a query or a fragment.
pub fn is_safe_base_url(base_url: &Url) -> bool {
    let is_private = base_url.scheme() == "https" || (base_url.scheme() == "http" && is_loopback(base_url));
    let is_plain = base_url.username().is_empty()
        && base_url.password().is_none()
        && base_url.query().is_none()
        && base_url.fragment().is_none();
    is_private && is_plain && base_url.has_host()
}

/// Whether the URL's host is this machine. Names are not resolved: only `localhost` counts.
pub fn is_loopback(url: &Url) -> bool {
    match url.host() {
        Some(Host::Domain(name)) => name == "localhost",
        Some(Host::Ipv4(address)) => IpAddr::V4(address).is_loopback(),
        Some(Host::Ipv6(address)) => IpAddr::V6(address).is_loopback(),
        None => false,
    }
}

/// The body, or nothing if it is longer than `most` bytes, counted after decompression.
///
/// # Errors
/// The body breaks off.
pub async fn read_at_most(response: &mut Response, most: usize) -> reqwest::Result<Option<Vec<u8>>> {
    let mut body = Vec::new();
    while let Some(chunk) = response.chunk().await? {
        if body.len() + chunk.len() > most {
            return Ok(None);
        }
        body.extend_from_slice(&chunk);
    }
    Ok(Some(body))
}

/// What the innermost error says. The outer ones repeat the URL.
pub fn root_cause(error: &reqwest::Error) -> String {
    let mut cause: &dyn std::error::Error = error;
    while let Some(source) = cause.source() {
        cause = source;
    }
    cause.to_string()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn base_urls() {
        for (url, is_safe) in [
            ("https://api.example.com/v1/", true),
            ("http://localhost:8000/", true),
            ("http://127.0.0.1/", true),
            ("http://[::1]:1/", true),
            ("http://api.example.com/", false),
            ("http://localhost.example.com/", false),
            ("https://user@api.example.com/", false),
            ("https://api.example.com/?key=1", false),
            ("https://api.example.com/#key", false),
            ("ftp://localhost/", false),
            ("data:text/plain,x", false),
        ] {
            assert_eq!(is_safe_base_url(&Url::parse(url).expect(url)), is_safe, "{url}");
        }
    }
}
