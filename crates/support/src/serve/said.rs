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
    /// Whether a session is named.
    pub in_session: bool,
}

impl<'a> Said<'a> {
    /// `None` when one of them is there twice.
    pub fn read(headers: &'a HeaderMap) -> Option<Self> {
        let (mut version, mut accept, mut content_type, mut method, mut name) = (None, None, None, None, None);
        let mut in_session = false;
        for (header, value) in headers {
            let slot = match header.as_str() {
                "mcp-protocol-version" => &mut version,
                "accept" => &mut accept,
                "content-type" => &mut content_type,
                "mcp-method" => &mut method,
                "mcp-name" => &mut name,
                "mcp-session-id" if in_session => return None,
                "mcp-session-id" => {
                    in_session = true;
                    continue;
                }
                _ => continue,
            };
            if slot.replace(value.to_str().ok()?).is_some() {
                return None;
            }
        }
        Some(Self { version: version?, accept: accept?, content_type: content_type?, method, name, in_session })
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
