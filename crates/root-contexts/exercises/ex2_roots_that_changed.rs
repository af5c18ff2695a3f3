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

use url::Url;

/// The roots of `after` that are not in `before`, and those of `before` that are not in `after`: as they were written, in
/// their order, each folder once. What is no `file:` URI is no root.
pub(crate) fn changed(before: &[&str], after: &[&str]) -> (Vec<String>, Vec<String>) {
    // Exercise: see through the ways in which one folder can be written.
    let only = |some: &[&str], others: &[&str]| {
        some.iter().filter(|root| !others.contains(root)).map(|root| (*root).to_owned()).collect()
    };
    let _ = Url::parse("file:///");
    (only(after, before), only(before, after))
}
