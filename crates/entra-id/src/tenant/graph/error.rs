//! Graph's refusals, in Graph's form, which is not that of the token endpoint.

use axum::{
    Json,
    http::{HeaderMap, StatusCode, header},
    response::{IntoResponse, Response},
};
use chrono::DateTime;
use serde_json::json;

use super::super::random;

/// A refusal.
#[derive(Debug, Clone, thiserror::Error)]
#[error("{code}: {message}")]
pub(super) struct GraphError {
    pub(super) status: StatusCode,
    pub(super) code: &'static str,
    pub(super) message: String,
    /// Seconds until it may be tried again.
    pub(super) retry_after: Option<i64>,
    /// What the client has to send in its next authorization request.
    pub(super) claims: Option<String>,
}

impl GraphError {
    pub(super) fn new(status: StatusCode, code: &'static str, message: impl Into<String>) -> Self {
        Self { status, code, message: message.into(), retry_after: None, claims: None }
    }

    pub(super) fn token(message: &str) -> Self {
        Self::new(StatusCode::UNAUTHORIZED, "InvalidAuthenticationToken", message)
    }

    pub(super) fn request(message: impl Into<String>) -> Self {
        Self::new(StatusCode::BAD_REQUEST, "BadRequest", message)
    }

    /// The directory's word for a missing permission; the mailbox has another one.
    pub(super) fn denied() -> Self {
        let text = "Insufficient privileges to complete the operation.";
        Self::new(StatusCode::FORBIDDEN, "Authorization_RequestDenied", text)
    }

    pub(super) fn mail_denied() -> Self {
        let text = "Access is denied. Check credentials and try again.";
        Self::new(StatusCode::FORBIDDEN, "ErrorAccessDenied", text)
    }

    pub(super) fn missing(what: &str) -> Self {
        let text = format!(
            "Resource '{what}' does not exist or one of its queried reference-property objects are not present."
        );
        Self::new(StatusCode::NOT_FOUND, "Request_ResourceNotFound", text)
    }

    /// The answer to one request.
    pub(super) fn response(&self, authority: &str, asked: &HeaderMap, now: i64) -> Response {
        let ids = Ids::of(asked);
        let date = DateTime::from_timestamp(now, 0).map(|time| time.format("%Y-%m-%dT%H:%M:%S").to_string());
        let body = json!({"error": {
            "code": self.code,
            "message": self.message,
            "innerError": {"date": date, "request-id": ids.request, "client-request-id": ids.client},
        }});
        let mut response = (self.status, Json(body)).into_response();
        let headers = response.headers_mut();
        ids.write(headers);
        if let Some(seconds) = self.retry_after {
            headers.insert(header::RETRY_AFTER, seconds.into());
        }
        if self.status == StatusCode::UNAUTHORIZED
            && let Ok(challenge) = self.challenge(authority).parse()
        {
            headers.insert(header::WWW_AUTHENTICATE, challenge);
        }
        response
    }

    fn challenge(&self, authority: &str) -> String {
        use base64::{Engine, prelude::BASE64_STANDARD};
        let begin = format!(r#"Bearer realm="", authorization_uri="{authority}/common/oauth2/authorize""#);
        match &self.claims {
            Some(claims) => {
                format!(r#"{begin}, error="insufficient_claims", claims="{}""#, BASE64_STANDARD.encode(claims))
            }
            None => begin,
        }
    }
}

/// The ids of a request: one of Graph's, and one of the client's if it has sent one.
pub(super) struct Ids {
    request: String,
    client: String,
}

impl Ids {
    pub(super) fn of(asked: &HeaderMap) -> Self {
        let request = random::guid();
        let sent = asked.get("client-request-id").and_then(|value| value.to_str().ok());
        let client = sent.filter(|id| random::is_guid(id)).map_or_else(|| request.clone(), str::to_owned);
        Self { request, client }
    }

    pub(super) fn write(&self, headers: &mut HeaderMap) {
        for (name, id) in [("request-id", &self.request), ("client-request-id", &self.client)] {
            if let Ok(value) = id.parse() {
                headers.insert(name, value);
            }
        }
    }
}
