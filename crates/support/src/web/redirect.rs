//! Where a code may be sent.
//!
//! Spec(OAuth 2.1, section 2.3.1): redirect URIs are compared as strings; only the port of a loopback address may
//! differ, because a native client takes whichever is free (RFC 8252, section 7.3).

use url::{Host, Url};

/// Whether the asked redirect URI is one of the registered ones.
pub fn is_registered(asked: &str, registered: &[String]) -> bool {
    registered.iter().any(|registered| registered == asked || is_same_loopback(asked, registered))
}

/// Whether a host is this device.
pub fn is_loopback(host: &Host) -> bool {
    match host {
        Host::Ipv4(address) => address.is_loopback(),
        Host::Ipv6(address) => address.is_loopback(),
        Host::Domain(name) => name == "localhost",
    }
}

fn is_same_loopback(asked: &str, registered: &str) -> bool {
    let without_port = |text: &str| {
        let mut url = Url::parse(text).ok().filter(|url| url.scheme() == "http")?;
        url.host().filter(|host| is_loopback(&host.to_owned()))?;
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
}
