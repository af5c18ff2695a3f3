//! The headers of a request in the form that every client sends.

use axum::http::HeaderMap;

/// What the headers say, each of them once.
#[derive(Debug, Clone, Copy)]
pub struct Said<'a> {
    /// The revision.
    pub version: &'a str,
    accept: &'a str,
    content_type: &'a str,
    /// `Mcp-Method`.
    pub method: Option<&'a str>,
    /// `Mcp-Name`, as it was sent: it may be encoded.
    pub name: Option<&'a str>,
}

impl<'a> Said<'a> {
    /// `None` when one of them is there twice, or names a session.
    pub fn read(headers: &'a HeaderMap) -> Option<Self> {
        let (mut version, mut accept, mut content_type, mut method, mut name) = (None, None, None, None, None);
        for (header, value) in headers {
            let slot = match header.as_str() {
                "mcp-protocol-version" => &mut version,
                "accept" => &mut accept,
                "content-type" => &mut content_type,
                "mcp-method" => &mut method,
                "mcp-name" => &mut name,
                "mcp-session-id" => return None,
                _ => continue,
            };
            if slot.replace(value.to_str().ok()?).is_some() {
                return None;
            }
        }
        Some(Self { version: version?, accept: accept?, content_type: content_type?, method, name })
    }

    /// Whether the client sends JSON and takes both kinds of answers, said without parameters.
    pub fn takes_and_sends_json(&self) -> bool {
        let takes = |wanted: &str| self.accept.split(',').any(|kind| kind.trim().eq_ignore_ascii_case(wanted));
        !self.accept.contains([';', '"'])
            && self.content_type.eq_ignore_ascii_case("application/json")
            && takes("application/json")
            && takes("text/event-stream")
    }

    /// `Mcp-Name` says what the body says. It may be encoded, which is unusual.
    pub fn names(&self, name: &str) -> bool {
        self.name.is_some_and(|said| said == name && !said.starts_with("=?"))
    }
}
