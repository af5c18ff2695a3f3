//! Exercise 2, extend it: route by a header, without reading the body.
//!
//! A client of 2026-07-28 copies the arguments that a tool marks with `x-mcp-header` into headers: `Mcp-Param-Region: eu`.
//! A gateway that trusts its servers to compare the two can route by the header alone, and never parse a body.
//!
//! Where to look: `Region` in `src/context/region.rs`; the specification's page "Streamable HTTP", "Custom Headers from Tool
//! Parameters".
//!
//! Hint: names of headers are the same in any case. A header that comes twice is an error, even with the same value.
//! Hint: a value that is not plain ASCII, or begins or ends with a blank, comes as `=?base64?...?=`, in standard base64 of
//! UTF-8.
//!
//! Learned: a router reads as little as it can, and takes nothing that could mean two things.
//! Read on: src/gateway/need.rs; crates/support/src/serve for the comparison of headers with the body (-32020).

use std::str::FromStr;

use base64::{Engine, prelude::BASE64_STANDARD};
use mcp_routing::context::Region;

/// The region that the headers ask for, if they do.
///
/// # Errors
/// There are two such headers, the value cannot be decoded, or it is no region.
pub(crate) fn region_of(headers: &[(&str, &str)]) -> Result<Option<Region>, String> {
    let mut found = headers.iter().filter(|(name, _)| name.eq_ignore_ascii_case("mcp-param-region"));
    let Some((_, value)) = found.next() else { return Ok(None) };
    if found.next().is_some() {
        return Err("the header comes twice".to_owned());
    }
    let Some(encoded) = value.strip_prefix("=?base64?").and_then(|rest| rest.strip_suffix("?=")) else {
        return Region::from_str(value).map(Some);
    };
    let bytes = BASE64_STANDARD.decode(encoded).map_err(|_| "the header is no base64".to_owned())?;
    let text = String::from_utf8(bytes).map_err(|_| "the header is no UTF-8".to_owned())?;
    Region::from_str(&text).map(Some)
}
