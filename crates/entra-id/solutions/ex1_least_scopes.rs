//! Exercise 1, change it: ask for the scopes that a set of tools needs, and for no more.
//!
//! A host that knows which tools a person will use can ask for their scopes at the first sign-in, instead of stepping up
//! later. Entra wants scopes with the App ID URI before them, takes no scope of another resource in the same request, and
//! gives a refresh token only where `offline_access` is asked for.
//!
//! Where to look: `RULES` in `src/remote/policy.rs` names the scope of each tool.
//!
//! Hint: each scope once, in the order of the alphabet; `offline_access` comes last.
//! Hint: a tool that is not in the table needs nothing: it does not exist, and must not widen what is asked for.
//!
//! Learned: scopes are asked for by resource, and the least that is of use is asked for first.
//! Read on: src/remote/policy.rs; "Scopes and permissions in the Microsoft identity platform".

use std::collections::BTreeSet;

use mcp_entra_id::remote::policy::RULES;

/// The value of `scope` for a sign-in that is enough for these tools; empty where they need none.
pub(crate) fn scopes_for(app_id_uri: &str, tools: &[&str]) -> String {
    let needed = RULES.iter().filter(|rule| tools.contains(&rule.tool)).map(|rule| rule.scope);
    let needed: BTreeSet<&str> = needed.collect();
    if needed.is_empty() {
        return String::new();
    }
    let full = needed.into_iter().map(|scope| format!("{app_id_uri}/{scope}"));
    full.chain(["offline_access".to_owned()]).collect::<Vec<_>>().join(" ")
}
