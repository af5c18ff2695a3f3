//! The requests, ready to be sent.

use std::net::SocketAddr;

use serde_json::{Value, json};

/// A revision of the protocol, and whether it has a session.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Revision {
    Modern,
    /// 2025-11-25 on a server without sessions.
    Stateless,
    /// 2025-11-25 in a session.
    Session,
}

/// A request that is sent again and again.
#[derive(Debug, Clone)]
pub(crate) struct Call {
    pub(crate) revision: Revision,
    method: &'static str,
    params: Value,
}

/// Ids have this many digits, so that all requests have the same length.
const DIGITS: usize = 9;

impl Call {
    pub(crate) fn tool(revision: Revision, name: &str, arguments: Value) -> Self {
        Self { revision, method: "tools/call", params: json!({ "name": name, "arguments": arguments }) }
    }

    pub(crate) fn echo(revision: Revision) -> Self {
        Self::tool(revision, "echo", json!({ "text": "hello, world" }))
    }

    pub(crate) fn list(revision: Revision) -> Self {
        Self { revision, method: "tools/list", params: json!({}) }
    }

    pub(crate) fn listen(uri: &str) -> Self {
        let params = json!({ "notifications": { "resourceSubscriptions": [uri] } });
        Self { revision: Revision::Modern, method: "subscriptions/listen", params }
    }

    /// Asks for progress, so that the answer is a stream.
    pub(crate) fn with_progress(mut self) -> Self {
        self.params["_meta"]["progressToken"] = json!("p");
        self
    }

    pub(crate) fn needs_session(&self) -> bool {
        self.revision == Revision::Session
    }

    /// The JSON-RPC message with a given id.
    pub(crate) fn body(&self, id: u64) -> Value {
        let mut params = self.params.clone();
        if self.revision == Revision::Modern {
            params["_meta"]["io.modelcontextprotocol/protocolVersion"] = json!("2026-07-28");
            params["_meta"]["io.modelcontextprotocol/clientInfo"] = json!({ "name": "bench", "version": "1.0.0" });
            params["_meta"]["io.modelcontextprotocol/clientCapabilities"] = json!({});
        }
        json!({ "jsonrpc": "2.0", "id": id, "method": self.method, "params": params })
    }

    /// The whole HTTP request.
    pub(crate) fn message(&self, address: SocketAddr, session: Option<&str>) -> Message {
        let first = 10_u64.pow(DIGITS as u32 - 1);
        let body = self.body(first).to_string();
        let mut more = match self.revision {
            Revision::Modern => format!("mcp-protocol-version: 2026-07-28\r\nmcp-method: {}\r\n", self.method),
            Revision::Stateless | Revision::Session => "mcp-protocol-version: 2025-11-25\r\n".to_owned(),
        };
        if let (Revision::Modern, Some(name)) = (self.revision, self.params["name"].as_str()) {
            more.push_str(&format!("mcp-name: {name}\r\n"));
        }
        if let Some(session) = session {
            more.push_str(&format!("mcp-session-id: {session}\r\n"));
        }
        let bytes = post(address, &body, &more);
        let id = format!("\"id\":{first}");
        let at = bytes.windows(id.len()).position(|window| window == id.as_bytes()).map_or(0, |at| at + 5);
        Message { bytes, at, next: first }
    }
}

/// A POST with the headers that every client sends.
pub(crate) fn post(address: SocketAddr, body: &str, more: &str) -> Vec<u8> {
    format!(
        "POST /mcp HTTP/1.1\r\nhost: {address}\r\naccept: application/json, text/event-stream\r\n\
         content-type: application/json\r\ncontent-length: {}\r\n{more}\r\n{body}",
        body.len()
    )
    .into_bytes()
}

/// A request as bytes, with a new id each time.
pub(crate) struct Message {
    bytes: Vec<u8>,
    at: usize,
    next: u64,
}

impl Message {
    pub(crate) fn next(&mut self) -> &[u8] {
        let digits = format!("{:0DIGITS$}", self.next);
        self.bytes[self.at..self.at + DIGITS].copy_from_slice(digits.as_bytes());
        self.next += 1;
        &self.bytes
    }
}
