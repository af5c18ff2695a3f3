//! Which page a URL means.

use url::Url;

/// Longer URLs are no links.
const MAX_BYTES: usize = 2_000;

/// Names of parameters that follow a visitor, and change nothing of the page.
const TRACKING: [&str; 22] = [
    "fbclid",
    "gclid",
    "gclsrc",
    "dclid",
    "gbraid",
    "wbraid",
    "msclkid",
    "yclid",
    "twclid",
    "ttclid",
    "li_fat_id",
    "igshid",
    "mc_cid",
    "mc_eid",
    "_hsenc",
    "_hsmi",
    "vero_id",
    "srsltid",
    "ref_src",
    "ref_url",
    "_ga",
    "_gl",
];
/// Beginnings of such names.
const TRACKING_BEGINS: [&str; 3] = ["utm_", "pk_", "mtm_"];

/// The URL in its canonical form, or nothing if it is no link to a page: only `http` and `https`, no user or password;
/// host in lower case, no default port, no fragment, no parameters that follow a visitor.
pub fn link(untrusted: &str) -> Option<String> {
    let trimmed = untrusted.trim();
    if trimmed.len() > MAX_BYTES || trimmed.chars().any(char::is_control) {
        return None;
    }
    let mut url = Url::parse(trimmed).ok()?;
    let is_page = matches!(url.scheme(), "http" | "https") && url.username().is_empty() && url.password().is_none();
    if !is_page {
        return None;
    }
    url.set_fragment(None);
    without_tracking(&mut url);
    // A dot at the end of a host names the same host.
    if let Some(host) = url.host_str().and_then(|host| host.strip_suffix('.')).map(str::to_owned) {
        url.set_host(Some(&host)).ok()?;
    }
    let canonical = url.to_string();
    (canonical.len() <= MAX_BYTES).then_some(canonical)
}

/// What two URLs of one page have in common: neither scheme, `www.`, a slash at the end nor the order of parameters
/// makes another page. For comparing, not for following.
pub fn same_page(canonical: &str) -> String {
    let Ok(url) = Url::parse(canonical) else { return canonical.to_owned() };
    let mut pairs: Vec<(String, String)> = url.query_pairs().into_owned().collect();
    pairs.sort();
    let port = url.port().map_or_else(String::new, |port| format!(":{port}"));
    let path = url.path();
    let path =
        ["/index.html", "/index.htm", "/index.php"].iter().find_map(|index| path.strip_suffix(index)).unwrap_or(path);
    let query: String = pairs.iter().map(|(name, value)| format!("\n{name}={value}")).collect();
    format!("{}{port}{}{query}", host(&url), path.trim_end_matches('/'))
}

/// The URL's host without `www.`; nothing for what has no host.
pub fn site(url: &str) -> String {
    Url::parse(url).map_or_else(|_| String::new(), |url| host(&url).to_owned())
}

fn host(url: &Url) -> &str {
    let host = url.host_str().unwrap_or_default();
    host.strip_prefix("www.").unwrap_or(host)
}

fn without_tracking(url: &mut Url) {
    let Some(query) = url.query() else { return };
    // Piece by piece, so that what stays is written as it was.
    let is_kept = |piece: &&str| {
        let name = piece.split('=').next().unwrap_or_default().to_ascii_lowercase();
        let follows = TRACKING.contains(&name.as_str()) || TRACKING_BEGINS.iter().any(|begin| name.starts_with(begin));
        !follows && !piece.is_empty()
    };
    let kept: Vec<&str> = query.split('&').filter(is_kept).collect();
    let kept = (!kept.is_empty()).then(|| kept.join("&"));
    url.set_query(kept.as_deref());
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn canonical() {
        for (untrusted, expected) in [
            ("HTTPS://WWW.Example.COM:443/a/../b?x=1#top", Some("https://www.example.com/b?x=1")),
            ("http://example.com:80", Some("http://example.com/")),
            ("https://example.com./", Some("https://example.com/")),
            ("https://example.com/?utm_source=a&id=7&GCLID=b&&q=x%20y", Some("https://example.com/?id=7&q=x%20y")),
            ("https://example.com/p?utm_medium=x", Some("https://example.com/p")),
            (" https://example.com/ü ", Some("https://example.com/%C3%BC")),
            ("https://b\u{fc}cher.example/", Some("https://xn--bcher-kva.example/")),
            ("javascript:alert(1)", None),
            ("data:text/html,x", None),
            ("https://user:secret@example.com/", None),
            ("/relative", None),
            ("https://example.com/\u{0}", None),
            ("", None),
        ] {
            assert_eq!(link(untrusted).as_deref(), expected, "{untrusted}");
        }
        assert_eq!(link(&format!("https://example.com/{}", "x".repeat(MAX_BYTES))), None);
    }

    #[test]
    fn pages_that_are_the_same() {
        let key = |url: &str| same_page(&link(url).expect(url));
        for (one, other, are_same) in [
            ("http://www.example.com/a/", "https://example.com/a", true),
            ("https://example.com/a?x=1&y=2", "https://example.com/a?y=2&x=1", true),
            ("https://example.com/index.html", "https://example.com", true),
            ("https://example.com/a", "https://example.com/A", false),
            ("https://example.com/a?x=1", "https://example.com/a?x=2", false),
            ("https://example.com:8443/", "https://example.com/", false),
        ] {
            assert_eq!(key(one) == key(other), are_same, "{one} {other}");
        }
        assert_eq!((site("https://www.example.com/"), site("nothing")), ("example.com".to_owned(), String::new()));
    }
}
