//! Answers to requests that are not let in: RFC 6750 section 3, RFC 9728 section 5.1, RFC 9449 sections 7 to 9.

use axum::response::{IntoResponse, Response};
use base64::{Engine as _, prelude::BASE64_STANDARD};
use http::{HeaderValue, StatusCode, header};
use serde_json::json;

use super::{
    dpop::ProofError,
    settings::{DpopPolicy, ResourceServerSettings},
    verify::TokenError,
};

/// How a token was presented.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Scheme {
    Bearer,
    Dpop,
}

/// Why a request is not let in.
#[derive(Debug, thiserror::Error)]
pub(super) enum Refusal {
    #[error("a token is required")]
    NoToken,
    #[error("{0}")]
    Request(&'static str),
    #[error(transparent)]
    Token(#[from] TokenError),
    #[error(transparent)]
    Proof(ProofError),
    #[error("the proof has to hold the nonce of this server")]
    Nonce(String),
    #[error("the operation needs more scopes")]
    Scope(Vec<String>),
    #[error("the token has to fulfil more claims")]
    Claims(String),
    #[error("tokens cannot be verified right now")]
    Unavailable,
}

impl From<ProofError> for Refusal {
    fn from(error: ProofError) -> Self {
        match error {
            ProofError::Nonce(nonce) => Self::Nonce(nonce),
            ProofError::Full => Self::Unavailable,
            // The proof is sound; it is the token that does not belong to its holder.
            ProofError::OtherKey => Self::Token(TokenError::NotBound),
            error => Self::Proof(error),
        }
    }
}

impl Refusal {
    fn status(&self) -> StatusCode {
        match self {
            Self::Request(_) => StatusCode::BAD_REQUEST,
            Self::Scope(_) => StatusCode::FORBIDDEN,
            Self::Unavailable => StatusCode::SERVICE_UNAVAILABLE,
            _ => StatusCode::UNAUTHORIZED,
        }
    }

    pub(super) fn code(&self) -> Option<&'static str> {
        match self {
            // RFC 6750, section 3.1: a request without credentials is told no error.
            Self::NoToken => None,
            Self::Request(_) => Some("invalid_request"),
            Self::Token(_) => Some("invalid_token"),
            Self::Proof(_) => Some("invalid_dpop_proof"),
            Self::Nonce(_) => Some("use_dpop_nonce"),
            Self::Scope(_) => Some("insufficient_scope"),
            Self::Claims(_) => Some("insufficient_claims"),
            Self::Unavailable => Some("temporarily_unavailable"),
        }
    }

    /// The answer. An error is told in the scheme that was used; whoever came without a token is told all schemes.
    pub(super) fn answer(
        &self,
        settings: &ResourceServerSettings,
        metadata: &str,
        initial: &[String],
        used: Option<Scheme>,
    ) -> Box<Response> {
        let description = self.to_string();
        let body = json!({ "error": self.code().unwrap_or("unauthorized"), "error_description": description });
        let mut response = (self.status(), axum::Json(body)).into_response();
        let headers = response.headers_mut();
        headers.insert(header::CACHE_CONTROL, HeaderValue::from_static("no-store"));
        if matches!(self, Self::Unavailable) {
            headers.insert(header::RETRY_AFTER, HeaderValue::from_static("1"));
            return Box::new(response);
        }
        let prefixed = |scope: &String| format!("{}{scope}", settings.scope_prefix);
        let scopes = if let Self::Scope(scopes) = self { scopes } else { initial };
        let scopes: Vec<String> = scopes.iter().map(prefixed).collect();
        let algorithms: Vec<&str> = settings.algorithms.iter().map(|algorithm| algorithm.name()).collect();
        for scheme in schemes(settings.dpop.policy, used) {
            let mut parameters = vec![("resource_metadata", metadata.to_owned())];
            if !scopes.is_empty() {
                parameters.push(("scope", scopes.join(" ")));
            }
            if let Some(code) = self.code() {
                parameters.push(("error", code.to_owned()));
                parameters.push(("error_description", description.clone()));
            }
            if let Self::Claims(claims) = self {
                parameters.push(("claims", BASE64_STANDARD.encode(claims)));
            }
            if scheme == Scheme::Dpop {
                parameters.push(("algs", algorithms.join(" ")));
            }
            headers.append(header::WWW_AUTHENTICATE, challenge(scheme, &parameters));
        }
        if let Self::Nonce(nonce) = self
            && let Ok(nonce) = HeaderValue::from_str(nonce)
        {
            headers.insert("dpop-nonce", nonce);
        }
        Box::new(response)
    }
}

fn schemes(policy: DpopPolicy, used: Option<Scheme>) -> Vec<Scheme> {
    match (policy, used) {
        (DpopPolicy::Off, _) => vec![Scheme::Bearer],
        (DpopPolicy::Required, _) => vec![Scheme::Dpop],
        (DpopPolicy::Optional, Some(scheme)) => vec![scheme],
        (DpopPolicy::Optional, None) => vec![Scheme::Bearer, Scheme::Dpop],
    }
}

fn challenge(scheme: Scheme, parameters: &[(&str, String)]) -> HeaderValue {
    let scheme = if scheme == Scheme::Dpop { "DPoP" } else { "Bearer" };
    let quoted: Vec<String> = parameters.iter().map(|(name, value)| format!("{name}=\"{}\"", plain(value))).collect();
    HeaderValue::from_str(&format!("{scheme} {}", quoted.join(", ")))
        .unwrap_or_else(|_| HeaderValue::from_static("Bearer"))
}

/// RFC 6750, section 3: printable ASCII without quotes and backslashes.
fn plain(value: &str) -> String {
    value.chars().map(|c| if matches!(c, ' '..='~') && !matches!(c, '"' | '\\') { c } else { '\'' }).collect()
}
