//! A node's answer, of which only the outside is read: `_meta` gets the name of the node, the rest stays as it is.

use std::borrow::Cow;

use mcp_support::client::Revision;
use rmcp::model::{CallToolResult, ServerResult};
use serde::Deserialize;
use serde_json::value::RawValue;

use super::request::Entries;
use crate::gateway::need::META_KEY;

/// Under which a server says in a result who it is, in 2026-07-28.
pub(in crate::gateway) const SERVER: &str = "io.modelcontextprotocol/serverInfo";

/// What is read of an answer.
#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Envelope<'a> {
    jsonrpc: Cow<'a, str>,
    #[serde(borrow)]
    id: &'a RawValue,
    #[serde(borrow)]
    result: Option<&'a RawValue>,
    #[serde(borrow)]
    error: Option<&'a RawValue>,
}

/// What the answer says.
pub(super) enum Said<'a> {
    /// An ordinary result of a tool, by its entries and those of its `_meta`.
    Result(Entries<'a>, Entries<'a>),
    /// A result that has to be understood first: links in it lead elsewhere here, or it is none of a tool.
    Unusual(&'a RawValue),
    /// An error, which keeps its code.
    Error(&'a RawValue),
}

/// The result and the error of the answer to the request with this id.
pub(super) fn parse<'a>(body: &'a [u8], id: &RawValue) -> Option<(Option<&'a RawValue>, Option<&'a RawValue>)> {
    let Envelope { jsonrpc, id: answered, result, error } = serde_json::from_slice(body).ok()?;
    (jsonrpc == "2.0" && answered.get() == id.get()).then_some((result, error))
}

/// The result as the SDK understands it. That tries all kinds of results, each on a copy; here the one that most are comes
/// first.
pub(super) fn understood(result: &RawValue) -> Option<ServerResult> {
    let of_tool = serde_json::from_str(result.get()).map(|result: CallToolResult| result.into());
    of_tool.or_else(|_| serde_json::from_str(result.get())).ok()
}

/// None for what is no answer to the request with this id. `revision` is the client's.
pub(super) fn read<'a>(body: &'a [u8], id: &RawValue, revision: Revision) -> Option<Said<'a>> {
    match parse(body, id)? {
        (Some(result), None) => {
            let entries = serde_json::from_str::<Entries<'a>>(result.get()).ok();
            let usual = entries.filter(|entries| is_usual(result.get(), entries, revision)).and_then(|entries| {
                let meta = entries
                    .get("_meta")
                    .map_or_else(|| Ok(Entries(Vec::new())), |meta| serde_json::from_str(meta.get()));
                Some(Said::Result(entries, meta.ok()?))
            });
            Some(usual.unwrap_or(Said::Unusual(result)))
        }
        (None, Some(error)) if is_error(error) => Some(Said::Error(error)),
        _ => None,
    }
}

fn is_error(error: &RawValue) -> bool {
    #[derive(Deserialize)]
    struct Error<'a> {
        #[serde(rename = "code")]
        _code: i64,
        #[serde(rename = "message", borrow)]
        _message: Cow<'a, str>,
    }
    serde_json::from_str::<Error<'_>>(error.get()).is_ok()
}

/// Complete, with blocks, and without anything that could be a link: a letter that is written as a number may hide one.
/// Spec(2025-11-25, tools): structured content is an object.
fn is_usual(text: &str, entries: &Entries<'_>, revision: Revision) -> bool {
    let is_fit = |structure: &str| match revision {
        Revision::Modern => structure != "null",
        Revision::Legacy => structure.starts_with('{'),
    };
    let is = |key: &str, is: fn(&str) -> bool| entries.get(key).is_some_and(|value| is(value.get()));
    is("content", |content| content.starts_with('['))
        && is("resultType", |kind| kind == r#""complete""#)
        && entries.get("isError").is_none_or(|is_error| matches!(is_error.get(), "true" | "false"))
        && entries.get("structuredContent").is_none_or(|structure| is_fit(structure.get()))
        && !text.contains("\"resource")
        && !text.contains("\\u")
}

/// The result as a message, with `mark` under the gateway's key. In 2026-07-28 `server` stands there where the node has not
/// said who it is; 2025-11-25 knows neither that nor a `resultType`.
pub(super) fn write(
    id: &RawValue,
    result: &Entries<'_>,
    meta: &Entries<'_>,
    mark: &str,
    server: &str,
    revision: Revision,
) -> serde_json::Result<Vec<u8>> {
    let length: usize = result.0.iter().map(|(key, value)| key.len() + value.get().len() + 4).sum();
    let mut message = Vec::with_capacity(length + mark.len() + server.len() + 256);
    begin(&mut message, id);
    message.extend_from_slice(br#","result":{"#);
    let is_modern = revision == Revision::Modern;
    for (key, value) in result.0.iter().filter(|(key, _)| key != "_meta" && (is_modern || key != "resultType")) {
        entry(&mut message, key, value.get())?;
        message.push(b',');
    }
    message.extend_from_slice(br#""_meta":{"#);
    entry(&mut message, META_KEY, mark)?;
    if is_modern && meta.get(SERVER).is_none() {
        message.push(b',');
        entry(&mut message, SERVER, server)?;
    }
    for (key, value) in meta.0.iter().filter(|(key, _)| key != META_KEY && (is_modern || key != SERVER)) {
        message.push(b',');
        entry(&mut message, key, value.get())?;
    }
    message.extend_from_slice(b"}}}");
    Ok(message)
}

/// The message of an error.
pub(super) fn error(id: &RawValue, error: &RawValue) -> Vec<u8> {
    let mut message = Vec::with_capacity(error.get().len() + 64);
    begin(&mut message, id);
    message.extend_from_slice(br#","error":"#);
    message.extend_from_slice(error.get().as_bytes());
    message.push(b'}');
    message
}

fn begin(message: &mut Vec<u8>, id: &RawValue) {
    message.extend_from_slice(br#"{"jsonrpc":"2.0","id":"#);
    message.extend_from_slice(id.get().as_bytes());
}

fn entry(message: &mut Vec<u8>, key: &str, value: &str) -> serde_json::Result<()> {
    serde_json::to_writer(&mut *message, key)?;
    message.push(b':');
    message.extend_from_slice(value.as_bytes());
    Ok(())
}
