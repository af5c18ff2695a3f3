//! What a tool says when it cannot do what was asked.

pub use mcp_support::refusal::{Refusal, quoted};
