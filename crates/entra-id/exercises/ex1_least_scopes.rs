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

use mcp_entra_id::remote::policy::RULES;

/// The value of `scope` for a sign-in that is enough for these tools; empty where they need none.
pub(crate) fn scopes_for(app_id_uri: &str, tools: &[&str]) -> String {
    // TODO: only what the tools need.
    let _ = tools;
    RULES.iter().map(|rule| format!("{app_id_uri}/{}", rule.scope)).collect::<Vec<_>>().join(" ")
}
