//! What clients and resource servers read first.

use axum::{
    Json,
    extract::{Path, RawQuery, State},
    http::{HeaderMap, HeaderName, header},
    response::{IntoResponse, Response},
};
use mcp_support::web::Parameters;
use serde_json::{Value, json};

use super::super::{
    Service,
    directory::Segment,
    errors::{Correlation, EntraError},
};

const KEPT: [(HeaderName, &str); 2] =
    [(header::CACHE_CONTROL, "max-age=86400, private"), (header::ACCESS_CONTROL_ALLOW_ORIGIN, "*")];

/// `/{tenant}/v2.0/.well-known/openid-configuration`
pub(super) async fn v2(State(service): State<Service>, headers: HeaderMap, Path(tenant): Path<String>) -> Response {
    document(&service, &headers, &tenant, 2)
}

/// `/{tenant}/.well-known/openid-configuration`
pub(super) async fn v1(State(service): State<Service>, headers: HeaderMap, Path(tenant): Path<String>) -> Response {
    document(&service, &headers, &tenant, 1)
}

/// The public keys: those of one tenant are those of all.
pub(super) async fn keys(State(service): State<Service>, headers: HeaderMap, Path(tenant): Path<String>) -> Response {
    match segment(&service, &headers, &tenant) {
        Ok(_) => (KEPT, Json(service.shared.keys.jwks())).into_response(),
        Err(response) => *response,
    }
}

/// Which hosts are one cloud: MSAL asks for this before it trusts an authority that it does not know.
pub(super) async fn instance(State(service): State<Service>, RawQuery(query): RawQuery) -> Response {
    let endpoint = Parameters::read(query.unwrap_or_default().as_bytes())
        .ok()
        .and_then(|mut query| query.take("authorization_endpoint"));
    let authority = &service.shared.authority;
    let own = endpoint.filter(|endpoint| endpoint.starts_with(&format!("{authority}/")));
    let Some(endpoint) = own else {
        let text = "Invalid instance: the authorization endpoint is not one of this cloud.";
        let error = EntraError::new(50_049, "invalid_instance", text);
        return error.traced(&Correlation::of(&HeaderMap::new(), None, service.now())).response(authority);
    };
    let tenant = endpoint[authority.len() + 1..].split('/').next().unwrap_or_default().to_owned();
    let host = authority.split_once("://").map_or("", |(_, host)| host);
    let body = json!({
        "tenant_discovery_endpoint": format!("{authority}/{tenant}/v2.0/.well-known/openid-configuration"),
        "api-version": "1.1",
        "metadata": [{"preferred_network": host, "preferred_cache": host, "aliases": [host]}],
    });
    (KEPT, Json(body)).into_response()
}

fn document(service: &Service, headers: &HeaderMap, tenant: &str, version: u8) -> Response {
    match segment(service, headers, tenant) {
        Ok(segment) => (KEPT, Json(metadata(service, tenant, segment, version))).into_response(),
        Err(response) => *response,
    }
}

fn segment(service: &Service, headers: &HeaderMap, tenant: &str) -> Result<Segment, Box<Response>> {
    Segment::read(tenant).map_err(|error| {
        let error = EntraError { error: "invalid_tenant", ..error };
        Box::new(error.traced(&Correlation::of(headers, None, service.now())).response(&service.shared.authority))
    })
}

/// As the real one's: no `code_challenge_methods_supported`, although PKCE is there; no `registration_endpoint`,
/// because apps are registered by an administrator; no `authorization_response_iss_parameter_supported`.
fn metadata(service: &Service, tenant: &str, segment: Segment, version: u8) -> Value {
    let authority = &service.shared.authority;
    let at = |path: &str| format!("{authority}/{tenant}{path}");
    let issuer = match segment {
        Segment::Of(tenant) => service.issuer(tenant, version),
        // To be filled in with the `tid` of a token.
        Segment::Any if version == 1 => format!("{authority}/{{tenantid}}/"),
        Segment::Any => format!("{authority}/{{tenantid}}/v2.0"),
    };
    let host = authority.split_once("://").map_or("", |(_, host)| host);
    let mut metadata = json!({
        "token_endpoint": at("/oauth2/v2.0/token"),
        "token_endpoint_auth_methods_supported":
            ["client_secret_post", "private_key_jwt", "client_secret_basic", "self_signed_tls_client_auth"],
        "jwks_uri": at("/discovery/v2.0/keys"),
        "response_modes_supported": ["query", "fragment", "form_post"],
        "subject_types_supported": ["pairwise"],
        "id_token_signing_alg_values_supported": ["RS256"],
        "response_types_supported": ["code", "id_token", "code id_token", "id_token token"],
        "scopes_supported": ["openid", "profile", "email", "offline_access"],
        "issuer": issuer,
        "request_uri_parameter_supported": false,
        "userinfo_endpoint": format!("{}/oidc/userinfo", service.shared.authority),
        "authorization_endpoint": at("/oauth2/v2.0/authorize"),
        "device_authorization_endpoint": at("/oauth2/v2.0/devicecode"),
        "http_logout_supported": true,
        "frontchannel_logout_supported": true,
        "end_session_endpoint": at("/oauth2/v2.0/logout"),
        "claims_supported": [
            "sub", "iss", "cloud_instance_name", "cloud_instance_host_name", "cloud_graph_host_name",
            "msgraph_host", "aud", "exp", "iat", "auth_time", "acr", "nonce", "preferred_username", "name", "tid",
            "ver", "at_hash", "c_hash", "email",
        ],
        "tenant_region_scope": "EU",
        "cloud_instance_name": host,
        "cloud_graph_host_name": host,
        "msgraph_host": host,
    });
    if version == 1 {
        metadata["token_endpoint"] = at("/oauth2/token").into();
        metadata["authorization_endpoint"] = at("/oauth2/authorize").into();
        metadata["device_authorization_endpoint"] = at("/oauth2/devicecode").into();
        metadata["end_session_endpoint"] = at("/oauth2/logout").into();
        metadata["jwks_uri"] = at("/discovery/keys").into();
    }
    metadata
}
