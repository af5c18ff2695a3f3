//! Exercise 2, extend it: accept tokens of several tenants, and of no others.
//!
//! The metadata of `common` and `organizations` names the issuer `https://login.microsoftonline.com/{tenantid}/v2.0`, with
//! the braces in it: the tenant has to be put in. Who compares only the part before it, or puts in whatever the token
//! says, lets in every tenant of the world.
//!
//! Where to look: `RULES` in `src/remote/checks.rs` does it for this server, `Authority` in `src/authority.rs` builds issuers.
//!
//! Hint: the token's `tid` chooses which issuer is expected; the list of allowed tenants decides whether it may.
//! Hint: `iss` is compared whole. GUIDs are the same in upper and lower case, issuers are not.

/// Whether a token with this `iss` and `tid` comes from an allowed tenant. `template` holds `{tenantid}` once.
pub(crate) fn is_allowed(template: &str, allowed: &[&str], iss: &str, tid: &str) -> bool {
    // TODO: which tenant, and is it on the list?
    let _ = (allowed, tid);
    iss.starts_with(template.split("{tenantid}").next().unwrap_or_default())
}
