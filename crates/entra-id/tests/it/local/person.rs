//! A client with a person in front of it, who has a browser: the tour's.

pub(crate) use mcp_entra_id::demo::person::{Does, Person, code_in, come_back, enter, visit};
