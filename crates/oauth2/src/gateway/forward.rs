//! One request: checked, handed on, and its answer handed back while it comes.

use std::{net::SocketAddr, sync::Arc};

use axum::{
    body::Body,
    extract::{ConnectInfo, Request, State},
    http::{HeaderMap, Method, StatusCode, header, request::Parts},
    response::{IntoResponse, Response},
};
use futures::StreamExt;
use mcp_support::{
    auth::ResourceServer,
    fetch::service::root_cause,
    serve::{Access, Bodies, Operation, discard, refuse_body},
};
use tokio_util::sync::CancellationToken;
use url::Url;

use super::headers::{backward, came_around, forward_from};

/// What the requests share.
pub(super) struct Gateway {
    pub(super) access: ResourceServer,
    pub(super) bodies: Bodies,
    pub(super) client: reqwest::Client,
    /// The only place that anything is sent to.
    pub(super) upstream: Url,
    /// The scheme that clients use.
    pub(super) scheme: String,
    pub(super) closing: CancellationToken,
}

pub(super) async fn forward(
    State(gateway): State<Arc<Gateway>>,
    ConnectInfo(client): ConnectInfo<SocketAddr>,
    request: Request,
) -> Response {
    let (mut parts, body) = request.into_parts();
    if came_around(&parts.headers) {
        tracing::error!("GATEWAY_UPSTREAM leads back to this gateway");
        return (StatusCode::LOOP_DETECTED, "this gateway leads to itself\n").into_response();
    }
    // The check takes the token away, so that no tool passes it on by accident. Here it is passed on by intent, to the
    // server that it was issued for.
    let token = parts.headers.get(header::AUTHORIZATION).cloned();
    if let Err(refusal) = gateway.check(&mut parts).await {
        discard(&parts.headers, body).await;
        return *refusal;
    }
    if let Some(token) = token {
        parts.headers.insert(header::AUTHORIZATION, token);
    }
    let read = match gateway.bodies.read(&parts.headers, body).await {
        Ok(read) => read,
        Err(status) => return refuse_body(status),
    };
    let headers = forward_from(&parts.headers, &parts.uri, client.ip(), &gateway.scheme);
    let sending = gateway.client.request(parts.method.clone(), gateway.upstream.clone()).headers(headers);
    match sending.body(read.bytes).send().await {
        Ok(answer) => gateway.hand_back(&parts, answer),
        Err(error) => unreachable(&error),
    }
}

impl Gateway {
    async fn check(&self, parts: &mut Parts) -> Result<(), Box<Response>> {
        self.access.admit(parts).await?;
        // What a single tool needs is known to the server behind, which asks for it.
        self.access.permit(&parts.extensions, Operation::NONE)
    }

    /// The body goes back as it comes. A client that leaves drops it, and with it the connection to the server, which
    /// ends the call there.
    fn hand_back(&self, parts: &Parts, answer: reqwest::Response) -> Response {
        let (status, headers) = (answer.status(), backward(answer.headers()));
        let bytes = answer.bytes_stream();
        let body = if stays_open(&parts.method, &parts.headers) {
            Body::from_stream(bytes.take_until(self.closing.clone().cancelled_owned()))
        } else {
            Body::from_stream(bytes)
        };
        let mut response = Response::new(body);
        *response.status_mut() = status;
        *response.headers_mut() = headers;
        response
    }
}

/// Streams that end when nobody wants them any more: at a shutdown, nothing is lost with them.
fn stays_open(method: &Method, headers: &HeaderMap) -> bool {
    method == Method::GET || headers.get("mcp-method").is_some_and(|method| method == "subscriptions/listen")
}

fn unreachable(error: &reqwest::Error) -> Response {
    tracing::warn!(cause = root_cause(error), "the server behind the gateway does not answer");
    let (status, text) = if error.is_timeout() {
        (StatusCode::GATEWAY_TIMEOUT, "the server behind this gateway does not answer in time\n")
    } else {
        (StatusCode::BAD_GATEWAY, "the server behind this gateway cannot be reached\n")
    };
    (status, [(header::RETRY_AFTER, "1")], text).into_response()
}
