//! What a verified token says, for tools.

use std::{
    collections::BTreeSet,
    sync::Arc,
    time::{Duration, SystemTime},
};

use http::{Extensions, request::Parts};
use rmcp::{RoleServer, model::Tool, service::RequestContext};
use secrecy::SecretString;
use serde_json::{Map, Value};

use super::{Inner, challenge::Scheme};
use crate::serve::Operation;

/// The claims of an access token that has been verified.
#[derive(Debug, Clone, PartialEq)]
pub struct Claims {
    /// `iss`, one of the trusted issuers.
    pub issuer: String,
    /// `sub`: the user, or the client itself.
    pub subject: String,
    /// `client_id`, or else `azp` or `appid`.
    pub client_id: Option<String>,
    /// `scope` or `scp`, as in the token.
    pub scopes: BTreeSet<String>,
    /// `exp`.
    pub expires_at: SystemTime,
    /// Every claim of the token.
    pub all: Map<String, Value>,
}

impl Claims {
    /// `None` when the issuer, the subject or the expiry is missing or malformed.
    pub(super) fn read(all: Map<String, Value>) -> Option<Self> {
        let text = |name: &str| all.get(name)?.as_str().filter(|text| !text.is_empty()).map(str::to_owned);
        let issuer = text("iss")?;
        let subject = text("sub")?;
        let expires_at = SystemTime::UNIX_EPOCH + Duration::from_secs_f64(date(&all, "exp").ok()??);
        let client_id = ["client_id", "azp", "appid"].iter().find_map(|name| text(name));
        let scopes = ["scope", "scp"].iter().find_map(|name| all.get(*name)).map(words).unwrap_or_default();
        Some(Self { issuer, subject, client_id, scopes, expires_at, all })
    }

    /// `cnf.jkt`: the thumbprint of the key that the token is bound to (RFC 9449). An error for any other confirmation,
    /// which cannot be verified here.
    pub(super) fn bound_to(&self) -> Result<Option<&str>, ()> {
        match self.all.get("cnf") {
            None => Ok(None),
            Some(Value::Object(cnf)) if cnf.len() == 1 => cnf.get("jkt").and_then(Value::as_str).map(Some).ok_or(()),
            Some(_) => Err(()),
        }
    }

    /// The name that everything of this caller is bound to. An issuer holds no space, so no two callers share one.
    pub(super) fn principal(&self) -> String {
        format!("{} {}", self.issuer, self.subject)
    }
}

/// A NumericDate (RFC 7519, section 2) in seconds; an error if it is there and is none.
pub(super) fn date(claims: &Map<String, Value>, name: &str) -> Result<Option<f64>, ()> {
    let Some(value) = claims.get(name) else { return Ok(None) };
    // 2^53: beyond it seconds are no longer told apart.
    value.as_f64().filter(|seconds| (0.0..9.007e15).contains(seconds)).map(Some).ok_or(())
}

/// Scopes are a text with spaces, or, with some issuers, a list.
fn words(value: &Value) -> BTreeSet<String> {
    match value {
        Value::String(text) => text.split(' ').filter(|word| !word.is_empty()).map(str::to_owned).collect(),
        Value::Array(list) => list.iter().filter_map(Value::as_str).map(str::to_owned).collect(),
        _ => BTreeSet::new(),
    }
}

/// A caller whose token has been verified. In the extensions of an HTTP request.
#[derive(Clone)]
pub(super) struct Caller {
    pub(super) claims: Arc<Claims>,
    /// The scopes of the token and all that they imply.
    pub(super) effective: Arc<BTreeSet<String>>,
    pub(super) token: Option<Arc<SecretString>>,
    pub(super) scheme: Scheme,
    pub(super) server: Arc<Inner>,
}

/// Over HTTP, the caller, if a resource server has let it in.
fn caller(context: &RequestContext<RoleServer>) -> Option<&Caller> {
    context.extensions.get::<Parts>()?.extensions.get()
}

/// The same as [`claims`], for an [`Access`](crate::serve::Access) around a resource server: from the extensions of a
/// request that was let in.
pub fn claims_in(request: &Extensions) -> Option<&Claims> {
    request.get::<Caller>().map(|caller| &*caller.claims)
}

/// The same as [`token`], in the same way.
pub fn token_in(request: &Extensions) -> Option<&SecretString> {
    request.get::<Caller>()?.token.as_deref()
}

/// stdio belongs to whoever started the process, who may do everything.
/// Spec(2026-07-28, authorization): over stdio there is no authorization.
fn is_local(context: &RequestContext<RoleServer>) -> bool {
    context.extensions.get::<Parts>().is_none()
}

/// The claims of the token that came with this request. `None` on stdio, and where the server has no
/// [`ResourceServer`](super::ResourceServer).
pub fn claims(context: &RequestContext<RoleServer>) -> Option<&Claims> {
    caller(context).map(|caller| &*caller.claims)
}

/// The token itself, to exchange it for another; only where
/// [`keep_token`](super::ResourceServerSettings::keep_token) says so.
/// Spec(2026-07-28, authorization): it MUST NOT be passed on to another service.
pub fn token(context: &RequestContext<RoleServer>) -> Option<&SecretString> {
    caller(context)?.token.as_deref()
}

/// Whether the caller has a scope, or one that implies it. Always on stdio; never over HTTP without a token.
pub fn has_scope(context: &RequestContext<RoleServer>, scope: &str) -> bool {
    is_local(context) || caller(context).is_some_and(|caller| caller.effective.contains(scope))
}

/// Whether the caller may call a tool. Always on stdio; never over HTTP without a token.
pub fn may_call(context: &RequestContext<RoleServer>, tool: &str) -> bool {
    let operation = Operation { method: "tools/call", name: Some(tool) };
    is_local(context) || caller(context).is_some_and(|caller| caller.server.allows(&caller.effective, operation))
}

/// The tools among these that the caller may call: what `tools/list` shows.
pub fn visible_tools(context: &RequestContext<RoleServer>, tools: Vec<Tool>) -> Vec<Tool> {
    tools.into_iter().filter(|tool| may_call(context, &tool.name)).collect()
}
