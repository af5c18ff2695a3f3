//! One hub for change notifications in both revisions.
//!
//! A lesson announces a change once. Clients of 2026-07-28 that hold a `subscriptions/listen` stream hear of it there;
//! sessions of 2025-11-25 hear of it as plain notifications. Each subscriber has a task and a place in a bounded queue
//! of its own: one that does not read delays no other, and is let go when it has stalled for too long.

mod interest;

use std::{
    collections::HashMap,
    pin::{Pin, pin},
    sync::{
        Arc, Mutex,
        atomic::{AtomicU64, Ordering},
    },
    time::Duration,
};

use rmcp::{
    ErrorData, Peer, RoleServer,
    model::{ResourceUpdatedNotificationParam, SubscriptionFilter},
    service::{SubscriptionContext, SubscriptionSendError, SubscriptionSink},
};
use tokio::{
    sync::broadcast::{self, error::RecvError},
    time::{Instant, Sleep, sleep},
};
use tokio_util::sync::CancellationToken;

pub(crate) use self::interest::Interest;
use self::interest::Interests;
pub use self::interest::{SessionSubscriptions, Wanted};

/// Changes that wait for a subscriber; one that is further behind hears once that everything may have changed.
const QUEUE: usize = 256;
/// A subscriber that does not take a notification for this long is let go.
const STALLED: Duration = Duration::from_secs(30);
/// Most resources that one session or stream may subscribe to.
const MAX_SUBSCRIPTIONS: usize = 1000;
/// Longest URI that can be subscribed to, in bytes.
const MAX_URI_BYTES: usize = 2048;

/// What has changed.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Change {
    /// The list of tools.
    Tools,
    /// The list of prompts.
    Prompts,
    /// The list of resources.
    Resources,
    /// The content of the resource with this URI.
    Updated(Arc<str>),
}

/// The hub. Clones share it.
#[derive(Debug, Clone)]
pub struct Changes {
    sender: broadcast::Sender<Change>,
    /// How often a list has changed.
    lists: Arc<AtomicU64>,
    interests: Interests,
}

impl Default for Changes {
    fn default() -> Self {
        Self { sender: broadcast::channel(QUEUE).0, lists: Arc::default(), interests: Interests::default() }
    }
}

/// The part of a filter that is within bounds.
pub(crate) fn accepted(requested: &SubscriptionFilter) -> SubscriptionFilter {
    let mut accepted = requested.clone();
    if let Some(uris) = &mut accepted.resource_subscriptions {
        uris.retain(|uri| uri.len() <= MAX_URI_BYTES);
        uris.truncate(MAX_SUBSCRIPTIONS);
    }
    accepted
}

/// Subscriptions that are being acknowledged. A client may cause a change as soon as it has the acknowledgement, and the
/// SDK sends that between asking whether a subscription is accepted and calling `listen`, both in one task: so the
/// queue is opened at the first and found again at the second.
#[derive(Debug, Clone, Default)]
pub(crate) struct Begun(Arc<Mutex<HashMap<tokio::task::Id, broadcast::Receiver<Change>>>>);

impl Begun {
    fn take(&self) -> Option<broadcast::Receiver<Change>> {
        self.0.lock().ok()?.remove(&tokio::task::try_id()?)
    }
}

/// What a session has yet to hear, between its `initialize` and its `notifications/initialized`.
#[derive(Debug, Clone, Default)]
pub(crate) struct SessionFeed(Arc<Mutex<Option<broadcast::Receiver<Change>>>>);

impl Changes {
    /// A subscription is about to be acknowledged: from here on it misses nothing.
    pub(crate) fn begin(&self, begun: &Begun) {
        if let (Ok(mut begun), Some(task)) = (begun.0.lock(), tokio::task::try_id()) {
            begun.insert(task, self.sender.subscribe());
        }
    }

    /// What is accepted of a subscription, and the changes from here on, for as long as the interest is held.
    pub(crate) fn watch(
        &self,
        requested: &SubscriptionFilter,
    ) -> (SubscriptionFilter, broadcast::Receiver<Change>, Interest) {
        let accepted = accepted(requested);
        let (changes, interest) = (self.sender.subscribe(), self.interest(&accepted));
        (accepted, changes, interest)
    }

    fn interest(&self, accepted: &SubscriptionFilter) -> Interest {
        self.interests.add(accepted.resource_subscriptions.iter().flatten().map(String::as_str))
    }

    /// The resources that anybody is subscribed to.
    pub fn wanted(&self) -> Wanted {
        self.interests.wanted()
    }

    /// Tells every subscriber, once the change has been made: whoever asks from now on sees it. Never waits.
    pub fn announce(&self, change: Change) {
        if !matches!(change, Change::Updated(_)) {
            // Before anyone hears of it, so that nobody who asks again is given a list that was kept.
            self.lists.fetch_add(1, Ordering::AcqRel);
        }
        // An error only says that nobody listens.
        let _ = self.sender.send(change);
    }

    /// Grows whenever a list has changed.
    pub(crate) fn generation(&self) -> u64 {
        self.lists.load(Ordering::Acquire)
    }

    /// Serves one `subscriptions/listen` stream (2026-07-28) until it is cancelled, its client stalls, or the server
    /// begins to end.
    pub(crate) async fn listen(
        &self,
        begun: &Begun,
        context: &SubscriptionContext,
        closing: &CancellationToken,
    ) -> Result<(), ErrorData> {
        let mut changes = begun.take().unwrap_or_else(|| self.sender.subscribe());
        let _interest = self.interest(context.sink().accepted());
        // Set up once, not for each change: there are many subscribers.
        let (mut closing, mut cancelled) = (pin!(closing.cancelled()), pin!(context.cancelled()));
        let mut stall = Stall::new();
        loop {
            let change = tokio::select! {
                () = &mut closing => return Ok(()),
                () = &mut cancelled => return Ok(()),
                change = changes.recv() => change,
            };
            let delivered = match change {
                Ok(change) => deliver(context.sink(), &mut stall, change).await,
                Err(RecvError::Lagged(_)) => deliver_everything(context.sink(), &mut stall).await,
                Err(RecvError::Closed) => return Ok(()),
            };
            if !delivered {
                return Ok(());
            }
        }
    }

    /// A session of 2025-11-25 is about to be opened: it will hear of everything from here on, once it says that it is
    /// ready.
    pub(crate) fn open(&self, feed: &SessionFeed) {
        if let Ok(mut feed) = feed.0.lock() {
            *feed = Some(self.sender.subscribe());
        }
    }

    /// Follows one session of 2025-11-25 in a task of its own, until its transport closes or the server begins to end.
    pub(crate) fn follow(
        &self,
        feed: &SessionFeed,
        peer: Peer<RoleServer>,
        subscriptions: SessionSubscriptions,
        closing: CancellationToken,
    ) {
        let Some(mut changes) = feed.0.lock().ok().and_then(|mut feed| feed.take()) else { return };
        tokio::spawn(async move {
            let mut look = tokio::time::interval(Duration::from_secs(10));
            let mut closing = pin!(closing.cancelled());
            let mut stall = Stall::new();
            loop {
                let change = tokio::select! {
                    () = &mut closing => return,
                    _ = look.tick() => {
                        if peer.is_transport_closed() {
                            return;
                        }
                        continue;
                    }
                    change = changes.recv() => change,
                };
                let delivered = match change {
                    Ok(change) => notify(&peer, &subscriptions, &mut stall, change).await,
                    Err(RecvError::Lagged(_)) => notify_everything(&peer, &subscriptions, &mut stall).await,
                    Err(RecvError::Closed) => return,
                };
                if !delivered {
                    return;
                }
            }
        });
    }
}

/// One timer for all that is sent to one subscriber: moving it is cheaper than setting a new one each time.
struct Stall(Pin<Box<Sleep>>);

impl Stall {
    fn new() -> Self {
        Self(Box::pin(sleep(STALLED)))
    }

    /// What `sent` yields, or nothing if it takes too long.
    async fn bound<T>(&mut self, sent: impl Future<Output = T>) -> Option<T> {
        self.0.as_mut().reset(Instant::now() + STALLED);
        tokio::select! {
            biased;
            sent = sent => Some(sent),
            () = &mut self.0 => None,
        }
    }
}

/// Sends one change down a stream, if the stream asked for its kind. False when the stream is over.
async fn deliver(sink: &SubscriptionSink, stall: &mut Stall, change: Change) -> bool {
    let sent = async {
        match change {
            Change::Tools => sink.notify_tool_list_changed().await,
            Change::Prompts => sink.notify_prompt_list_changed().await,
            Change::Resources => sink.notify_resource_list_changed().await,
            Change::Updated(uri) => sink.notify_resource_updated(uri.as_ref()).await,
        }
    };
    match stall.bound(sent).await {
        Some(Ok(()) | Err(SubscriptionSendError::NotificationNotAccepted(_))) => true,
        Some(Err(_)) => false,
        None => {
            tracing::warn!("let a subscriber go that had stalled for {} s", STALLED.as_secs());
            false
        }
    }
}

async fn deliver_everything(sink: &SubscriptionSink, stall: &mut Stall) -> bool {
    let updated = sink.accepted().resource_subscriptions.clone().unwrap_or_default();
    for change in lists().chain(updated.iter().map(|uri| Change::Updated(uri.as_str().into()))) {
        if !deliver(sink, stall, change).await {
            return false;
        }
    }
    true
}

/// Sends one change to a session. False when the session is over.
async fn notify(
    peer: &Peer<RoleServer>,
    subscriptions: &SessionSubscriptions,
    stall: &mut Stall,
    change: Change,
) -> bool {
    let sent = async {
        match change {
            Change::Tools => peer.notify_tool_list_changed().await,
            Change::Prompts => peer.notify_prompt_list_changed().await,
            Change::Resources => peer.notify_resource_list_changed().await,
            Change::Updated(uri) if subscriptions.contains(&uri) => {
                peer.notify_resource_updated(ResourceUpdatedNotificationParam::new(uri.as_ref())).await
            }
            Change::Updated(_) => Ok(()),
        }
    };
    matches!(stall.bound(sent).await, Some(Ok(())))
}

async fn notify_everything(peer: &Peer<RoleServer>, subscriptions: &SessionSubscriptions, stall: &mut Stall) -> bool {
    let updated = subscriptions.all();
    for change in lists().chain(updated.iter().map(|uri| Change::Updated(uri.as_str().into()))) {
        if !notify(peer, subscriptions, stall, change).await {
            return false;
        }
    }
    true
}

pub(crate) fn lists() -> impl Iterator<Item = Change> {
    [Change::Tools, Change::Prompts, Change::Resources].into_iter()
}
