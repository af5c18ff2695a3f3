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

use std::str::FromStr;

use mcp_routing::context::Region;

/// The region that the headers ask for, if they do.
///
/// # Errors
/// There are two such headers, the value cannot be decoded, or it is no region.
pub(crate) fn region_of(headers: &[(&str, &str)]) -> Result<Option<Region>, String> {
    // TODO: any case of the name, one header only, encoded values.
    let found = headers.iter().find(|(name, _)| *name == "mcp-param-region");
    found.map(|(_, value)| Region::from_str(value)).transpose()
}
