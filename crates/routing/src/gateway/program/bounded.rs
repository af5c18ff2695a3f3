//! Lines of a program that are too long. Such a line is an answer that nobody can get, and whoever waits for it is told so:
//! the SDK drops it without a word.

use std::{
    io,
    pin::Pin,
    task::{Context, Poll, ready},
};

use rmcp::{ErrorData, model::ErrorCode};
use serde_json::{Value, json};
use tokio::io::{AsyncRead, ReadBuf};

use crate::gateway::{MAX_ANSWER, straight::too_long};

/// Bytes that are read at a time.
const PIECE: usize = 64 * 1024;
/// Bytes at both ends of a line among which its id is looked for.
const ENDS: usize = 256;
/// Says in an error that it is about an answer which was too long.
const MARK: &str = "com.example.routing/tooLong";

/// A reader in whose lines nothing is too long: the SDK drops what it gets of one, and the error after it is the answer.
pub(super) struct Bounded<R> {
    inner: R,
    most: usize,
    piece: Box<[u8]>,
    /// What is still to be handed on, from `at`.
    ready: Vec<u8>,
    at: usize,
    length: usize,
    head: Vec<u8>,
    tail: Vec<u8>,
}

impl<R> Bounded<R> {
    pub(super) fn new(inner: R) -> Self {
        Self::with_most(inner, MAX_ANSWER)
    }

    fn with_most(inner: R, most: usize) -> Self {
        let piece = vec![0; PIECE].into_boxed_slice();
        Self { inner, most, piece, ready: Vec::new(), at: 0, length: 0, head: Vec::new(), tail: Vec::new() }
    }

    /// Takes what was read.
    fn take(&mut self, bytes: &[u8]) -> io::Result<()> {
        for piece in bytes.split_inclusive(|byte| *byte == b'\n') {
            let (line, ends) = piece.strip_suffix(b"\n").map_or((piece, false), |line| (line, true));
            // One byte more than the SDK takes, so that it notices.
            let room = (self.most + 1).saturating_sub(self.length).min(line.len());
            self.ready.extend_from_slice(&line[..room]);
            self.length += line.len();
            let room = ENDS.saturating_sub(self.head.len()).min(line.len());
            self.head.extend_from_slice(&line[..room]);
            self.tail.extend_from_slice(&line[line.len().saturating_sub(ENDS)..]);
            self.tail.drain(..self.tail.len().saturating_sub(ENDS));
            if ends {
                self.ready.push(b'\n');
                if self.length > self.most {
                    self.ready.extend_from_slice(self.error()?.as_bytes());
                }
                self.length = 0;
                self.head.clear();
                self.tail.clear();
            }
        }
        Ok(())
    }

    /// The answer instead of a line that was too long. Without an id nobody would know that it is theirs: then the
    /// connection ends, and with it the wait.
    fn error(&self) -> io::Result<String> {
        let is_inside = |byte: &u8| matches!(byte, b'{' | b'[' | b'}' | b']');
        let head = self.head.iter().skip(1).position(is_inside).map_or(&self.head[..], |end| &self.head[..end + 1]);
        let tail = self.tail.trim_ascii_end().strip_suffix(b"}").unwrap_or(&self.tail);
        let tail = tail.iter().rposition(is_inside).map_or(tail, |start| &tail[start..]);
        let id = id(head).or_else(|| id(tail)).ok_or_else(|| {
            io::Error::new(io::ErrorKind::InvalidData, "a line that is too long, and says not whose answer it is")
        })?;
        let error = ErrorData::internal_error(too_long(), Some(json!({ MARK: true })));
        Ok(format!("{}\n", json!({ "jsonrpc": "2.0", "id": id, "error": error })))
    }
}

/// The number after `"id":`.
fn id(bytes: &[u8]) -> Option<u64> {
    let text = std::str::from_utf8(bytes).ok()?;
    let after = text.split_once(r#""id""#)?.1.trim_start().strip_prefix(':')?.trim_start();
    let digits = after.find(|letter: char| !letter.is_ascii_digit()).map_or(after, |end| &after[..end]);
    digits.parse().ok()
}

/// Why an error is one of these.
pub(in crate::gateway) fn is_too_long(error: &ErrorData) -> bool {
    let is_marked = error.data.as_ref().is_some_and(|data| data.get(MARK) == Some(&Value::Bool(true)));
    error.code == ErrorCode::INTERNAL_ERROR && is_marked
}

impl<R: AsyncRead + Unpin> AsyncRead for Bounded<R> {
    fn poll_read(
        mut self: Pin<&mut Self>,
        context: &mut Context<'_>,
        buffer: &mut ReadBuf<'_>,
    ) -> Poll<io::Result<()>> {
        let this = &mut *self;
        while this.at == this.ready.len() {
            this.ready.clear();
            this.at = 0;
            let mut read = ReadBuf::new(&mut this.piece);
            ready!(Pin::new(&mut this.inner).poll_read(context, &mut read))?;
            let length = read.filled().len();
            if length == 0 {
                return Poll::Ready(Ok(()));
            }
            let piece = std::mem::take(&mut this.piece);
            let taken = this.take(&piece[..length]);
            this.piece = piece;
            taken?;
        }
        let some = (this.ready.len() - this.at).min(buffer.remaining());
        buffer.put_slice(&this.ready[this.at..this.at + some]);
        this.at += some;
        Poll::Ready(Ok(()))
    }
}

#[cfg(test)]
mod tests {
    use tokio::io::AsyncReadExt;

    use super::*;

    async fn read(lines: &str) -> io::Result<String> {
        let mut text = String::new();
        Bounded::with_most(lines.as_bytes(), 400).read_to_string(&mut text).await?;
        Ok(text)
    }

    #[tokio::test]
    async fn lines_that_fit_stay_as_they_are() {
        let lines = format!("{}\n\n{{}}\n{}", "a".repeat(400), "b".repeat(100));
        assert_eq!(read(&lines).await.expect("reads"), lines);
    }

    #[tokio::test]
    async fn a_line_that_is_too_long_is_answered() {
        let long = "x".repeat(1000);
        for line in [
            format!(r#"{{"jsonrpc":"2.0","id":17,"result":{{"id":3,"text":"{long}"}}}}"#),
            format!(r#"{{"result":{{"id":3,"text":"{long}"}},"jsonrpc":"2.0","id": 17 }}"#),
            format!(r#"{{"result":{{"text":"{long}","id":3}},"id":17,"jsonrpc":"2.0"}}"#),
        ] {
            let text = read(&format!("{line}\n{{}}\n")).await.expect("reads");
            let lines: Vec<&str> = text.lines().collect();
            assert_eq!((lines.len(), lines[0], lines[2]), (3, &line[..401], "{}"), "{line}");
            let error: Value = serde_json::from_str(lines[1]).expect("a message");
            assert_eq!(error["id"], 17, "{line}");
            let error: ErrorData = serde_json::from_value(error["error"].clone()).expect("an error");
            assert!(is_too_long(&error));
        }
        let nobodys = read(&format!("{{\"result\":\"{long}\"}}\n")).await;
        assert!(nobodys.is_err(), "nobody's answer ends the connection: {nobodys:?}");
    }
}
