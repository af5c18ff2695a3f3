//! The short way for `subscriptions/listen`: a change goes from the hub to the client's connection, with none of the SDK's
//! queues and tasks in between. With a thousand subscribers that is most of what a change costs.
//!
//! A client that does not read stops its own connection only: its place in the hub's queue is bounded, and so is the time
//! that a connection may take no byte.

use std::{collections::VecDeque, convert::Infallible, pin::Pin, time::Duration};

use axum::{
    body::Body,
    http::{HeaderName, header},
    response::{IntoResponse, Response},
};
use bytes::Bytes;
use futures::stream;
use rmcp::model::{
    Implementation, RequestId, ServerJsonRpcMessage, ServerResult, SubscriptionFilter, SubscriptionsListenResult,
};
use serde::Serialize;
use tokio::{
    sync::{
        OwnedSemaphorePermit,
        broadcast::{Receiver, error::RecvError},
    },
    time::{Interval, MissedTickBehavior, interval},
};
use tokio_util::sync::CancellationToken;

use crate::{
    changes::{Change, Interest, lists},
    serve::Until,
};

/// A comment goes out after this much silence, so that nothing between here and the client closes the connection.
const ALIVE: Duration = Duration::from_secs(15);

/// One subscription.
pub(super) struct Subscription {
    pub(super) id: RequestId,
    /// What the server has agreed to.
    pub(super) accepted: SubscriptionFilter,
    pub(super) changes: Receiver<Change>,
    pub(super) interest: Interest,
    /// Cancelled when the server begins to end: the subscription ends with its result.
    pub(super) closing: CancellationToken,
    /// Cancelled when what is still open is cut.
    pub(super) cut: CancellationToken,
    /// When what the client was let in with ends: the subscription ends with its result.
    pub(super) until: Option<Until>,
    /// Who says so in the result.
    pub(super) server: Implementation,
    /// Its place among all streams.
    pub(super) room: OwnedSemaphorePermit,
}

/// A subscription on its way to the client.
struct Feed {
    subscription: Subscription,
    pending: VecDeque<Bytes>,
    alive: Interval,
    until: Pin<Box<dyn Future<Output = ()> + Send>>,
    is_over: bool,
}

#[derive(Serialize)]
struct Notification<'a> {
    jsonrpc: &'static str,
    method: &'static str,
    params: Params<'a>,
}

#[derive(Serialize)]
struct Params<'a> {
    #[serde(rename = "_meta")]
    meta: Meta<'a>,
    #[serde(skip_serializing_if = "Option::is_none")]
    uri: Option<&'a str>,
    #[serde(skip_serializing_if = "Option::is_none")]
    notifications: Option<&'a SubscriptionFilter>,
}

#[derive(Serialize)]
struct Meta<'a> {
    #[serde(rename = "io.modelcontextprotocol/subscriptionId")]
    subscription: &'a RequestId,
}

impl Subscription {
    /// The stream: the acknowledgement, the changes, and the result when the server ends.
    pub(super) fn into_response(self) -> Response {
        // Spec(2026-07-28, subscriptions): the acknowledgement is the first message.
        let first = self.frame("notifications/subscriptions/acknowledged", None, Some(&self.accepted));
        let mut alive = interval(ALIVE);
        alive.set_missed_tick_behavior(MissedTickBehavior::Delay);
        alive.reset();
        let until = Box::pin(Until::passed(self.until));
        let feed = Feed { subscription: self, pending: first.into_iter().collect(), alive, until, is_over: false };
        let events = stream::unfold(feed, |mut feed| async move {
            let event = feed.next().await?;
            Some((Ok::<_, Infallible>(event), feed))
        });
        let headers = [
            (header::CONTENT_TYPE, "text/event-stream"),
            (header::CACHE_CONTROL, "no-cache"),
            (HeaderName::from_static("x-accel-buffering"), "no"),
        ];
        (headers, Body::from_stream(events)).into_response()
    }

    /// The event of a change, if the client has asked for it.
    fn event(&self, change: &Change) -> Option<Bytes> {
        let accepted = &self.accepted;
        let (wanted, method, uri) = match change {
            Change::Tools => (accepted.tools_list_changed == Some(true), "notifications/tools/list_changed", None),
            Change::Prompts => {
                (accepted.prompts_list_changed == Some(true), "notifications/prompts/list_changed", None)
            }
            Change::Resources => {
                (accepted.resources_list_changed == Some(true), "notifications/resources/list_changed", None)
            }
            Change::Updated(uri) => {
                let uris = accepted.resource_subscriptions.as_deref().unwrap_or_default();
                let wanted = uris.iter().any(|wanted| wanted.as_str() == uri.as_ref());
                (wanted, "notifications/resources/updated", Some(uri.as_ref()))
            }
        };
        if wanted { self.frame(method, uri, None) } else { None }
    }

    fn frame(
        &self,
        method: &'static str,
        uri: Option<&str>,
        notifications: Option<&SubscriptionFilter>,
    ) -> Option<Bytes> {
        let params = Params { meta: Meta { subscription: &self.id }, uri, notifications };
        frame(&Notification { jsonrpc: "2.0", method, params })
    }

    /// Everything may have changed: for a client that is so far behind that changes were dropped.
    fn everything(&self) -> VecDeque<Bytes> {
        let uris = self.accepted.resource_subscriptions.iter().flatten();
        lists().chain(uris.map(|uri| Change::Updated(uri.as_str().into()))).filter_map(|one| self.event(&one)).collect()
    }

    /// Spec(2026-07-28, subscriptions): a server that ends says so with the result of the request.
    fn result(&self) -> Option<Bytes> {
        let mut result = SubscriptionsListenResult::complete(self.id.clone());
        result.meta.set_server_info(self.server.clone());
        let result = ServerResult::SubscriptionsListenResult(result);
        frame(&ServerJsonRpcMessage::response(result, self.id.clone()))
    }
}

impl Feed {
    async fn next(&mut self) -> Option<Bytes> {
        // Held for as long as the stream is.
        let _ = (&self.subscription.room, &self.subscription.interest);
        loop {
            if let Some(event) = self.pending.pop_front() {
                return Some(event);
            }
            if self.is_over {
                return None;
            }
            let subscription = &mut self.subscription;
            tokio::select! {
                biased;
                change = subscription.changes.recv() => match change {
                    Ok(change) => {
                        if let Some(event) = subscription.event(&change) {
                            return Some(event);
                        }
                    }
                    Err(RecvError::Lagged(_)) => self.pending = subscription.everything(),
                    Err(RecvError::Closed) => return None,
                },
                () = subscription.cut.cancelled() => return None,
                () = subscription.closing.cancelled() => {
                    self.is_over = true;
                    self.pending.extend(subscription.result());
                }
                () = &mut self.until => {
                    self.is_over = true;
                    self.pending.extend(subscription.result());
                }
                _ = self.alive.tick() => return Some(Bytes::from_static(b": alive\n\n")),
            }
        }
    }
}

/// A message as a server-sent event.
fn frame(message: &impl Serialize) -> Option<Bytes> {
    let mut event = b"data: ".to_vec();
    if let Err(error) = serde_json::to_writer(&mut event, message) {
        tracing::error!(%error, "cannot write a notification");
        return None;
    }
    event.extend_from_slice(b"\n\n");
    Some(event.into())
}
