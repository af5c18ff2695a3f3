//! Answers that come as events: what a node tells before its answer, one message after the other.
#![expect(deprecated, reason = "SEP-2577: log messages of nodes are passed on")]

use bytes::BytesMut;
use rmcp::{
    ErrorData,
    model::{
        JsonRpcMessage, LoggingMessageNotificationParam, ProgressNotificationParam, ServerJsonRpcMessage,
        ServerNotification, ServerResult,
    },
};

use super::{
    MAX_ANSWER, UNREADABLE, Why,
    pool::{NoAnswer, Reading},
};

/// Events that are being read. Dropping them breaks the connection off, which cancels the call.
pub(in crate::gateway) struct Events {
    reading: Reading,
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
    pub(super) fn new(reading: Reading) -> Self {
        Self { reading, buffer: BytesMut::new(), seen: 0 }
    }

    /// Waits for the next that matters to the call.
    pub(in crate::gateway) async fn next(&mut self) -> Result<Told, Why> {
        loop {
            while let Some(end) = end(&self.buffer[self.seen..]) {
                let event = self.buffer.split_to(self.seen + end);
                self.seen = 0;
                if let Some(told) = std::str::from_utf8(&event).ok().and_then(data).map(read).transpose()?.flatten() {
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

/// What a message says, if it matters to a call.
fn read(text: String) -> Result<Option<Told>, Why> {
    let message: ServerJsonRpcMessage = serde_json::from_str(&text).map_err(|_| Why::Unfit(UNREADABLE.to_owned()))?;
    Ok(match message {
        JsonRpcMessage::Notification(told) => match told.notification {
            ServerNotification::ProgressNotification(progress) => Some(Told::Progress(progress.params)),
            ServerNotification::LoggingMessageNotification(log) => Some(Told::Log(log.params)),
            _ => None,
        },
        JsonRpcMessage::Response(response) => Some(Told::Answer(Ok(Box::new(response.result)))),
        JsonRpcMessage::Error(error) => Some(Told::Answer(Err(error.error))),
        // Spec(2026-07-28, transports): a server sends no requests.
        JsonRpcMessage::Request(_) => None,
    })
}

/// Where the first event ends.
fn end(bytes: &[u8]) -> Option<usize> {
    let after = |mark: &[u8]| bytes.windows(mark.len()).position(|window| window == mark).map(|at| at + mark.len());
    [after(b"\n\n"), after(b"\r\n\r\n")].into_iter().flatten().min()
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
        assert_eq!(data("id: 1\ndata: a\ndata:b\n\n").as_deref(), Some("a\nb"));
        assert_eq!(data(": alive\n\n"), None);
        assert_eq!(last("data: 1\n\n: alive\n\ndata: 2\n\n").as_deref(), Some("2"));
    }
}
