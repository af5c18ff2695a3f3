//! From what was computed to what goes over the wire.

pub(super) use mcp_support::refusal::answer;
