//! Requests, ready to be sent.

use std::fmt::Write as _;

use serde_json::{Value, json};

/// How a call is made.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Way {
    /// 2026-07-28.
    Modern,
    /// 2025-11-25, on a server without sessions.
    Stateless,
    /// 2025-11-25, in a session.
    Session,
}

impl Way {
    /// The revision that it speaks.
    pub fn revision(self) -> &'static str {
        match self {
            Self::Modern => "2026-07-28",
            Self::Stateless | Self::Session => "2025-11-25",
        }
    }
}

/// A call that is sent again and again.
#[derive(Debug, Clone)]
pub struct Call {
    way: Way,
    method: &'static str,
    params: Value,
    /// Lines of the head that this call has beside the usual ones.
    headers: String,
}

/// Ids have this many digits, so that all requests have the same length.
const DIGITS: usize = 9;

impl Call {
    /// A call of a method.
    pub fn new(way: Way, method: &'static str, params: Value) -> Self {
        Self { way, method, params, headers: String::new() }
    }

    /// A call of a tool.
    pub fn tool(way: Way, name: &str, arguments: Value) -> Self {
        Self::new(way, "tools/call", json!({ "name": name, "arguments": arguments }))
    }

    /// Asks for progress, as the clients of the SDKs always do.
    #[must_use]
    pub fn with_progress(mut self) -> Self {
        self.params["_meta"]["progressToken"] = json!("p");
        self
    }

    /// Sends one more header.
    #[must_use]
    pub fn with_header(mut self, name: &str, value: &str) -> Self {
        // Writing to a string cannot fail.
        let _ = write!(self.headers, "{name}: {value}\r\n");
        self
    }

    /// The same call, made in another way.
    #[must_use]
    pub fn made(&self, way: Way) -> Self {
        Self { way, ..self.clone() }
    }

    /// How it is made.
    pub fn way(&self) -> Way {
        self.way
    }

    /// Lines of the head that it has beside the usual ones.
    pub(super) fn headers(&self) -> &str {
        &self.headers
    }

    /// What it calls its method with.
    pub fn params(&self) -> &Value {
        &self.params
    }

    /// The JSON-RPC message with a given id.
    pub fn body(&self, id: u64) -> Value {
        let mut params = self.params.clone();
        if self.way == Way::Modern {
            params["_meta"]["io.modelcontextprotocol/protocolVersion"] = json!(self.way.revision());
            params["_meta"]["io.modelcontextprotocol/clientInfo"] = json!({ "name": "bench", "version": "1.0.0" });
            params["_meta"]["io.modelcontextprotocol/clientCapabilities"] = json!({});
        }
        json!({ "jsonrpc": "2.0", "id": id, "method": self.method, "params": params })
    }

    /// The whole HTTP request to a server at `address` (`HOST:PORT`), in a session where it needs one.
    pub fn request(&self, address: &str, session: Option<&str>) -> Request {
        let first = 10_u64.pow(DIGITS as u32 - 1);
        let mut more = format!("mcp-protocol-version: {}\r\n", self.way.revision());
        if self.way == Way::Modern {
            let _ = write!(more, "mcp-method: {}\r\n", self.method);
            if let Some(name) = self.params["name"].as_str() {
                let _ = write!(more, "mcp-name: {name}\r\n");
            }
        }
        if let Some(session) = session {
            let _ = write!(more, "mcp-session-id: {session}\r\n");
        }
        let bytes = post(address, &self.body(first).to_string(), &(more + &self.headers));
        let id = format!("\"id\":{first}");
        let at = bytes.windows(id.len()).position(|window| window == id.as_bytes()).map_or(0, |at| at + 5);
        Request { bytes, at, next: first }
    }
}

/// A POST with the headers that every client sends.
pub(super) fn post(address: &str, body: &str, more: &str) -> Vec<u8> {
    format!(
        "POST /mcp HTTP/1.1\r\nhost: {address}\r\naccept: application/json, text/event-stream\r\n\
         content-type: application/json\r\ncontent-length: {}\r\n{more}\r\n{body}",
        body.len()
    )
    .into_bytes()
}

/// A request as bytes, with a new id each time.
#[derive(Debug, Clone)]
pub struct Request {
    bytes: Vec<u8>,
    at: usize,
    next: u64,
}

impl Request {
    /// The next one, head and body.
    #[expect(clippy::should_implement_trait, reason = "what it lends ends with the next call")]
    pub fn next(&mut self) -> &[u8] {
        let digits = format!("{:0DIGITS$}", self.next);
        self.bytes[self.at..self.at + DIGITS].copy_from_slice(&digits.as_bytes()[..DIGITS]);
        self.next += 1;
        &self.bytes
    }
}
