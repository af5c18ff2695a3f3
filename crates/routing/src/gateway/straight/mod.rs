//! (9) The straight way for a call over HTTP, from a client of either revision, to nodes of 2026-07-28: its bytes go on with
//! another name, and the answer's bytes come back, without what the client's revision does not have.
//!
//! It knows no rules but those of choosing a node. A call that could need more goes the usual way: one that wants log
//! messages, that comes back with answers, or that is written in another way than usual. A call that fails here goes the
//! usual way with its failure, where it counts as the first attempt. Where a node asks, the usual way asks its client; and
//! where it has progress to tell before its answer, the usual way reads on.

mod answer;
mod events;
mod pool;
mod request;

use std::{
    sync::{Arc, Mutex, PoisonError},
    time::Duration,
};

use axum::{
    body::Body,
    http::{HeaderMap, HeaderName, HeaderValue, StatusCode, header, request::Parts},
    response::Response,
};
use bytes::Bytes;
use futures::future::BoxFuture;
use mcp_support::{
    client::Revision,
    serve::{Said, SessionClient, Shortcut, caller},
};
use rmcp::{
    ErrorData,
    model::{CallToolRequestParams, Implementation, RequestMetaObject, ServerResult},
};
use serde_json::{
    json,
    value::{RawValue, to_raw_value},
};

pub(crate) use self::pool::Pool;
pub(super) use self::{
    answer::SERVER,
    events::{Events, Told},
};
use self::{pool::NoAnswer, request::Call};
use super::{
    Gateway, MAX_ANSWER, need,
    node::{Ended, Node, Place},
    request::Kind,
    select::Reasons,
};

/// As long as any call may take without a sign of life.
const PATIENCE: Duration = Duration::from_secs(120);

/// The straight way. Everything that it cannot answer is left to the usual one.
pub struct Straight {
    gateway: Gateway,
    /// Who the gateway is, as JSON.
    server: String,
}

/// What has become of the first attempt, in the extensions of the request. It is told once.
#[derive(Clone)]
pub(super) struct FirstAttempt(Arc<Mutex<Option<First>>>);

pub(super) enum First {
    /// There is an answer, but it has to be understood.
    Answered(Place, Reasons, Box<ServerResult>),
    /// The node has something to tell before its answer.
    Tells(Place, Reasons, Box<Events>),
    /// There is none.
    Failed(String, Why),
}

/// Why there is no answer.
pub(super) enum Why {
    NotSent(String),
    Broken(String),
    Failed(String),
    /// There is one, and it cannot be passed on.
    Unfit(String),
}

impl FirstAttempt {
    pub(super) fn take(&self) -> Option<First> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner).take()
    }
}

impl Shortcut for Straight {
    fn answer<'a>(&'a self, request: &'a mut Parts, body: &'a Bytes) -> BoxFuture<'a, Option<Response>> {
        Box::pin(async move {
            let session = request.extensions.get::<SessionClient>().cloned();
            let call = Said::read(&request.headers).and_then(|said| Call::read(&said, session.as_ref(), body))?;
            match self.forward(request, &call).await? {
                Ok(response) => Some(response),
                Err(first) => {
                    request.extensions.insert(FirstAttempt(Arc::new(Mutex::new(Some(first)))));
                    None
                }
            }
        })
    }
}

impl Straight {
    /// The straight way of a gateway that calls itself `server`.
    pub fn new(gateway: Gateway, server: &Implementation) -> Self {
        let server = json!({ "name": server.name, "version": server.version, "title": server.title });
        Self { gateway, server: server.to_string() }
    }

    /// The answer, or what has become of the attempt; `None` where nothing was tried.
    async fn forward(&self, request: &Parts, call: &Call<'_>) -> Option<Result<Response, First>> {
        let gateway = &self.gateway;
        let (table, catalog) = (gateway.table(), gateway.catalog());
        if !catalog.straight.contains(call.name) || table.settings.hedge().is_some() {
            return None;
        }
        let (mount, name) = table.named(call.name)?;
        // What cannot be read is explained by the usual way, and so is why no node takes the call.
        let (need, key) = need::read(call.route(), None, caller(&request.extensions)).ok()?;
        let has = |node: &Node| node.has(Kind::Tool, name);
        if table.nodes.iter().any(|node| node.mount == mount && node.pool().is_none() && has(node)) {
            return None;
        }
        let (place, reasons) = gateway.take(&table, mount, has, &need, key.as_deref(), &[]).ok()?;
        let message = call.write(name)?;
        let mark = mark(&reasons)?;
        let node = Arc::clone(&place.node);
        // It may have begun to speak 2025-11-25 since the look above. The usual way earns for a call that is not tried here.
        let pool = node.pool()?;
        gateway.budget().earn();
        let limit = gateway.attempt().min(PATIENCE);
        let sending = exchange(pool, name, call.id, message.into(), call.wants_progress());
        let why = match tokio::time::timeout(limit, sending).await {
            Ok(Ok(Exchanged::Events(events))) => return Some(Err(First::Tells(place, reasons, events))),
            Ok(Ok(Exchanged::Whole(status, body))) => match answer::read(&body, call.id, call.revision) {
                Some(answer::Said::Result(result, meta)) => {
                    match answer::write(call.id, &result, &meta, &mark, &self.server, call.revision) {
                        Ok(message) => {
                            place.end(Ended::Answered);
                            return Some(Ok(json_response(StatusCode::OK, message)));
                        }
                        Err(error) => Why::Unfit(format!("its answer cannot be written: {error}")),
                    }
                }
                Some(answer::Said::Error(error)) => {
                    place.end(Ended::Answered);
                    // Spec(2026-07-28, transports): some errors are also errors of HTTP; in 2025-11-25 none of these.
                    let status = if call.revision == Revision::Legacy { StatusCode::OK } else { status };
                    return Some(Ok(json_response(status, answer::error(call.id, error))));
                }
                Some(answer::Said::Unusual(result)) => match answer::understood(result) {
                    Some(result) => return Some(Err(First::Answered(place, reasons, Box::new(result)))),
                    None => Why::Unfit(UNREADABLE.to_owned()),
                },
                None if status == StatusCode::OK => Why::Unfit(UNREADABLE.to_owned()),
                None => Why::Failed(format!("HTTP {}", status.as_u16())),
            },
            Ok(Err(why)) => why,
            Err(_) => Why::Failed(format!("no answer within {} s", limit.as_secs_f64())),
        };
        place.end(why.ended());
        Some(Err(First::Failed(node.settings.id.clone(), why)))
    }
}

pub(super) const UNREADABLE: &str = "the node answered something that is no answer";

/// What a node says to a call of the usual way.
pub(super) enum Sent {
    Answer(Result<Box<ServerResult>, ErrorData>),
    /// It has something to tell before its answer.
    Tells(Box<Events>),
}

/// Sends a call of the usual way to a node of 2026-07-28: with the name that the tool has there, and what is to be said of
/// the client. `is_told` says whether the client wants to hear what comes before the answer.
pub(super) async fn send(
    pool: &Pool,
    params: &CallToolRequestParams,
    name: &str,
    meta: &RequestMetaObject,
    progress: bool,
    is_told: bool,
) -> Result<Sent, Why> {
    let unfit = |error: serde_json::Error| Why::Unfit(format!("the call cannot be written: {error}"));
    let number = request::number();
    let id = to_raw_value(&number).map_err(unfit)?;
    let message = request::write(number, params, name, meta, progress).map_err(unfit)?;
    let (status, body) = match exchange(pool, name, &id, message.into(), is_told).await? {
        Exchanged::Events(events) => return Ok(Sent::Tells(events)),
        Exchanged::Whole(status, body) => (status, body),
    };
    let answer = match answer::parse(&body, &id) {
        Some((Some(result), None)) => answer::understood(result).map(|result| Ok(Box::new(result))),
        Some((None, Some(error))) => serde_json::from_str(error.get()).ok().map(Err),
        _ => None,
    };
    match answer {
        Some(answer) => Ok(Sent::Answer(answer)),
        None if status == StatusCode::OK => Err(Why::Unfit(UNREADABLE.to_owned())),
        None => Err(Why::Failed(format!("HTTP {}", status.as_u16()))),
    }
}

/// What a node has sent back.
enum Exchanged {
    /// All of it.
    Whole(StatusCode, Bytes),
    /// The beginning of events, of which the last is the answer.
    Events(Box<Events>),
}

/// Sends a message, and reads the answer: the whole of it, unless there is something to be told before.
async fn exchange(pool: &Pool, name: &str, id: &RawValue, message: Bytes, is_told: bool) -> Result<Exchanged, Why> {
    let mut request = pool.request(message);
    headers(request.headers_mut(), name);
    let (head, reading) = pool.send(request).await.map_err(Why::from)?;
    let kind = head.headers.get(header::CONTENT_TYPE).map(HeaderValue::as_bytes).unwrap_or_default();
    let are_events = kind.starts_with(b"text/event-stream");
    if are_events && is_told {
        return Ok(Exchanged::Events(Box::new(Events::new(reading, id))));
    }
    let body = pool.rest(reading, MAX_ANSWER).await.map_err(Why::from)?;
    if !are_events {
        return Ok(Exchanged::Whole(head.status, body));
    }
    let last = std::str::from_utf8(&body).ok().and_then(events::last);
    let last = last.ok_or_else(|| Why::Unfit(UNREADABLE.to_owned()))?;
    Ok(Exchanged::Whole(head.status, last.into()))
}

impl Why {
    /// What that says about the node.
    pub(super) fn ended(&self) -> Ended {
        match self {
            Self::Unfit(_) => Ended::Answered,
            Self::NotSent(_) | Self::Broken(_) | Self::Failed(_) => Ended::Failed,
        }
    }
}

impl From<NoAnswer> for Why {
    fn from(why: NoAnswer) -> Self {
        match why {
            NoAnswer::NotSent => Self::NotSent("it cannot be reached".to_owned()),
            NoAnswer::Broken => Self::Broken("the connection broke".to_owned()),
            NoAnswer::TooLong => Self::Unfit(too_long()),
        }
    }
}

pub(super) fn too_long() -> String {
    format!("its answer is longer than {} MiB", MAX_ANSWER / 1024 / 1024)
}

fn headers(headers: &mut HeaderMap, name: &str) {
    headers.insert(header::CONTENT_TYPE, HeaderValue::from_static("application/json"));
    headers.insert(header::ACCEPT, HeaderValue::from_static("application/json, text/event-stream"));
    headers.insert(HeaderName::from_static("mcp-protocol-version"), HeaderValue::from_static("2026-07-28"));
    headers.insert(HeaderName::from_static("mcp-method"), HeaderValue::from_static("tools/call"));
    // Names of tools in the catalog are plain ASCII.
    if let Ok(name) = HeaderValue::from_str(name) {
        headers.insert(HeaderName::from_static("mcp-name"), name);
    }
}

fn mark(reasons: &Reasons) -> Option<String> {
    #[derive(serde::Serialize)]
    struct Mark<'a> {
        node: Option<&'a str>,
        notices: &'a [String],
    }
    serde_json::to_string(&Mark { node: reasons.node.as_deref(), notices: &reasons.notices }).ok()
}

fn json_response(status: StatusCode, message: Vec<u8>) -> Response {
    let mut response = Response::new(Body::from(message));
    *response.status_mut() = status;
    response.headers_mut().insert(header::CONTENT_TYPE, HeaderValue::from_static("application/json"));
    response
}
