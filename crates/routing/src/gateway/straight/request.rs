//! A call in the usual form, of which only the outside is read.

use std::{
    borrow::Cow,
    io::Write as _,
    marker::PhantomData,
    sync::atomic::{AtomicU64, Ordering},
};

use mcp_support::{
    client::Revision,
    serve::{Said, SessionClient},
};
use rmcp::model::{
    CallToolRequestParams, ClientCapabilities, Implementation, InputResponses, JsonObject, ProgressToken, RequestId,
    RequestMetaObject,
};
use serde::{Deserialize, Deserializer, Serialize, de};
use serde_json::value::RawValue;

use crate::gateway::need::META_KEY;

const VERSION: &str = "io.modelcontextprotocol/protocolVersion";
const CLIENT: &str = "io.modelcontextprotocol/clientInfo";
const CAPABILITIES: &str = "io.modelcontextprotocol/clientCapabilities";
/// What asks for log messages before the answer.
const LEVEL: &str = "io.modelcontextprotocol/logLevel";
/// What asks for progress.
const TOKEN: &str = "progressToken";
/// What a node gets instead of what the client said of itself. What it can passes.
const GATEWAY: &str = concat!(
    r#""io.modelcontextprotocol/protocolVersion":"2026-07-28","io.modelcontextprotocol/clientInfo":{"name":""#,
    env!("CARGO_PKG_NAME"),
    r#"","version":""#,
    env!("CARGO_PKG_VERSION"),
    r#""},"io.modelcontextprotocol/clientCapabilities":"#
);

/// `tools/call` of a client that wants no log messages.
pub(super) struct Call<'a> {
    pub(super) revision: Revision,
    pub(super) id: &'a RawValue,
    pub(super) name: &'a str,
    arguments: Option<&'a RawValue>,
    meta: Entries<'a>,
    /// What the client can.
    capabilities: &'a str,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Envelope<'a> {
    jsonrpc: &'a str,
    #[serde(borrow)]
    id: &'a RawValue,
    method: &'a str,
    #[serde(borrow)]
    params: Params<'a>,
}

/// What comes back with an answer to a question goes the other way.
#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Params<'a> {
    name: &'a str,
    #[serde(borrow)]
    arguments: Option<&'a RawValue>,
    #[serde(borrow, rename = "_meta")]
    meta: Option<Entries<'a>>,
}

/// The entries of an object, as they were written.
pub(super) struct Entries<'a>(pub(super) Vec<(Cow<'a, str>, &'a RawValue)>);

impl<'a> Call<'a> {
    /// `None` for anything unusual, right or wrong: the SDK knows the rules. In 2025-11-25 the session knows what its client
    /// can.
    pub(super) fn read(said: &Said<'_>, session: Option<&'a SessionClient>, body: &'a [u8]) -> Option<Self> {
        let revision = match said.version {
            "2026-07-28" if !said.in_session && said.method == Some("tools/call") => Revision::Modern,
            "2025-11-25" if said.in_session && said.method.is_none() && said.name.is_none() => Revision::Legacy,
            _ => return None,
        };
        if !said.takes_and_sends_json() {
            return None;
        }
        let Envelope { jsonrpc, id, method, params } = serde_json::from_slice(body).ok()?;
        let Params { name, arguments, meta } = params;
        let is_id = id.get().starts_with('"') || id.get().parse::<i64>().is_ok();
        let is_object = arguments.is_none_or(|arguments| arguments.get().starts_with('{'));
        let meta = meta.unwrap_or(Entries(Vec::new()));
        if jsonrpc != "2.0" || method != "tools/call" || !is_id || !is_object || meta.get(LEVEL).is_some() {
            return None;
        }
        let of_client = [VERSION, CAPABILITIES, CLIENT].map(|key| meta.get(key).map(RawValue::get));
        let capabilities = match (revision, of_client) {
            (Revision::Modern, [Some(version), Some(capabilities), client])
                if version.trim_matches('"') == said.version
                    && client.is_none_or(|client| client.starts_with('{'))
                    && said.names(name) =>
            {
                capabilities
            }
            (Revision::Legacy, [None, None, None]) => &session?.0,
            _ => return None,
        };
        let is_fit = capabilities == "{}" || serde_json::from_str::<ClientCapabilities>(capabilities).is_ok();
        let is_usual = is_fit && meta.get(TOKEN).is_none_or(|token| is_token(token.get()));
        is_usual.then_some(Self { revision, id, name, arguments, meta, capabilities })
    }

    /// Whether the client wants to hear of progress.
    pub(super) fn wants_progress(&self) -> bool {
        self.meta.get(TOKEN).is_some()
    }

    /// What the call asks of its node, as it was written.
    pub(super) fn route(&self) -> Option<&'a RawValue> {
        self.meta.get(META_KEY)
    }

    /// The message for the node, with the tool's name there. A progress token is replaced: that of another client may be the
    /// same.
    pub(super) fn write(&self, name: &str) -> Option<Vec<u8>> {
        let arguments = self.arguments.map_or("{}", RawValue::get);
        let mut message = Vec::with_capacity(arguments.len() + 512);
        message.extend_from_slice(br#"{"jsonrpc":"2.0","id":"#);
        message.extend_from_slice(self.id.get().as_bytes());
        message.extend_from_slice(br#","method":"tools/call","params":{"name":"#);
        serde_json::to_writer(&mut message, name).ok()?;
        if self.arguments.is_some() {
            message.extend_from_slice(br#","arguments":"#);
            message.extend_from_slice(arguments.as_bytes());
        }
        message.extend_from_slice(br#","_meta":{"#);
        message.extend_from_slice(GATEWAY.as_bytes());
        message.extend_from_slice(self.capabilities.as_bytes());
        if self.wants_progress() {
            write!(message, r#","{TOKEN}":"s{}""#, number()).ok()?;
        }
        let own = [VERSION, CLIENT, CAPABILITIES, TOKEN];
        for (key, value) in self.meta.0.iter().filter(|(key, _)| !own.contains(&key.as_ref())) {
            message.push(b',');
            serde_json::to_writer(&mut message, key).ok()?;
            message.push(b':');
            message.extend_from_slice(value.get().as_bytes());
        }
        message.extend_from_slice(b"}}}");
        Some(message)
    }
}

/// A number that no other call has.
pub(super) fn number() -> u64 {
    static NUMBERS: AtomicU64 = AtomicU64::new(0);
    NUMBERS.fetch_add(1, Ordering::Relaxed)
}

/// A call of the usual way, as a message. `meta` says what the client can, and no more of this connection.
pub(super) fn write(
    number: u64,
    params: &CallToolRequestParams,
    name: &str,
    meta: &RequestMetaObject,
    progress: bool,
) -> serde_json::Result<Vec<u8>> {
    #[derive(Serialize)]
    struct Message<'a> {
        jsonrpc: &'static str,
        id: u64,
        method: &'static str,
        params: Params<'a>,
    }

    #[derive(Serialize)]
    #[serde(rename_all = "camelCase")]
    struct Params<'a> {
        name: &'a str,
        #[serde(skip_serializing_if = "Option::is_none")]
        arguments: Option<&'a JsonObject>,
        #[serde(skip_serializing_if = "Option::is_none")]
        input_responses: Option<&'a InputResponses>,
        #[serde(skip_serializing_if = "Option::is_none")]
        request_state: Option<&'a str>,
        #[serde(rename = "_meta")]
        meta: RequestMetaObject,
    }

    let mut meta = meta.clone();
    meta.set_protocol_version(Revision::Modern.version());
    meta.set_client_info(Implementation::new(env!("CARGO_PKG_NAME"), env!("CARGO_PKG_VERSION")));
    if progress {
        meta.set_progress_token(ProgressToken(RequestId::String(format!("s{number}").into())));
    }
    let params = Params {
        name,
        arguments: params.arguments.as_ref(),
        input_responses: params.input_responses.as_ref(),
        request_state: params.request_state.as_deref(),
        meta,
    };
    serde_json::to_vec(&Message { jsonrpc: "2.0", id: number, method: "tools/call", params })
}

fn is_token(text: &str) -> bool {
    text.starts_with('"') || text.parse::<i64>().is_ok()
}

impl<'a> Entries<'a> {
    pub(super) fn get(&self, wanted: &str) -> Option<&'a RawValue> {
        self.0.iter().find(|(key, _)| key == wanted).map(|(_, value)| *value)
    }
}

/// Most entries that are looked at one by one.
const MOST: usize = 32;

impl<'de: 'a, 'a> Deserialize<'de> for Entries<'a> {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        struct Visitor<'a>(PhantomData<&'a ()>);

        impl<'de: 'a, 'a> de::Visitor<'de> for Visitor<'a> {
            type Value = Entries<'a>;

            fn expecting(&self, to: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
                to.write_str("an object")
            }

            fn visit_map<A: de::MapAccess<'de>>(self, mut map: A) -> Result<Self::Value, A::Error> {
                let mut entries = Entries(Vec::with_capacity(6));
                while let Some(Key(key)) = map.next_key()? {
                    // Which of two would count is not for us to say.
                    if entries.0.len() >= MOST || entries.get(&key).is_some() {
                        return Err(de::Error::custom("unusual"));
                    }
                    entries.0.push((key, map.next_value()?));
                }
                Ok(entries)
            }
        }

        deserializer.deserialize_map(Visitor(PhantomData))
    }
}

/// A key, borrowed where nothing in it is escaped.
#[derive(Deserialize)]
#[serde(transparent)]
struct Key<'a>(#[serde(borrow)] Cow<'a, str>);
