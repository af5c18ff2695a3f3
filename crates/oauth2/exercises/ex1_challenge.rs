//! Exercise 1, change it: read a `WWW-Authenticate` challenge.
//!
//! A client learns from a 401 or 403 what it has to ask for: `Bearer resource_metadata="https://...", scope="a b",
//! error="insufficient_scope"`. Find one parameter of a Bearer challenge. The name of the scheme and the names of the
//! parameters have no case, a value may be quoted or a plain word, and a quoted one may hold commas, and quotes behind a
//! backslash. A parameter that comes twice is worth nothing: two readers could take different ones.
//!
//! Where to look: `missing_scopes` in `src/client/flow.rs` asks the SDK for this.
//!
//! Hint: go from letter to letter and remember whether you are inside quotes; splitting at commas cannot work.
//! Hint: RFC 9110, section 11.2: `name BWS "=" BWS ( token / quoted-string )`, with spaces and commas between parameters.

/// The value of the parameter `name` of the challenge `header`; none if it is no Bearer challenge, or has it not once.
pub(crate) fn parameter(header: &str, name: &str) -> Option<String> {
    // TODO: quoted values, commas in them, backslashes, case, repetition.
    let value = header.split(',').find_map(|part| part.trim().strip_prefix(name)?.strip_prefix('='))?;
    Some(value.to_owned())
}
