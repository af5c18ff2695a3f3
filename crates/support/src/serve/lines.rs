//! One JSON-RPC message a line. Unlike the SDK's line transport it answers what it cannot read: a line that is no JSON,
//! no message, or too long gets an error, and a stray first message does not end the server.

use std::{
    future::Future,
    io,
    sync::{
        Arc,
        atomic::{AtomicUsize, Ordering},
    },
    time::Duration,
};

use bytes::{Bytes, BytesMut};
use rmcp::{
    ErrorData, RoleServer,
    model::{ClientJsonRpcMessage, ErrorCode},
    service::{RxJsonRpcMessage, TxJsonRpcMessage},
    transport::Transport,
};
use serde_json::{Value, json};
use tokio::{
    io::{AsyncRead, AsyncReadExt, AsyncWrite, AsyncWriteExt},
    sync::{Notify, mpsc, oneshot},
    task::JoinHandle,
    time::Instant,
};
use tokio_util::{sync::CancellationToken, task::TaskTracker};

use super::{front::Fronted, unreadable, usual::Usual};

/// Lines that wait to be written; a client that does not read stops the writers here.
const QUEUE: usize = 64;
const READ: usize = 64 * 1024;
/// How long the last lines may take to be written.
const FLUSH: Duration = Duration::from_secs(2);
/// How long calls in flight may take to finish after the end of the input. A host that waits less sends a signal.
const DRAIN: Duration = Duration::from_secs(30);
/// How long it takes at most, in all likelihood, until a request that was read is a call.
const SETTLE: Duration = Duration::from_millis(50);
/// Answers that may wait to be written before nothing more is read.
const MAX_WAITING: usize = 1024;

/// Messages as lines on a reader and a writer.
pub(super) struct Lines<R> {
    reader: R,
    buffer: BytesMut,
    /// Bytes of `buffer` that are known to hold no line feed.
    scanned: usize,
    /// True while the rest of a line that was too long is thrown away.
    skipping: bool,
    max_bytes: usize,
    /// True once a request has come: rmcp ends a server whose first message is none.
    opened: bool,
    writer: mpsc::Sender<Line>,
    writing: Option<JoinHandle<()>>,
    reply: Option<Bytes>,
    broken: CancellationToken,
    front: Fronted,
    /// The calls in flight: at the end of the input they get time to finish.
    calls: TaskTracker,
    ended: Option<Instant>,
    /// Answers that wait to be written.
    waiting: Arc<Waiting>,
}

/// Counts answers, so that a client that does not read stops being read.
#[derive(Default)]
struct Waiting {
    answers: AtomicUsize,
    fewer: Notify,
}

struct Line {
    bytes: Bytes,
    written: Option<oneshot::Sender<()>>,
}

impl<R: AsyncRead + Unpin + Send> Lines<R> {
    pub(super) fn new(
        reader: R,
        writer: impl AsyncWrite + Unpin + Send + 'static,
        max_bytes: usize,
        calls: TaskTracker,
        front: Fronted,
    ) -> Self {
        let (sender, receiver) = mpsc::channel(QUEUE);
        let broken = CancellationToken::new();
        let writing = tokio::spawn(write(writer, receiver, broken.clone()));
        Self {
            reader,
            buffer: BytesMut::with_capacity(READ),
            scanned: 0,
            skipping: false,
            max_bytes,
            opened: false,
            writer: sender,
            writing: Some(writing),
            reply: None,
            broken,
            front,
            calls,
            ended: None,
            waiting: Arc::default(),
        }
    }

    fn too_long(&self) -> ErrorData {
        let message = format!("the message is larger than the {} bytes allowed", self.max_bytes);
        ErrorData::new(ErrorCode::INVALID_REQUEST, message, None)
    }

    /// After the end of the input: waits for the calls in flight. rmcp alone would give them five seconds.
    async fn drain(&mut self) {
        let until = *self.ended.get_or_insert_with(|| Instant::now() + DRAIN);
        self.calls.close();
        let quiet = async {
            // A request that was read a moment ago may not have become a call yet.
            loop {
                tokio::time::sleep(SETTLE).await;
                if self.calls.is_empty() {
                    return;
                }
                self.calls.wait().await;
            }
        };
        tokio::select! {
            () = self.broken.cancelled() => {}
            () = tokio::time::sleep_until(until) => {}
            () = quiet => {}
        }
    }

    /// The next line without its end, or why there is none. Safe to cancel: all state is in `self`.
    async fn next_line(&mut self) -> Option<Result<BytesMut, ErrorData>> {
        loop {
            if let Some(at) = self.buffer[self.scanned..].iter().position(|byte| *byte == b'\n') {
                let line = self.buffer.split_to(self.scanned + at + 1);
                self.scanned = 0;
                if std::mem::take(&mut self.skipping) {
                    continue;
                }
                if line.len() > self.max_bytes + 1 {
                    return Some(Err(self.too_long()));
                }
                return Some(Ok(line));
            }
            self.scanned = self.buffer.len();
            if self.skipping {
                self.buffer.clear();
                self.scanned = 0;
            } else if self.buffer.len() > self.max_bytes {
                self.buffer = BytesMut::with_capacity(READ);
                self.scanned = 0;
                self.skipping = true;
                return Some(Err(self.too_long()));
            }
            self.buffer.reserve(READ);
            let read = tokio::select! {
                () = self.broken.cancelled() => return None,
                read = self.reader.read_buf(&mut self.buffer) => read,
            };
            match read {
                Ok(0) if self.buffer.is_empty() || self.skipping => return None,
                // The last line of a file may lack its end.
                Ok(0) => {
                    self.scanned = 0;
                    return Some(Ok(self.buffer.split()));
                }
                Ok(_) => {}
                Err(error) => {
                    tracing::debug!(%error, "cannot read");
                    return None;
                }
            }
        }
    }
}

impl<R: AsyncRead + Unpin + Send> Transport<RoleServer> for Lines<R> {
    type Error = io::Error;

    fn send(
        &mut self,
        message: TxJsonRpcMessage<RoleServer>,
    ) -> impl Future<Output = Result<(), Self::Error>> + Send + 'static {
        let writer = self.writer.clone();
        let counted = Counted::new(&self.waiting);
        let message = self.front.outgoing(message);
        async move {
            let mut bytes = serde_json::to_vec(&message)?;
            bytes.push(b'\n');
            let (written, done) = oneshot::channel();
            let line = Line { bytes: bytes.into(), written: Some(written) };
            writer.send(line).await.map_err(|_| io::ErrorKind::BrokenPipe)?;
            let done = done.await.map_err(|_| io::ErrorKind::BrokenPipe.into());
            drop(counted);
            done
        }
    }

    async fn receive(&mut self) -> Option<RxJsonRpcMessage<RoleServer>> {
        loop {
            // A reply of our own is sent before the next line is read; waiting for a place may be cancelled, so the
            // reply stays here until there is one.
            if self.reply.is_some() {
                let place = tokio::select! {
                    () = self.broken.cancelled() => return None,
                    place = self.writer.reserve() => place.ok()?,
                };
                if let Some(bytes) = self.reply.take() {
                    place.send(Line { bytes, written: None });
                }
            }
            while self.waiting.answers.load(Ordering::Acquire) > MAX_WAITING {
                let fewer = self.waiting.fewer.notified();
                if self.waiting.answers.load(Ordering::Acquire) <= MAX_WAITING {
                    break;
                }
                tokio::select! {
                    () = self.broken.cancelled() => return None,
                    () = fewer => {}
                }
            }
            let Some(line) = self.next_line().await else {
                self.drain().await;
                return None;
            };
            let line = match line {
                Ok(line) => line,
                Err(error) => {
                    self.reply = Some(reply(Value::Null, &error));
                    continue;
                }
            };
            let text = line.trim_ascii();
            if text.is_empty() {
                continue;
            }
            let changed = self.front.incoming(text);
            let text = changed.as_deref().unwrap_or(text);
            if let Some(usual) = Usual::read(text) {
                self.opened = true;
                return Some(usual.into_message());
            }
            match serde_json::from_slice::<ClientJsonRpcMessage>(text) {
                Ok(message) => {
                    if let (ClientJsonRpcMessage::Notification(_), Some(error)) =
                        (&message, unreadable::has_unusable_id(text))
                    {
                        self.reply = Some(reply(Value::Null, &error));
                        continue;
                    }
                    self.opened |= matches!(message, ClientJsonRpcMessage::Request(_));
                    if self.opened {
                        return Some(message);
                    }
                    tracing::debug!("ignored a message before the first request");
                }
                Err(_) => match unreadable::explain(text) {
                    Some((id, error)) => self.reply = Some(reply(id, &error)),
                    None => tracing::debug!("ignored a malformed notification"),
                },
            }
        }
    }

    async fn close(&mut self) -> Result<(), Self::Error> {
        // The writer ends when its last sender has gone and all lines are written, or when the client does not read.
        (self.writer, _) = mpsc::channel(1);
        if let Some(writing) = self.writing.take() {
            let _ = tokio::time::timeout(FLUSH, writing).await;
        }
        Ok(())
    }
}

fn reply(id: Value, error: &ErrorData) -> Bytes {
    format!("{}\n", json!({ "jsonrpc": "2.0", "id": id, "error": error })).into()
}

/// One answer that waits.
struct Counted(Arc<Waiting>);

impl Counted {
    fn new(waiting: &Arc<Waiting>) -> Self {
        waiting.answers.fetch_add(1, Ordering::AcqRel);
        Self(waiting.clone())
    }
}

impl Drop for Counted {
    fn drop(&mut self) {
        self.0.answers.fetch_sub(1, Ordering::AcqRel);
        self.0.fewer.notify_one();
    }
}

/// Writes lines until all senders have gone, or until nobody reads any more.
async fn write(mut writer: impl AsyncWrite + Unpin, mut lines: mpsc::Receiver<Line>, broken: CancellationToken) {
    let _broken = broken.drop_guard();
    while let Some(line) = lines.recv().await {
        let written = async {
            writer.write_all(&line.bytes).await?;
            writer.flush().await
        };
        if let Err(error) = written.await {
            tracing::debug!(%error, "cannot write");
            return;
        }
        if let Some(written) = line.written {
            let _ = written.send(());
        }
    }
}
