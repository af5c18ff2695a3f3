//! Exercise 2, extend it: which roots came, and which went?
//!
//! `notifications/roots/list_changed` says that something changed, not what. A server that keeps an index of each folder
//! wants to know. Compare two lists of roots, but not letter by letter: clients write one folder in several ways.
//!
//! Where to look: `src/workspace/uri.rs` reads the URIs of roots strictly.
//!
//! Hint: bring each URI into one form first: `url::Url::parse` decodes the scheme and the host; the host `localhost` is no
//! host, and a slash at the end means nothing, except for the root folder itself.
//! Hint: `%41` is `A`, but `%2F` is no separator: take `path_segments`, decode each one, and compare the lists.
//!
//! Learned: compare parsed values, not texts; decoding before splitting would make one folder of two.
//! Read on: src/workspace/uri.rs; RFC 8089, appendix B; RFC 3986, section 6.2.2.

use url::Url;

/// The roots of `after` that are not in `before`, and those of `before` that are not in `after`: as they were written, in
/// their order, each folder once. What is no `file:` URI is no root.
pub(crate) fn changed(before: &[&str], after: &[&str]) -> (Vec<String>, Vec<String>) {
    (only(after, before), only(before, after))
}

fn only(some: &[&str], others: &[&str]) -> Vec<String> {
    let mut seen: Vec<Vec<Vec<u8>>> = others.iter().filter_map(|root| folder(root)).collect();
    let mut found = Vec::new();
    for root in some {
        if let Some(folder) = folder(root)
            && !seen.contains(&folder)
        {
            seen.push(folder);
            found.push((*root).to_owned());
        }
    }
    found
}

/// The names of the folders on the way, decoded.
fn folder(root: &str) -> Option<Vec<Vec<u8>>> {
    let url = Url::parse(root).ok().filter(|url| url.scheme() == "file")?;
    if url.host_str().is_some_and(|host| !host.is_empty() && host != "localhost") {
        return None;
    }
    Some(url.path_segments()?.filter(|name| !name.is_empty()).map(decoded).collect())
}

/// The bytes of a name whose percent signs stand for bytes.
fn decoded(name: &str) -> Vec<u8> {
    let (bytes, mut at, mut out) = (name.as_bytes(), 0, Vec::new());
    while at < bytes.len() {
        let hex = bytes.get(at + 1..at + 3).and_then(|digits| std::str::from_utf8(digits).ok());
        match hex.and_then(|digits| u8::from_str_radix(digits, 16).ok()).filter(|_| bytes[at] == b'%') {
            Some(byte) => {
                out.push(byte);
                at += 3;
            }
            None => {
                out.push(bytes[at]);
                at += 1;
            }
        }
    }
    out
}
