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
//!
//! Learned: what comes from a server that is not yet trusted is parsed whole, bounded, and dropped when in doubt.
//! Read on: src/graph/mod.rs, src/remote/access.rs; RFC 9110, section 11.6.1.

use std::collections::BTreeMap;

use base64::{Engine, prelude::BASE64_STANDARD};
use serde_json::Value;

/// Most bytes of JSON.
const MAX_CLAIMS: usize = 2048;

/// The claims of a challenge, as JSON text; none where there is no sound one.
pub(crate) fn claims(header: &str) -> Option<String> {
    let (scheme, rest) = header.trim().split_once(' ')?;
    let parameters = parameters(rest).filter(|_| scheme.eq_ignore_ascii_case("bearer"))?;
    if parameters.get("error").map(String::as_str) != Some("insufficient_claims") {
        return None;
    }
    let decoded = BASE64_STANDARD.decode(parameters.get("claims")?).ok().filter(|bytes| bytes.len() <= MAX_CLAIMS)?;
    let text = String::from_utf8(decoded).ok()?;
    serde_json::from_str::<Value>(&text).is_ok_and(|claims| claims.is_object()).then_some(text)
}

/// `name="value", name="value"`; none where it is anything else.
fn parameters(text: &str) -> Option<BTreeMap<String, String>> {
    let (mut found, mut rest) = (BTreeMap::new(), text.trim());
    while !rest.is_empty() {
        let (name, after) = rest.split_once("=\"")?;
        let (value, after) = after.split_once('"')?;
        if found.insert(name.trim().to_ascii_lowercase(), value.to_owned()).is_some() {
            return None;
        }
        let after = after.trim_start();
        rest = match after.strip_prefix(',') {
            Some(next) => next.trim(),
            None if after.is_empty() => after,
            None => return None,
        };
    }
    Some(found)
}
