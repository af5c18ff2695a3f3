//! What clients and resource servers read first: metadata (RFC 8414, OpenID discovery) and keys.

use axum::{
    Json,
    extract::State,
    http::{HeaderName, header},
    response::{IntoResponse, Response},
};
use serde_json::{Value, json};

use super::{
    AUTHORIZE_PATH, Endpoints, INTROSPECTION_PATH, JWKS_PATH, REGISTRATION_PATH, REVOCATION_PATH, dpop::ALGORITHMS,
};
use crate::{
    authorization::{AuthorizationServer, TOKEN_PATH, client_authentication::METHODS},
    scope::Scope,
};

const KEPT: [(HeaderName, &str); 1] = [(header::CACHE_CONTROL, "public, max-age=300")];

// (2) Spec(2026-07-28, authorization server discovery): one of the two documents MUST be there, and clients try both.
pub(super) async fn oauth(State(endpoints): State<Endpoints>) -> Response {
    (KEPT, Json(metadata(&endpoints))).into_response()
}

/// The same for clients that look for OpenID. There are no ID tokens here, so it announces no `openid` scope.
pub(super) async fn openid(State(endpoints): State<Endpoints>) -> Response {
    let mut metadata = metadata(&endpoints);
    metadata["subject_types_supported"] = json!(["public"]);
    metadata["id_token_signing_alg_values_supported"] = json!(["ES256"]);
    (KEPT, Json(metadata)).into_response()
}

pub(super) async fn jwks(State(server): State<AuthorizationServer>) -> Response {
    match server.jwks().await {
        Ok(keys) => (KEPT, Json(keys)).into_response(),
        Err(error) => error.into_response(),
    }
}

fn metadata(Endpoints { server, proofs }: &Endpoints) -> Value {
    let issuer = server.issuer();
    let at = |path: &str| format!("{issuer}{path}");
    let mut metadata = json!({
        "issuer": issuer,
        "authorization_endpoint": at(AUTHORIZE_PATH),
        "token_endpoint": at(TOKEN_PATH),
        "jwks_uri": at(JWKS_PATH),
        "revocation_endpoint": at(REVOCATION_PATH),
        "introspection_endpoint": at(INTROSPECTION_PATH),
        "scopes_supported": Scope::ALL.map(Scope::as_str),
        "response_types_supported": ["code"],
        "response_modes_supported": ["query"],
        "grant_types_supported": ["authorization_code", "refresh_token", "client_credentials"],
        // Spec(2026-07-28, authorization): clients MUST refuse a server that does not announce this.
        "code_challenge_methods_supported": ["S256"],
        "token_endpoint_auth_methods_supported": METHODS,
        "token_endpoint_auth_signing_alg_values_supported": ["ES256", "RS256", "PS256"],
        "revocation_endpoint_auth_methods_supported": METHODS,
        "introspection_endpoint_auth_methods_supported": &METHODS[1..],
        "authorization_response_iss_parameter_supported": true,
        "client_id_metadata_document_supported": true,
    });
    if proofs.are_taken() {
        metadata["dpop_signing_alg_values_supported"] = json!(ALGORITHMS.map(|algorithm| algorithm.name()));
    }
    if server.has_registration() {
        metadata["registration_endpoint"] = at(REGISTRATION_PATH).into();
    }
    metadata
}
