//! Answers that come as events: what a node tells before its answer, one message after the other.
#![expect(deprecated, reason = "SEP-2577: log messages of nodes are passed on")]

use bytes::BytesMut;
use rmcp::{
    ErrorData,
    model::{
        JsonRpcMessage, LoggingMessageNotificationParam, ProgressNotificationParam, RequestId, ServerJsonRpcMessage,
        ServerNotification, ServerResult,
    },
};
use serde_json::value::RawValue;

use super::{
    MAX_ANSWER, UNREADABLE, Why,
    pool::{NoAnswer, Reading},
};

/// Events that are being read. Dropping them breaks the connection off, which cancels the call.
pub(in crate::gateway) struct Events {
    reading: Reading,
    /// Of the call.
    id: Box<RawValue>,
    buffer: BytesMut,
    /// Up to where no event ends.
    seen: usize,
}

/// What an event says.
pub(in crate::gateway) enum Told {
    /// The node has got on.
    Progress(ProgressNotificationParam),
    /// What it does.
    Log(LoggingMessageNotificationParam),
    /// The answer.
    Answer(Result<Box<ServerResult>, ErrorData>),
}

impl Events {
    pub(super) fn new(reading: Reading, id: &RawValue) -> Self {
        Self { reading, id: id.to_owned(), buffer: BytesMut::new(), seen: 0 }
    }

    /// Waits for the next that matters to the call.
    pub(in crate::gateway) async fn next(&mut self) -> Result<Told, Why> {
        loop {
            while let Some(end) = end(&self.buffer[self.seen..]) {
                let event = self.buffer.split_to(self.seen + end);
                self.seen = 0;
                // A node that sends without pause would keep this thread from everybody else.
                tokio::task::coop::consume_budget().await;
                let said = std::str::from_utf8(&event).ok().and_then(data);
                if let Some(told) = said.map(|text| read(&text, &self.id)).transpose()?.flatten() {
                    return Ok(told);
                }
            }
            if self.buffer.len() > MAX_ANSWER {
                return Err(NoAnswer::TooLong.into());
            }
            // The mark of an end may have come in part.
            self.seen = self.buffer.len().saturating_sub(3);
            let more = self.reading.more().await?.ok_or(NoAnswer::Broken)?;
            self.buffer.extend_from_slice(&more);
        }
    }
}

/// What a message says, if it matters to the call with this id.
fn read(text: &str, id: &RawValue) -> Result<Option<Told>, Why> {
    let unreadable = || Why::Unfit(UNREADABLE.to_owned());
    let message: ServerJsonRpcMessage = serde_json::from_str(text).map_err(|_| unreadable())?;
    let is_its = |other: &RequestId| serde_json::to_string(other).is_ok_and(|other| other == id.get());
    Ok(match message {
        JsonRpcMessage::Notification(told) => match told.notification {
            ServerNotification::ProgressNotification(progress) => Some(Told::Progress(progress.params)),
            ServerNotification::LoggingMessageNotification(log) => Some(Told::Log(log.params)),
            _ => None,
        },
        JsonRpcMessage::Response(response) if !is_its(&response.id) => return Err(unreadable()),
        JsonRpcMessage::Error(error) if error.id.as_ref().is_some_and(|id| !is_its(id)) => return Err(unreadable()),
        JsonRpcMessage::Response(response) => Some(Told::Answer(Ok(Box::new(response.result)))),
        JsonRpcMessage::Error(error) => Some(Told::Answer(Err(error.error))),
        // Spec(2026-07-28, transports): a server sends no requests.
        JsonRpcMessage::Request(_) => None,
    })
}

/// Where the first event ends: after an empty line. No byte behind that is looked at, however much has come.
fn end(bytes: &[u8]) -> Option<usize> {
    let mut lines = bytes.iter().enumerate().filter(|(_, byte)| **byte == b'\n').map(|(at, _)| at);
    lines.find_map(|at| match &bytes[at + 1..] {
        [b'\n', ..] => Some(at + 2),
        [b'\r', b'\n', ..] => Some(at + 3),
        _ => None,
    })
}

/// The data of an event; none where there is none.
fn data(event: &str) -> Option<String> {
    let lines = event.lines().filter_map(|line| line.strip_prefix("data:"));
    let data: Vec<&str> = lines.map(|line| line.strip_prefix(' ').unwrap_or(line)).collect();
    Some(data.join("\n")).filter(|text| !text.trim().is_empty())
}

/// The answer among all events: the last message, after whatever the node had to say before.
pub(super) fn last(stream: &str) -> Option<String> {
    stream.replace("\r\n", "\n").split("\n\n").filter_map(data).last()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn events_are_taken_one_by_one() {
        assert_eq!(end(b"data: 1\n\ndata: 2\n\n"), Some(9));
        assert_eq!(end(b"data: 1\r\n\r\nx\n\n"), Some(11));
        assert_eq!(end(b"data: 1\n"), None);
        assert_eq!(end(b"data: 1\r\n\r"), None);
        assert_eq!(data("id: 1\ndata: a\ndata:b\n\n").as_deref(), Some("a\nb"));
        assert_eq!(data(": alive\n\n"), None);
        let id: Box<RawValue> = serde_json::from_str("7").expect("JSON");
        let told = |text: &str| read(text, &id).map(|told| told.is_some()).map_err(drop);
        assert_eq!(told(r#"{"jsonrpc": "2.0", "id": 7, "result": {}}"#), Ok(true));
        assert_eq!(told(r#"{"jsonrpc": "2.0", "id": 8, "result": {}}"#), Err(()), "another call's");
        assert_eq!(last("data: 1\n\n: alive\n\ndata: 2\n\n").as_deref(), Some("2"));
    }
}
