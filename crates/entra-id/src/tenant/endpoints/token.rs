//! The token endpoint.

use axum::{
    Json,
    body::Bytes,
    extract::{Path, State},
    http::{HeaderMap, header},
    response::{IntoResponse, Response},
};
use mcp_support::web::Parameters;
use serde_json::Value;

use super::super::{
    Service,
    claims_request::ClaimsRequest,
    client_proof::Presented,
    directory::Segment,
    errors::{Correlation, EntraError},
    grants::{Client, code::Redemption},
    refusals,
};

const DEVICE_CODE: &str = "urn:ietf:params:oauth:grant-type:device_code";
const ON_BEHALF_OF: &str = "urn:ietf:params:oauth:grant-type:jwt-bearer";

/// `/{tenant}/oauth2/v2.0/token`
pub(super) async fn token(
    State(service): State<Service>,
    Path(tenant): Path<String>,
    headers: HeaderMap,
    body: Bytes,
) -> Response {
    answer(&service, &tenant, &headers, &body, Version::Two)
}

/// `/{tenant}/oauth2/token`
pub(super) async fn token_v1(
    State(service): State<Service>,
    Path(tenant): Path<String>,
    headers: HeaderMap,
    body: Bytes,
) -> Response {
    answer(&service, &tenant, &headers, &body, Version::One)
}

/// Which endpoint it is. Which form a token has, says the app that it is for.
#[derive(Clone, Copy, PartialEq, Eq)]
pub(super) enum Version {
    /// A request names a resource, and gets all that is consented to.
    One,
    /// A request names scopes.
    Two,
}

impl Version {
    /// What is asked for, taken out of the parameters.
    pub(super) fn scope(self, parameters: &mut Parameters) -> Option<String> {
        match self {
            Self::One => Some(format!("openid offline_access {}/.default", parameters.take("resource")?)),
            Self::Two => parameters.take("scope"),
        }
    }

    /// The same, where it has to be there.
    pub(super) fn required_scope(self, parameters: &mut Parameters) -> Result<String, EntraError> {
        let name = if self == Self::One { "resource" } else { "scope" };
        self.scope(parameters).ok_or_else(|| refusals::missing(name))
    }
}

fn answer(service: &Service, tenant: &str, headers: &HeaderMap, body: &[u8], version: Version) -> Response {
    let mut correlation = Correlation::of(headers, None, service.now());
    let exchanged = read(headers, body).and_then(|mut form| {
        correlation = Correlation::of(headers, form.take("client-request-id"), service.now());
        exchange(service, tenant, headers, form, version)
    });
    match exchanged {
        Ok(value) => ([(header::CACHE_CONTROL, "no-store"), (header::PRAGMA, "no-cache")], Json(value)).into_response(),
        Err(error) => error.traced(&correlation).response(&service.shared.authority),
    }
}

/// A form of a program.
pub(super) fn read(headers: &HeaderMap, body: &[u8]) -> Result<Parameters, EntraError> {
    let kind = headers.get(header::CONTENT_TYPE).and_then(|value| value.to_str().ok()).unwrap_or_default();
    if !kind.starts_with("application/x-www-form-urlencoded") {
        // Nothing is found in a body that is no form.
        return Err(refusals::missing("grant_type"));
    }
    Parameters::read(body).map_err(|error| refusals::malformed(&format!("{error}.")))
}

/// Who sends a form, taken out of it.
pub(super) fn presented(headers: &HeaderMap, form: &mut Parameters) -> Presented {
    let authorization = headers.get(header::AUTHORIZATION);
    Presented {
        authorization: authorization.map(|value| value.to_str().unwrap_or_default().to_owned()),
        client_id: form.take("client_id"),
        client_secret: form.take("client_secret"),
        assertion_type: form.take("client_assertion_type"),
        assertion: form.take("client_assertion"),
    }
}

fn exchange(
    service: &Service,
    tenant: &str,
    headers: &HeaderMap,
    mut form: Parameters,
    version: Version,
) -> Result<Value, EntraError> {
    let segment = Segment::read(tenant)?;
    let mut require = |name: &'static str| form.take(name).ok_or_else(|| refusals::missing(name));
    let grant = require("grant_type")?;
    let (app, proof) = service.authenticate(segment, presented(headers, &mut form))?;
    let client = Client { app, proof, wants_info: form.take("client_info").as_deref() == Some("1") };
    let claims = ClaimsRequest::read(form.take("claims").as_deref())?;
    let mut require = |name: &'static str| form.take(name).ok_or_else(|| refusals::missing(name));
    match grant.as_str() {
        "authorization_code" => {
            let redemption = Redemption {
                code: require("code")?,
                redirect_uri: form.take("redirect_uri"),
                verifier: form.take("code_verifier"),
                scope: version.scope(&mut form),
                resource: form.take("resource"),
            };
            service.redeem(segment, client, &redemption)
        }
        "refresh_token" => {
            let token = require("refresh_token")?;
            let (scope, resource) = (version.scope(&mut form), form.take("resource"));
            service.refresh(segment, client, &token, scope.as_deref(), resource.as_deref(), &claims)
        }
        "client_credentials" => {
            let (scope, resource) = (version.required_scope(&mut form)?, form.take("resource"));
            service.client_credentials(segment, client, &scope, resource.as_deref(), &claims.capabilities)
        }
        DEVICE_CODE | "device_code" => service.poll_device(client, &require("device_code")?),
        ON_BEHALF_OF => {
            let assertion = require("assertion")?;
            let used = require("requested_token_use")?;
            let scope = version.required_scope(&mut form)?;
            if used != "on_behalf_of" {
                return Err(refusals::malformed("requested_token_use must be on_behalf_of."));
            }
            service.on_behalf_of(segment, client, &assertion, &scope, &claims)
        }
        other => Err(refusals::unsupported_grant(&other.chars().take(80).collect::<String>())),
    }
}
