//! The endpoints that programs call: token, revocation, introspection, registration.

use axum::{
    Json,
    body::Bytes,
    extract::State,
    http::{HeaderMap, StatusCode, header},
    response::{IntoResponse, Response},
};
use serde_json::Value;

use super::{Endpoints, dpop::Proofs};
use crate::authorization::{
    AuthorizationServer, ErrorCode, OAuthError, client::Client, client_authentication::ClientProof,
    grants::CodeExchange,
};
use mcp_support::web::Parameters;

// (5) A code, a refresh token or a secret becomes an access token for one resource.
pub(super) async fn token(State(endpoints): State<Endpoints>, headers: HeaderMap, body: Bytes) -> Response {
    let Endpoints { server, proofs } = endpoints;
    let mut response = answer(exchange(&server, &proofs, &headers, &body).await);
    proofs.offer_nonce(response.headers_mut());
    response
}

async fn exchange(
    server: &AuthorizationServer,
    proofs: &Proofs,
    headers: &HeaderMap,
    body: &[u8],
) -> Result<Value, OAuthError> {
    let (client, mut form) = authenticated(server, headers, body).await?;
    // After the client is counted: what is remembered of proofs grows no faster than its requests may come.
    let key = proofs.key(&client, headers)?;
    let grant = form.require("grant_type")?;
    match grant.as_str() {
        "authorization_code" => {
            let exchange = CodeExchange {
                code: form.require("code")?,
                redirect_uri: form.take("redirect_uri"),
                verifier: form.take("code_verifier"),
                resource: form.take("resource"),
            };
            server.exchange_code(&client, key, exchange).await
        }
        "refresh_token" => {
            let token = form.require("refresh_token")?;
            server.refresh(&client, key, &token, form.take("scope"), form.take("resource")).await
        }
        "client_credentials" => {
            let (scope, resource) = (form.take("scope"), form.take("resource"));
            server.client_credentials(&client, key, scope.as_deref(), resource.as_deref()).await
        }
        _ => Err(OAuthError::new(ErrorCode::UnsupportedGrantType, "this grant is not supported")),
    }
}

pub(super) async fn revoke(State(server): State<AuthorizationServer>, headers: HeaderMap, body: Bytes) -> Response {
    let revoking = async {
        let (client, mut form) = authenticated(&server, &headers, &body).await?;
        server.revoke(&client, &form.require("token")?).await
    };
    match revoking.await {
        Ok(()) => StatusCode::OK.into_response(),
        Err(error) => error.into_response(),
    }
}

pub(super) async fn introspect(State(server): State<AuthorizationServer>, headers: HeaderMap, body: Bytes) -> Response {
    let looking = async {
        let (client, mut form) = authenticated(&server, &headers, &body).await?;
        server.introspect(&client, &form.require("token")?).await
    };
    answer(looking.await)
}

pub(super) async fn register(State(server): State<AuthorizationServer>, body: Bytes) -> Response {
    match server.register(&body).await {
        Ok(value) => (StatusCode::CREATED, [(header::CACHE_CONTROL, "no-store")], Json(value)).into_response(),
        Err(error) => error.into_response(),
    }
}

/// The client and the rest of its form.
async fn authenticated(
    server: &AuthorizationServer,
    headers: &HeaderMap,
    body: &[u8],
) -> Result<(Client, Parameters), OAuthError> {
    let kind = headers.get(header::CONTENT_TYPE).and_then(|value| value.to_str().ok()).unwrap_or_default();
    if !kind.starts_with("application/x-www-form-urlencoded") {
        return Err(OAuthError::request("send application/x-www-form-urlencoded"));
    }
    let mut form = Parameters::read(body)?;
    let authorization = headers.get(header::AUTHORIZATION).map(|value| value.to_str().unwrap_or_default().to_owned());
    let proof = ClientProof {
        authorization,
        client_id: form.take("client_id"),
        client_secret: form.take("client_secret"),
        assertion_type: form.take("client_assertion_type"),
        assertion: form.take("client_assertion"),
    };
    Ok((server.authenticate(&proof).await?, form))
}

/// Spec(OAuth 2.1, section 3.2.3): an answer with a token is never kept.
fn answer(result: Result<Value, OAuthError>) -> Response {
    match result {
        Ok(value) => ([(header::CACHE_CONTROL, "no-store")], Json(value)).into_response(),
        Err(error) => error.into_response(),
    }
}
