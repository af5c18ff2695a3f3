//! Exercise 3, defend it: take a claims challenge from a header that somebody else wrote.
//!
//! `WWW-Authenticate: Bearer error="insufficient_claims", claims="eyJhY2Nlc3NfdG9rZW4iOnt9fQ=="` holds base64 of a JSON
//! object that the next sign-in has to fulfil. A server that is hostile, or broken, may send anything there, and the
//! client would carry it to Entra in a URL.
//!
//! Where to look: `challenge` in `src/graph/mod.rs` reads one of Graph's.
//!
//! Hint: standard base64, then UTF-8, then one JSON object; at most 2048 bytes of JSON.
//! Hint: a challenge counts only with `error="insufficient_claims"`. Parameters are separated by commas and blanks, values
//! stand in double quotes, names and the scheme are the same in any case, and a parameter that comes twice is no challenge.

use base64::{Engine, prelude::BASE64_STANDARD};

/// The claims of a challenge, as JSON text; none where there is no sound one.
pub(crate) fn claims(header: &str) -> Option<String> {
    // TODO: anything else than a sound challenge.
    let encoded = header.split_once("claims=\"")?.1.split('"').next()?;
    Some(String::from_utf8_lossy(&BASE64_STANDARD.decode(encoded).unwrap_or_default()).into_owned())
}
