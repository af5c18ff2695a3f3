//! (7) The audit log: one line of JSON for each event, with who and what, and with no token and no claim besides.

mod file;

use std::{path::Path, time::SystemTime};

use chrono::{DateTime, SecondsFormat, Utc};
use mcp_support::{auth, serve::Operation};
use rand::RngExt;
use serde::Serialize;

use self::file::File;
use super::identity::Identity;

/// Longest text in a line, in characters.
const MAX_CHARS: usize = 120;

/// By which everything that belongs to one request is found again: here, at Entra and at Graph. Made up here, because a
/// caller's own could be another's. In the extensions of an HTTP request.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct CorrelationId(String);

impl CorrelationId {
    /// A new one: a random GUID, which is what Entra wants.
    pub fn random() -> Self {
        let mut bytes = rand::rng().random::<[u8; 16]>();
        // RFC 9562: version 4, variant 1.
        bytes[6] = bytes[6] & 0x0f | 0x40;
        bytes[8] = bytes[8] & 0x3f | 0x80;
        let hex: String = bytes.iter().map(|byte| format!("{byte:02x}")).collect();
        Self([&hex[..8], &hex[8..12], &hex[12..16], &hex[16..20], &hex[20..]].join("-"))
    }

    /// As it stands in the log and in requests to Microsoft.
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

/// What has happened.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum Event {
    /// A request was let in, and may do what it asks for.
    Admitted,
    /// A request was not let in.
    Refused,
    /// A request was let in, and may not do what it asks for.
    Denied,
    /// A token was exchanged for one of Graph.
    Exchanged,
    /// Entra has refused to.
    ExchangeRefused,
    /// The caller has to sign in again, with claims.
    Challenged,
    /// Graph or Entra asks for patience.
    Throttled,
}

/// Whom and what an event is about.
#[derive(Debug, Clone, Default)]
pub struct About<'a> {
    /// Whom the token speaks of. None where no token was good: what a bad one says may be anybody's invention.
    pub identity: Option<&'a Identity>,
    /// Of the request.
    pub correlation_id: &'a str,
    /// The method, such as `tools/call`.
    pub method: &'a str,
    /// The tool.
    pub tool: Option<&'a str>,
    /// In words of ours, or a code of Microsoft's.
    pub reason: &'a str,
}

/// One line.
#[derive(Serialize)]
struct Line<'a> {
    time: String,
    event: Event,
    tenant: Option<&'a str>,
    oid: Option<&'a str>,
    client: Option<&'a str>,
    correlation_id: &'a str,
    method: String,
    tool: Option<String>,
    #[serde(skip_serializing_if = "str::is_empty")]
    reason: String,
}

/// Where events are written. A clone writes to the same place.
#[derive(Clone, Default)]
pub struct Audit(Option<File>);

impl Audit {
    /// Writes to stderr, with the target `audit`.
    pub fn to_log() -> Self {
        Self(None)
    }

    /// Writes to a file that only this user may read. It blocks.
    ///
    /// # Errors
    /// The file cannot be written.
    pub fn to_file(path: &Path) -> std::io::Result<Self> {
        File::open(path).map(|file| Self(Some(file)))
    }

    /// Writes one event.
    pub fn write(&self, event: Event, about: &About<'_>) {
        let line = Line {
            time: DateTime::<Utc>::from(SystemTime::now()).to_rfc3339_opts(SecondsFormat::Millis, true),
            event,
            tenant: about.identity.map(|identity| identity.tenant.as_str()),
            oid: about.identity.map(|identity| identity.object_id.as_str()),
            client: about.identity.map(|identity| identity.client.as_str()),
            correlation_id: about.correlation_id,
            method: cut(about.method),
            tool: about.tool.map(cut),
            reason: cut(about.reason),
        };
        // JSON escapes what would begin another line, or look like one.
        let Ok(line) = serde_json::to_string(&line) else { return };
        match &self.0 {
            Some(file) => file.write(line),
            None => tracing::info!(target: "audit", "{line}"),
        }
    }

    /// Writes what the resource server has decided.
    pub fn decision(&self, request: &http::Extensions, event: auth::Event<'_>) {
        let correlation_id = request.get::<CorrelationId>().map(CorrelationId::as_str).unwrap_or_default();
        let about = About { correlation_id, ..About::default() };
        let of = |operation: Operation<'_>, claims: &auth::Claims, event, reason| {
            let identity = Identity::read(&claims.all);
            let tool = operation.name.filter(|_| operation.method == "tools/call");
            let about = About { identity: identity.as_ref(), method: operation.method, tool, reason, ..about.clone() };
            self.write(event, &about);
        };
        match event {
            auth::Event::Refused { reason, .. } => self.write(Event::Refused, &About { reason, ..about }),
            auth::Event::Denied(claims, operation) => of(operation, claims, Event::Denied, "the token lacks a scope"),
            auth::Event::Permitted(claims, operation) => of(operation, claims, Event::Admitted, ""),
        }
    }
}

/// Printable ASCII and letters; a terminal that shows the log obeys nothing in it.
fn cut(text: &str) -> String {
    text.chars().map(|letter| if letter.is_control() { ' ' } else { letter }).take(MAX_CHARS).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_correlation_id_is_a_guid_of_its_own() {
        let (one, two) = (CorrelationId::random(), CorrelationId::random());
        assert_ne!(one, two);
        let lengths: Vec<usize> = one.as_str().split('-').map(str::len).collect();
        assert_eq!((lengths.as_slice(), one.as_str().as_bytes()[14]), ([8, 4, 4, 4, 12].as_slice(), b'4'));
    }

    #[test]
    fn whatever_a_caller_writes_is_one_line_of_json_and_short() {
        let folder = tempfile::tempdir().expect("a folder");
        let path = folder.path().join("audit.jsonl");
        let audit = Audit::to_file(&path).expect("a file");
        let evil = format!("x\"}}\n{{\"event\":\"admitted\"}}\u{1b}[2J\u{2028}{}", "y".repeat(10_000));
        let about = About { method: &evil, tool: Some(&evil), reason: &evil, ..About::default() };
        for _ in 0..3 {
            audit.write(Event::Refused, &about);
        }
        drop(audit);
        let text = std::fs::read_to_string(&path).expect("a log");
        assert_eq!(text.lines().count(), 3, "{text}");
        for line in text.lines() {
            let line: serde_json::Value = serde_json::from_str(line).expect("JSON");
            assert_eq!(line["event"], "refused");
            assert!(line.to_string().len() < 1000 && !line.to_string().contains("\\u001b"), "{line}");
        }
        #[cfg(unix)]
        {
            use std::os::unix::fs::PermissionsExt;
            assert_eq!(std::fs::metadata(&path).expect("a file").permissions().mode() & 0o777, 0o600);
        }
    }
}
