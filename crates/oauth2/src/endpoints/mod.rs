//! The authorization server over HTTP: routes, and what is common to them.

mod authorize;
mod discovery;
mod dpop;
mod html;
mod token;

use std::sync::Arc;

use axum::{
    Json, Router,
    extract::{DefaultBodyLimit, FromRef},
    http::{StatusCode, header},
    response::{IntoResponse, Response},
    routing::{get, post},
};
use mcp_support::{auth::Dpop, web::Cookie};
use serde_json::json;

use self::dpop::Proofs;
use crate::authorization::{AuthorizationServer, ErrorCode, OAuthError, TOKEN_PATH, decisions::BROWSER_SECONDS};

/// Longest form or registration, in bytes.
const MAX_BODY_BYTES: usize = 32 * 1024;

/// Where a person is sent first.
pub const AUTHORIZE_PATH: &str = "/oauth2/authorize";
/// The public keys.
pub const JWKS_PATH: &str = "/oauth2/jwks";
/// Where tokens are ended.
pub const REVOCATION_PATH: &str = "/oauth2/revoke";
/// Where tokens are looked at.
pub const INTROSPECTION_PATH: &str = "/oauth2/introspect";
/// Where clients register.
pub const REGISTRATION_PATH: &str = "/oauth2/register";
const SIGN_IN_PATH: &str = "/sign-in";
const CONSENT_PATH: &str = "/consent";
/// The one cookie: a random name for a browser.
const BROWSER: Cookie = Cookie::new("browser", "__Host-browser", BROWSER_SECONDS);

/// What the endpoints share.
#[derive(Clone)]
struct Endpoints {
    server: AuthorizationServer,
    proofs: Arc<Proofs>,
}

/// All routes of the authorization server, with its rules for proofs of keys.
pub fn routes(server: AuthorizationServer, dpop: &Dpop) -> Router {
    let mut router = Router::new()
        .route("/.well-known/oauth-authorization-server", get(discovery::oauth))
        .route("/.well-known/openid-configuration", get(discovery::openid))
        .route(JWKS_PATH, get(discovery::jwks))
        .route(AUTHORIZE_PATH, get(authorize::begin))
        .route(SIGN_IN_PATH, get(authorize::sign_in_page).post(authorize::sign_in))
        .route(CONSENT_PATH, get(authorize::consent_page).post(authorize::consent))
        .route(TOKEN_PATH, post(token::token))
        .route(REVOCATION_PATH, post(token::revoke))
        .route(INTROSPECTION_PATH, post(token::introspect));
    if server.has_registration() {
        router = router.route(REGISTRATION_PATH, post(token::register));
    }
    let proofs = Arc::new(Proofs::new(&server, dpop));
    router.layer(DefaultBodyLimit::max(MAX_BODY_BYTES)).with_state(Endpoints { server, proofs })
}

impl FromRef<Endpoints> for AuthorizationServer {
    fn from_ref(endpoints: &Endpoints) -> Self {
        endpoints.server.clone()
    }
}

impl IntoResponse for OAuthError {
    fn into_response(self) -> Response {
        let status = match self.code {
            ErrorCode::InvalidClient => StatusCode::UNAUTHORIZED,
            ErrorCode::TooManyRequests => StatusCode::TOO_MANY_REQUESTS,
            ErrorCode::ServerError => StatusCode::INTERNAL_SERVER_ERROR,
            _ => StatusCode::BAD_REQUEST,
        };
        let body = json!({ "error": self.code.as_str(), "error_description": self.description });
        let mut response = (status, [(header::CACHE_CONTROL, "no-store")], Json(body)).into_response();
        let more = match status {
            // RFC 6749, section 5.2: a client that tried the header is told the scheme.
            StatusCode::UNAUTHORIZED => Some((header::WWW_AUTHENTICATE, "Basic realm=\"token endpoint\"")),
            StatusCode::TOO_MANY_REQUESTS => Some((header::RETRY_AFTER, "60")),
            _ => None,
        };
        if let Some((name, value)) = more {
            response.headers_mut().insert(name, header::HeaderValue::from_static(value));
        }
        response
    }
}
