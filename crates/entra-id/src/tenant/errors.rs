//! What is refused: an OAuth error with Entra's own code, in Entra's form.

use axum::{
    Json,
    http::{HeaderMap, StatusCode, header},
    response::{IntoResponse, Response},
};
use chrono::DateTime;
use serde_json::{Value, json};

use super::random;

/// A refusal. Its code and words are those of Microsoft's public list, as far as the list has them.
#[derive(Debug, Clone, thiserror::Error)]
#[error("AADSTS{code}: {text}")]
pub(super) struct EntraError {
    /// The number behind `AADSTS`.
    pub(super) code: u32,
    /// The error of OAuth.
    pub(super) error: &'static str,
    pub(super) text: String,
    pub(super) suberror: Option<&'static str>,
    /// What the client must send along in its next authorization request.
    pub(super) claims: Option<String>,
    /// 401 where a client has not proved who it is, and else 400.
    pub(super) status: StatusCode,
}

impl EntraError {
    pub(super) fn new(code: u32, error: &'static str, text: impl Into<String>) -> Self {
        let status = if error == "invalid_client" { StatusCode::UNAUTHORIZED } else { StatusCode::BAD_REQUEST };
        Self { code, error, text: text.into(), suberror: None, claims: None, status }
    }

    pub(super) fn suberror(mut self, suberror: &'static str) -> Self {
        self.suberror = Some(suberror);
        self
    }

    /// The same with what ties it to one request, for logs on both sides.
    pub(super) fn traced(self, correlation: &Correlation) -> Traced {
        Traced { error: self, correlation: correlation.id.clone(), trace: random::guid(), now: correlation.now }
    }

    pub(super) fn internal(what: &str, cause: impl std::fmt::Display) -> Self {
        tracing::error!(%cause, "{what} failed");
        let mut error =
            Self::new(90033, "temporarily_unavailable", "A transient error has occurred. Please try again.");
        error.status = StatusCode::SERVICE_UNAVAILABLE;
        error
    }
}

/// Which request it is: the id that the client has given it, or a random one; and when it came.
#[derive(Debug, Clone)]
pub(super) struct Correlation {
    id: String,
    now: i64,
}

impl Correlation {
    /// The id may come as a header or as a parameter.
    pub(super) fn of(headers: &HeaderMap, parameter: Option<String>, now: i64) -> Self {
        let header = headers.get("client-request-id").and_then(|value| value.to_str().ok()).map(str::to_owned);
        let id = parameter.or(header).filter(|id| random::is_guid(id)).unwrap_or_else(random::guid);
        Self { id, now }
    }
}

/// A refusal of one request.
pub(super) struct Traced {
    error: EntraError,
    correlation: String,
    trace: String,
    now: i64,
}

impl Traced {
    /// The text with its ids, as it stands in `error_description`.
    pub(super) fn description(&self) -> String {
        format!(
            "{} Trace ID: {} Correlation ID: {} Timestamp: {}",
            self.error,
            self.trace,
            self.correlation,
            self.timestamp()
        )
    }

    pub(super) fn body(&self, authority: &str) -> Value {
        let error = &self.error;
        let mut body = json!({
            "error": error.error,
            "error_description": self.description(),
            "error_codes": [error.code],
            "timestamp": self.timestamp(),
            "trace_id": self.trace,
            "correlation_id": self.correlation,
            "error_uri": format!("{authority}/error?code={}", error.code),
        });
        if let Some(suberror) = error.suberror {
            body["suberror"] = suberror.into();
        }
        if let Some(claims) = &error.claims {
            body["claims"] = claims.as_str().into();
        }
        body
    }

    /// The answer of an endpoint that programs call.
    pub(super) fn response(&self, authority: &str) -> Response {
        tracing::info!(code = self.error.code, error = self.error.error, correlation = self.correlation, "refused");
        let headers = [(header::CACHE_CONTROL, "no-store".to_owned()), (header::PRAGMA, "no-cache".to_owned())];
        let mut response = (self.error.status, headers, Json(self.body(authority))).into_response();
        if let Ok(id) = self.trace.parse() {
            response.headers_mut().insert("x-ms-request-id", id);
        }
        response
    }

    fn timestamp(&self) -> String {
        DateTime::from_timestamp(self.now, 0)
            .map(|time| time.format("%Y-%m-%d %H:%M:%SZ").to_string())
            .unwrap_or_default()
    }
}
