//! Where a code may be sent. Whether an asked redirect URI is a registered one, says
//! [`is_registered`](mcp_support::web::is_registered).

use mcp_support::web::is_loopback;
use url::{Host, Url};

/// Whether a URI may be registered: https, or http on this machine, or a native client's private scheme; no fragment.
pub fn may_be_registered(uri: &str) -> bool {
    let Ok(url) = Url::parse(uri) else { return false };
    let is_safe = match url.scheme() {
        "https" => url.has_host(),
        "http" => url.host().is_some_and(|host| is_loopback(&host.to_owned())),
        // RFC 8252, section 7.1: a reversed domain name, so that `javascript:` and `data:` are none.
        scheme => scheme.contains('.'),
    };
    is_safe && uri.len() <= 2048 && url.fragment().is_none() && url.username().is_empty() && url.password().is_none()
}

/// The host of a redirect URI, as the consent page shows it.
pub fn host(uri: &str) -> String {
    let Ok(url) = Url::parse(uri) else { return "an unknown place".to_owned() };
    match url.host_str() {
        Some(host) => host.to_owned(),
        None => format!("{}: (an app on this device)", url.scheme()),
    }
}

/// Whether a host, as [`host`] shows it, is this device.
pub fn is_loopback_host(host: &str) -> bool {
    Host::parse(host).is_ok_and(|host| is_loopback(&host))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_may_be_registered() {
        for good in ["https://a.example/cb", "http://localhost:1/cb", "http://[::1]/cb", "com.example.app:/cb"] {
            assert!(may_be_registered(good), "{good}");
        }
        for bad in ["http://a.example/cb", "javascript:alert(1)", "data:text/html,x", "https://a.example/#f", "/cb", ""]
        {
            assert!(!may_be_registered(bad), "{bad}");
        }
    }
}
