//! The stand-in over HTTP: the real one's paths.

mod authorize;
mod controls;
mod device;
mod discovery;
mod pages;
mod token;
mod walk;

use std::time::Duration;

use axum::{
    Router,
    extract::{DefaultBodyLimit, Request, State},
    http::{StatusCode, header},
    middleware::{self, Next},
    response::{IntoResponse, Response},
    routing::{get, post},
};

use mcp_support::web::Cookie;

use super::{Service, graph, sessions::BROWSER_SECONDS};

/// Longest form, in bytes: an assertion, a certificate chain and a scope fit in.
const MAX_BODY_BYTES: usize = 64 * 1024;
/// The cookie of a browser.
const BROWSER: Cookie = Cookie::new("stand-in", "__Host-stand-in", BROWSER_SECONDS);
/// Time for one request.
const REQUEST_TIME: Duration = Duration::from_secs(20);

/// All routes.
pub(super) fn routes(service: Service) -> Router {
    let controls = if service.shared.controls_key.is_some() { controls::routes() } else { Router::new() };
    Router::new()
        .route("/common/discovery/instance", get(discovery::instance))
        .route("/{tenant}/v2.0/.well-known/openid-configuration", get(discovery::v2))
        .route("/{tenant}/.well-known/openid-configuration", get(discovery::v1))
        .route("/{tenant}/discovery/v2.0/keys", get(discovery::keys))
        .route("/{tenant}/discovery/keys", get(discovery::keys))
        .route("/{tenant}/oauth2/v2.0/authorize", get(authorize::begin))
        .route("/{tenant}/login", post(walk::answer))
        .route("/{tenant}/oauth2/v2.0/logout", get(walk::sign_out))
        .route("/{tenant}/oauth2/v2.0/token", post(token::token))
        .route("/{tenant}/oauth2/v2.0/devicecode", post(device::code))
        .route("/devicelogin", get(device::page))
        .route("/common/oauth2/deviceauth", post(device::entered))
        .route("/{tenant}/oauth2/authorize", get(authorize::begin_v1))
        .route("/{tenant}/oauth2/token", post(token::token_v1))
        .route("/{tenant}/oauth2/devicecode", post(device::code_v1))
        .route("/{tenant}/oauth2/logout", get(walk::sign_out))
        .route("/error", get(pages::error_code))
        .merge(graph::routes())
        .merge(controls)
        .layer(DefaultBodyLimit::max(MAX_BODY_BYTES))
        .layer(middleware::from_fn(deadline))
        .layer(middleware::from_fn_with_state(service.clone(), own_host))
        .with_state(service)
}

async fn deadline(request: Request, next: Next) -> Response {
    match tokio::time::timeout(REQUEST_TIME, next.run(request)).await {
        Ok(response) => response,
        Err(_) => StatusCode::REQUEST_TIMEOUT.into_response(),
    }
}

/// A page from elsewhere cannot rebind its name to this machine: the name would stand here.
async fn own_host(State(service): State<Service>, request: Request, next: Next) -> Response {
    let named = request.headers().get(header::HOST).and_then(|value| value.to_str().ok());
    let own = service.shared.authority.split_once("://").map(|(_, host)| host);
    let host = named.and_then(|named| named.parse::<axum::http::uri::Authority>().ok());
    let is_loopback = host.is_some_and(|host| ["127.0.0.1", "localhost", "[::1]"].contains(&host.host()));
    if is_loopback || named == own {
        next.run(request).await
    } else {
        (StatusCode::FORBIDDEN, "this Host is not allowed\n").into_response()
    }
}
