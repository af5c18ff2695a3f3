//! Exercise 2, extend it: scopes that hold others.
//!
//! Here every scope is asked for by its name, and a token with `mcp.admin` alone may not read. Many servers let a broad
//! scope hold the narrow ones. The rules are lines such as `mcp.admin > mcp.write`: who has the left one has the right one
//! too, and what that holds in turn. Say what a token is really good for: every scope that it has or that follows, each
//! once, in alphabetical order, with spaces between them. Rules may form a circle, and that has to end.
//!
//! Where to look: `resource_server` in `src/server/access.rs`; the method `implies` of `ScopePolicy` does it for real.
//!
//! Hint: keep a list of scopes that are still to be looked at, and a set of those that are known.
//! Hint: a line that is no rule (no `>`, or an empty side) is left out, and so is the space around names.
//!
//! Learned: a hierarchy is a graph; a set of what is known makes the walk end, whatever the rules say.
//! Read on: 2026-07-28, authorization, on scope hierarchies; RFC 9068, section 2.2.3.

use std::collections::BTreeSet;

/// All scopes that `granted` is good for under `rules`, one rule a line.
pub(crate) fn effective(granted: &str, rules: &str) -> String {
    let rules: Vec<(&str, &str)> = rules
        .lines()
        .filter_map(|line| line.split_once('>'))
        .map(|(broad, narrow)| (broad.trim(), narrow.trim()))
        .filter(|(broad, narrow)| !broad.is_empty() && !narrow.is_empty())
        .collect();
    let mut open: Vec<&str> = granted.split_whitespace().collect();
    let mut known = BTreeSet::new();
    while let Some(scope) = open.pop() {
        if known.insert(scope) {
            open.extend(rules.iter().filter(|(broad, _)| *broad == scope).map(|(_, narrow)| *narrow));
        }
    }
    known.into_iter().collect::<Vec<_>>().join(" ")
}
