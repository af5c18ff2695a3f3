//! Who calls Graph: a token for Graph, still good, and with the permission that the operation takes.

use axum::{
    extract::FromRequestParts,
    http::{HeaderMap, header, request::Parts},
    response::Response,
};
use serde_json::Value;

use super::{
    super::{
        Service,
        claims_request::ClaimsRequest,
        directory::{self, TENANTS, people::User},
        known,
    },
    error::GraphError,
};

/// A caller whose token was verified.
pub(super) struct Caller {
    claims: Value,
    /// None for an app in its own name.
    pub(super) user: Option<&'static User>,
    pub(super) tenant: &'static str,
    pub(super) headers: HeaderMap,
}

impl Caller {
    /// Who the person is to Graph.
    pub(super) fn subject(&self) -> &str {
        self.claims["sub"].as_str().unwrap_or_default()
    }

    /// Whether it acts for somebody with one of these scopes.
    pub(super) fn may(&self, any_of: &[&str]) -> bool {
        let scopes = self.claims["scp"].as_str().unwrap_or_default();
        scopes.split(' ').any(|scope| any_of.contains(&scope))
    }

    /// Whether an app in its own name has been given one of these roles.
    pub(super) fn has_role(&self, any_of: &[&str]) -> bool {
        let roles = self.claims["roles"].as_array().into_iter().flatten();
        self.user.is_none() && roles.filter_map(Value::as_str).any(|role| any_of.contains(&role))
    }

    /// The person, for what is only about a person.
    pub(super) fn person(&self) -> Result<&'static User, GraphError> {
        self.user.ok_or_else(|| GraphError::request("/me request is only valid with delegated authentication flow."))
    }
}

impl FromRequestParts<Service> for Caller {
    type Rejection = Response;

    async fn from_request_parts(parts: &mut Parts, service: &Service) -> Result<Self, Response> {
        let checked = check(service, &parts.headers);
        checked.map_err(|error| error.response(&service.shared.authority, &parts.headers, service.now()))
    }
}

fn check(service: &Service, headers: &HeaderMap) -> Result<Caller, GraphError> {
    let token = headers.get(header::AUTHORIZATION).and_then(|value| value.to_str().ok());
    let token =
        token.and_then(|value| value.split_once(' ')).filter(|(scheme, _)| scheme.eq_ignore_ascii_case("bearer"));
    let Some((_, token)) = token else { return Err(GraphError::token("Access token is empty.")) };
    let claims = service.shared.keys.verified(token);
    let claims = claims.ok_or_else(|| GraphError::token("Access token validation failure. Invalid signature."))?;
    let text = |name: &str| claims[name].as_str().unwrap_or_default().to_owned();
    let tenant = TENANTS.iter().find(|tenant| tenant.id == text("tid"));
    let tenant = tenant.filter(|tenant| service.issuer(tenant, 1) == text("iss"));
    let tenant = tenant.ok_or_else(|| GraphError::token("Access token validation failure. Invalid issuer."))?;
    if ![known::GRAPH_APP, known::GRAPH_URI].contains(&text("aud").trim_end_matches('/')) {
        return Err(GraphError::token("Access token validation failure. Invalid audience."));
    }
    if claims["exp"].as_i64().is_none_or(|end| end <= service.now()) {
        return Err(GraphError::token("Lifetime validation failed, the token is expired."));
    }
    service.shared.throttle.count(tenant.id, &text("appid"), service.now())?;
    let user = directory::user_by_id(&text("oid"));
    let capabilities = claims["xms_cc"].as_array().into_iter().flatten();
    if capabilities.filter_map(Value::as_str).any(|capability| capability == "cp1")
        && let Some(user) = user
        && let Some(since) = service.shared.sessions.revoked_since(user)
        && claims["iat"].as_i64().is_none_or(|issued| issued < since)
    {
        // Continuous access evaluation: not every token is good until its end, for clients that can do something about
        // it. The others' are.
        let mut error =
            GraphError::token("Continuous access evaluation resulted in challenge with result: InteractionRequired.");
        error.claims = Some(ClaimsRequest::newer_than(since));
        return Err(error);
    }
    Ok(Caller { claims, user, tenant: tenant.id, headers: headers.clone() })
}
