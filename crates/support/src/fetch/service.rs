//! What every client of a configured web service needs: which base URLs are safe, bounded answers, short causes.

use std::{
    net::IpAddr,
    time::{Duration, SystemTime},
};

use reqwest::{
    Client, ClientBuilder, Response,
    header::{HeaderMap, RETRY_AFTER},
    redirect::Policy,
};
use url::{Host, Url};

/// The longest wait that is passed on.
const LONGEST_WAIT: Duration = Duration::from_secs(24 * 60 * 60);

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

/// A client of the service at this base URL. It follows no redirect, which would carry what is sent, and a key, to a host
/// that nobody chose; and it asks no proxy for this machine.
pub fn client(base_url: &Url) -> ClientBuilder {
    let builder = Client::builder().redirect(Policy::none());
    if is_loopback(base_url) { builder.no_proxy() } else { builder }
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

/// How long a busy service asks its clients to wait; at most a day.
pub fn retry_after(headers: &HeaderMap) -> Option<Duration> {
    wait(headers.get(RETRY_AFTER)?.to_str().ok()?, SystemTime::now())
}

/// Both forms of the header (RFC 9110, section 10.2.3): seconds, or a date.
fn wait(value: &str, now: SystemTime) -> Option<Duration> {
    let value = value.trim();
    let wait = match value.parse::<u64>() {
        Ok(seconds) => Duration::from_secs(seconds),
        // A date that has passed means now.
        Err(_) => httpdate::parse_http_date(value).ok()?.duration_since(now).unwrap_or_default(),
    };
    Some(wait.min(LONGEST_WAIT))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn both_forms_of_retry_after() {
        let now = SystemTime::UNIX_EPOCH + Duration::from_secs(1_000_000_000);
        let seconds = |seconds| Some(Duration::from_secs(seconds));
        for (value, expected) in [
            ("7", seconds(7)),
            (" 0 ", seconds(0)),
            ("99999999999", seconds(86_400)),
            ("Sun, 09 Sep 2001 01:47:10 GMT", seconds(30)),
            ("Sunday, 09-Sep-01 01:47:10 GMT", seconds(30)),
            ("Sun, 09 Sep 2001 01:46:00 GMT", seconds(0)),
            ("Sun, 09 Sep 2040 01:46:00 GMT", seconds(86_400)),
            ("-1", None),
            ("soon", None),
            ("", None),
        ] {
            assert_eq!(wait(value, now), expected, "{value:?}");
        }
    }

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
