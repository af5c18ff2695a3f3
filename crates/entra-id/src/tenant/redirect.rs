//! Where a code may be sent.

use url::{Host, Url};

/// Whether the asked redirect URI is one of the registered ones: the same text, or the same place on this machine on
/// another port, because a native client takes whichever is free (RFC 8252, section 7.3).
pub(super) fn is_registered(asked: &str, registered: &[&str]) -> bool {
    registered.iter().any(|registered| *registered == asked || is_same_loopback(asked, registered))
}

/// The URI with parameters in its query.
pub(super) fn with_query(uri: &str, parameters: &[(&str, &str)]) -> String {
    let Ok(mut url) = Url::parse(uri) else { return uri.to_owned() };
    url.query_pairs_mut().extend_pairs(parameters);
    url.into()
}

/// The URI with parameters in its fragment, which browsers send to no server.
pub(super) fn with_fragment(uri: &str, parameters: &[(&str, &str)]) -> String {
    let text: String = url::form_urlencoded::Serializer::new(String::new()).extend_pairs(parameters).finish();
    format!("{uri}#{text}")
}

fn is_same_loopback(asked: &str, registered: &str) -> bool {
    let without_port = |text: &str| {
        let mut url = Url::parse(text).ok().filter(|url| url.scheme() == "http" && is_loopback(url))?;
        // What the parser repairs, such as `\` or `/../`, was not registered like that.
        if text.contains('\\') || text.contains("/.") || url.fragment().is_some() || !url.username().is_empty() {
            return None;
        }
        url.set_port(None).ok()?;
        Some(url)
    };
    without_port(asked).is_some_and(|asked| Some(asked) == without_port(registered))
}

fn is_loopback(url: &Url) -> bool {
    match url.host() {
        Some(Host::Ipv4(address)) => address.is_loopback(),
        Some(Host::Domain(name)) => name == "localhost",
        _ => false,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_the_port_may_differ() {
        let registered = ["http://localhost", "http://127.0.0.1/callback"];
        for good in ["http://localhost", "http://localhost:1/", "http://127.0.0.1:49152/callback"] {
            assert!(is_registered(good, &registered), "{good}");
        }
        for bad in [
            "https://localhost:1",
            "http://localhost/other",
            "http://127.0.0.1/callback/",
            "http://127.0.0.1/x/../callback",
            "http://127.0.0.1/callback?x=1",
            "http://ada@localhost",
            "http://localhost.example",
            "http://example.com",
            "localhost",
        ] {
            assert!(!is_registered(bad, &registered), "{bad}");
        }
    }

    #[test]
    fn parameters_are_added() {
        assert_eq!(with_query("http://localhost?a=b", &[("code", "x y")]), "http://localhost/?a=b&code=x+y");
        assert_eq!(with_fragment("http://localhost", &[("code", "x#y")]), "http://localhost#code=x%23y");
    }
}
