//! Where a code may be sent.
//!
//! Spec(OAuth 2.1, section 2.3.1): redirect URIs are compared as strings; only the port of a loopback address may
//! differ, because a native client takes whichever is free (RFC 8252, section 7.3).

use url::{Host, Url};

/// Whether a URI may be registered: https, or http on this machine, or a native client's private scheme; no fragment.
pub fn may_be_registered(uri: &str) -> bool {
    let Ok(url) = Url::parse(uri) else { return false };
    let is_safe = match url.scheme() {
        "https" => url.has_host(),
        "http" => is_loopback(&url),
        // RFC 8252, section 7.1: a reversed domain name, so that `javascript:` and `data:` are none.
        scheme => scheme.contains('.'),
    };
    is_safe && uri.len() <= 2048 && url.fragment().is_none() && url.username().is_empty() && url.password().is_none()
}

/// Whether the asked redirect URI is one of the registered ones.
pub fn is_registered(asked: &str, registered: &[String]) -> bool {
    registered.iter().any(|registered| registered == asked || is_same_loopback(asked, registered))
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
    Host::parse(host).is_ok_and(|host| is_this_device(&host))
}

fn is_loopback(url: &Url) -> bool {
    url.host().is_some_and(|host| is_this_device(&host.to_owned()))
}

fn is_this_device(host: &Host) -> bool {
    match host {
        Host::Ipv4(address) => address.is_loopback(),
        Host::Ipv6(address) => address.is_loopback(),
        Host::Domain(name) => name == "localhost",
    }
}

fn is_same_loopback(asked: &str, registered: &str) -> bool {
    let without_port = |text: &str| {
        let mut url = Url::parse(text).ok().filter(|url| url.scheme() == "http" && is_loopback(url))?;
        // What the parser repairs, such as `\` or `/../`, was not registered like that.
        let host = url.host_str()?;
        let written = match url.port() {
            Some(port) => format!("http://{host}:{port}"),
            None => format!("http://{host}"),
        };
        let rest = text.strip_prefix(&written)?;
        let is_as_written = rest == &url[url::Position::BeforePath..] || (rest.is_empty() && url.path() == "/");
        url.set_port(None).ok()?;
        is_as_written.then(|| url.to_string())
    };
    without_port(asked).is_some_and(|asked| without_port(registered).is_some_and(|registered| registered == asked))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn exact_but_for_the_port_of_a_loopback() {
        let registered = ["https://app.example/cb".to_owned(), "http://127.0.0.1/callback".to_owned()];
        for good in ["https://app.example/cb", "http://127.0.0.1/callback", "http://127.0.0.1:49152/callback"] {
            assert!(is_registered(good, &registered), "{good}");
        }
        for bad in [
            "",
            "https://app.example/cb/",
            "https://app.example/cb?x=1",
            "https://app.example:444/cb",
            "https://app.example.evil.example/cb",
            "https://APP.example/cb",
            "http://app.example/cb",
            "https://user@app.example/cb",
            "https://app.example/x/../cb",
            "http://localhost:1/callback",
            "http://127.0.0.2:1/callback",
            "http://127.0.0.1:1/callback2",
            "http://127.0.0.1:1/callback#x",
            "http://127.0.0.1:1/x/../callback",
            "http://127.0.0.1:1\\callback",
            "http://user@127.0.0.1:1/callback",
            "https://127.0.0.1:1/callback",
            "http://127.0.0.1:1@evil.example/callback",
            "http://127.0.0.1.evil.example/callback",
        ] {
            assert!(!is_registered(bad, &registered), "{bad}");
        }
    }

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
