//! Events of 2025-11-25 sessions, kept for a client that has lost its stream and comes back for the rest.
//!
//! Spec(2025-11-25, transports): an event's id is a cursor within one stream, and what was sent on another stream is
//! never replayed. Nor is another session's stream: knowing an id proves nothing.

use std::{
    collections::{HashMap, VecDeque},
    sync::{Arc, Mutex},
    time::Duration,
};

use futures::stream;
use rmcp::{
    model::ServerJsonRpcMessage,
    transport::{
        common::server_side_http::ServerSseMessage,
        streamable_http_server::session::{EventId, EventStore, EventStoreError, EventStream, SessionId},
    },
};
use tokio::{sync::watch, time::Instant};

/// A stream may be forgotten this long after its last event, and nobody waits longer for its next one.
const LIFE: Duration = Duration::from_secs(300);
/// Most events of one stream; of a longer one the first are forgotten.
const EVENTS: usize = 256;
/// What an event costs besides its message.
const OVERHEAD: usize = 256;

/// The last events of each stream, within a number of bytes. Clones share them.
#[derive(Clone)]
pub(super) struct KeptEvents {
    max_bytes: usize,
    streams: Arc<Mutex<Streams>>,
}

#[derive(Default)]
struct Streams {
    by_id: HashMap<Arc<str>, Kept>,
    /// The oldest first.
    order: VecDeque<Arc<str>>,
    bytes: usize,
    /// Events ever stored: where a new stream begins to count, so that no id comes twice.
    stored: usize,
}

/// One stream.
struct Kept {
    /// The session that it is part of. Known before a client has seen an event of it.
    session: Option<SessionId>,
    /// The place of the first of these events.
    first: usize,
    /// The place after the last event that was on its way to the client.
    sent: usize,
    events: VecDeque<(ServerSseMessage, usize)>,
    last: Instant,
    /// True once the answer is there, which is the stream's last event.
    is_over: bool,
    /// The place of the next event.
    count: watch::Sender<usize>,
}

#[derive(Debug, thiserror::Error)]
#[error("the events after '{0}' are not kept")]
struct NotKept(String);

impl KeptEvents {
    pub(super) fn new(max_bytes: usize) -> Self {
        Self { max_bytes, streams: Arc::default() }
    }

    /// An event is on its way: its stream is part of the session that it is sent to.
    pub(super) fn sent(&self, event: &str, session: &SessionId) {
        if let Some((stream, place)) = cursor(event)
            && let Ok(mut streams) = self.streams.lock()
            && let Some(kept) = streams.by_id.get_mut(stream)
        {
            kept.session.get_or_insert_with(|| session.clone());
            kept.sent = kept.sent.max(place + 1);
        }
    }

    /// What a session has not been sent of the stream that it opens with GET: the SDK begins with what comes next.
    pub(super) fn unsent(&self, session: &SessionId) -> Vec<ServerSseMessage> {
        let Ok(streams) = self.streams.lock() else { return Vec::new() };
        let Some(kept) = streams.by_id.get(format!("{session}:common").as_str()) else { return Vec::new() };
        let unsent = kept.events.iter().skip(kept.sent.saturating_sub(kept.first));
        unsent.map(|(event, _)| event.clone()).collect()
    }

    /// Whether an event was sent to this session.
    pub(super) fn belongs(&self, event: &str, session: &SessionId) -> bool {
        let Some((stream, _)) = cursor(event) else { return false };
        let Ok(streams) = self.streams.lock() else { return false };
        streams.by_id.get(stream).is_some_and(|kept| kept.session.as_ref() == Some(session))
    }

    /// What a stream holds at a place: an event, nothing yet, or nothing any more.
    fn at(&self, stream: &str, index: usize) -> Place {
        let Ok(streams) = self.streams.lock() else { return Place::Over };
        let Some(kept) = streams.by_id.get(stream) else { return Place::Over };
        let Some(place) = index.checked_sub(kept.first) else { return Place::Over };
        match kept.events.get(place) {
            Some((event, _)) => Place::Event(event.clone()),
            None if kept.is_over => Place::Over,
            None => Place::Pending(kept.count.subscribe()),
        }
    }
}

/// The stream of an event, and its place in there.
fn cursor(event: &str) -> Option<(&str, usize)> {
    let (stream, place) = event.rsplit_once('/')?;
    Some((stream, place.parse().ok()?))
}

enum Place {
    Event(ServerSseMessage),
    Pending(watch::Receiver<usize>),
    Over,
}

impl Streams {
    fn forget(&mut self, stream: &str) {
        if let Some(kept) = self.by_id.remove(stream) {
            self.bytes -= kept.events.iter().map(|(_, bytes)| bytes).sum::<usize>();
        }
    }

    /// Makes room, and forgets what nobody has come back for.
    fn sweep(&mut self, max_bytes: usize) {
        while let Some(oldest) = self.order.front() {
            let is_due = self.by_id.get(oldest).is_none_or(|kept| kept.last.elapsed() > LIFE);
            if !is_due && self.bytes <= max_bytes {
                return;
            }
            if let Some(oldest) = self.order.pop_front() {
                self.forget(&oldest);
            }
        }
    }
}

#[async_trait::async_trait]
impl EventStore for KeptEvents {
    async fn store_event(&self, stream: &str, event: &ServerSseMessage) -> Result<EventId, EventStoreError> {
        let message = event.message.as_deref();
        let bytes = OVERHEAD + message.map_or(Ok(0), |message| serde_json::to_vec(message).map(|json| json.len()))?;
        let mut streams = self.streams.lock().map_err(|_| "the lock is poisoned")?;
        let streams = &mut *streams;
        if !streams.by_id.contains_key(stream) {
            let id: Arc<str> = stream.into();
            let kept = Kept {
                session: None,
                first: streams.stored,
                sent: streams.stored,
                events: VecDeque::new(),
                last: Instant::now(),
                is_over: false,
                count: watch::Sender::new(0),
            };
            streams.by_id.insert(id.clone(), kept);
            streams.order.push_back(id);
        }
        let Some(kept) = streams.by_id.get_mut(stream) else { return Err("the stream is not there".into()) };
        if kept.events.len() >= EVENTS
            && let Some((_, bytes)) = kept.events.pop_front()
        {
            kept.first += 1;
            streams.bytes -= bytes;
        }
        let index = kept.first + kept.events.len();
        let id = format!("{stream}/{index}");
        let mut event = event.clone();
        event.event_id = Some(id.clone());
        kept.events.push_back((event, bytes));
        kept.last = Instant::now();
        kept.is_over = matches!(message, Some(ServerJsonRpcMessage::Response(_) | ServerJsonRpcMessage::Error(_)));
        kept.count.send_replace(index + 1);
        streams.bytes += bytes;
        streams.stored += 1;
        streams.sweep(self.max_bytes);
        Ok(id)
    }

    async fn replay_events_after(&self, last: &str) -> Result<EventStream, EventStoreError> {
        let Some((stream, seen)) =
            cursor(last).filter(|(stream, seen)| matches!(self.at(stream, *seen), Place::Event(_)))
        else {
            return Err(NotKept(last.to_owned()).into());
        };
        let rest = stream::unfold((self.clone(), stream.to_owned(), seen + 1), |(kept, stream, next)| async move {
            loop {
                match kept.at(&stream, next) {
                    Place::Event(event) => return Some((event, (kept, stream, next + 1))),
                    Place::Pending(mut count) => {
                        let news = count.wait_for(|count| *count > next);
                        // In time, and the stream has not been forgotten meanwhile.
                        if !matches!(tokio::time::timeout(LIFE, news).await, Ok(Ok(_))) {
                            return None;
                        }
                    }
                    Place::Over => return None,
                }
            }
        });
        Ok(Box::pin(rest))
    }
}

#[cfg(test)]
mod tests {
    use futures::StreamExt;
    use rmcp::model::{EmptyResult, ServerResult, ToolListChangedNotification};
    use rmcp::model::{RequestId, ServerJsonRpcMessage, ServerNotification};

    use super::*;

    fn news() -> ServerSseMessage {
        let notification = ServerNotification::ToolListChangedNotification(ToolListChangedNotification::default());
        ServerSseMessage::from_message(ServerJsonRpcMessage::notification(notification))
    }

    fn answer() -> ServerSseMessage {
        let result = ServerResult::EmptyResult(EmptyResult {});
        ServerSseMessage::from_message(ServerJsonRpcMessage::response(result, RequestId::Number(1)))
    }

    async fn replayed(kept: &KeptEvents, last: &str) -> Option<Vec<String>> {
        let stream = kept.replay_events_after(last).await.ok()?;
        Some(stream.map(|event| event.event_id.unwrap_or_default()).collect().await)
    }

    #[tokio::test(start_paused = true)]
    async fn what_follows_the_cursor_comes_again_and_the_rest_when_it_is_there() {
        let kept = KeptEvents::new(1 << 20);
        let mut ids = Vec::new();
        for event in [news(), news()] {
            ids.push(kept.store_event("one", &event).await.expect("kept"));
        }
        kept.store_event("other", &news()).await.expect("kept");
        let waiting = kept.clone();
        let first = ids[0].clone();
        let client = tokio::spawn(async move { replayed(&waiting, &first).await });
        tokio::time::sleep(Duration::from_secs(60)).await;
        ids.push(kept.store_event("one", &answer()).await.expect("kept"));
        assert_eq!(client.await.expect("no panic").expect("known"), ids[1..], "the answer ends the stream");
        assert_eq!(replayed(&kept, &ids[2]).await.expect("known"), Vec::<String>::new());
        for unknown in ["", "one", "one/x", "one/7", "two/0"] {
            assert!(replayed(&kept, unknown).await.is_none(), "{unknown}");
        }
    }

    #[tokio::test(start_paused = true)]
    async fn nothing_is_kept_for_ever_and_nobody_waits_for_ever() {
        let kept = KeptEvents::new(4 * (OVERHEAD + 100));
        let mut ids = Vec::new();
        for index in 0..100 {
            ids.push(kept.store_event(&format!("stream {index}"), &news()).await.expect("kept"));
        }
        assert!(kept.streams.lock().expect("no panic").by_id.len() <= 5);
        assert!(replayed(&kept, &ids[0]).await.is_none(), "the oldest makes room");
        assert!(replayed(&kept, &ids[99]).await.expect("known").is_empty(), "an answer that never comes");

        let kept = KeptEvents::new(1 << 20);
        for _ in 0..EVENTS + 1 {
            kept.store_event("long", &news()).await.expect("kept");
        }
        assert!(replayed(&kept, "long/0").await.is_none(), "the first of too many are forgotten");
        tokio::time::sleep(LIFE * 2).await;
        kept.store_event("new", &news()).await.expect("kept");
        assert_eq!(kept.streams.lock().expect("no panic").by_id.len(), 1, "what nobody came for goes");
    }
}
