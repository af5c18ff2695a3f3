//! What an answer with another status than 2xx means, and what helps.

use reqwest::{StatusCode, header::HeaderValue};
use serde_json::Value;

use super::endpoint::Model;
use crate::error::MediaError;

/// A request that was not answered as hoped.
#[derive(Debug)]
pub(super) struct Refusal {
    pub(super) error: MediaError,
    /// The server does not know the `response_format` that was asked for. Which ones a model knows cannot be told from
    /// its name where names are chosen freely, as on Azure.
    pub(super) is_about_response_format: bool,
}

impl From<MediaError> for Refusal {
    fn from(error: MediaError) -> Self {
        Self { error, is_about_response_format: false }
    }
}

impl Refusal {
    pub(super) fn new(model: &Model, status: StatusCode, retry_after: Option<&HeaderValue>, body: &[u8]) -> Self {
        let body: Value = serde_json::from_slice(body).unwrap_or_default();
        let message = message(&body).unwrap_or_default();
        let reason = match status {
            // Servers repeat parts of the key here, and say nothing else.
            StatusCode::UNAUTHORIZED | StatusCode::FORBIDDEN => format!("it answered {status}"),
            _ if message.is_empty() => format!("it answered {status}"),
            _ => format!("it answered {status}: {message}"),
        };
        let parameter = body.pointer("/error/param").and_then(Value::as_str).unwrap_or_default();
        Self {
            error: model.error(reason, &hint(model, status, retry_after)),
            is_about_response_format: status == StatusCode::BAD_REQUEST
                && (parameter == "response_format" || message.contains("response_format")),
        }
    }
}

/// The message in the error bodies of OpenAI and Azure, of Azure's gateway, and of servers built on FastAPI.
fn message(body: &Value) -> Option<&str> {
    ["/error/message", "/message", "/error", "/detail"]
        .iter()
        .find_map(|place| body.pointer(place).and_then(Value::as_str))
}

fn hint(model: &Model, status: StatusCode, retry_after: Option<&HeaderValue>) -> String {
    match status.as_u16() {
        300..=399 => {
            "ask the operator to set the base URL to where the endpoint is: redirects are not followed".to_owned()
        }
        401 | 403 => format!("ask the operator to check the key, and that it may use {}", model.id),
        404 => format!("ask the operator to check the base URL, and the model or deployment name {}", model.id),
        413 => "send a smaller input".to_owned(),
        429 => {
            // The other form, a date, is not worth a parser: it is rare.
            let seconds: Option<u64> = retry_after.and_then(|value| value.to_str().ok()?.trim().parse().ok());
            seconds.map_or_else(
                || "call again later, or ask the operator for a larger quota".to_owned(),
                |seconds| format!("call again in {seconds} s"),
            )
        }
        408 | 500..=599 => "call again later: the fault is at the endpoint".to_owned(),
        _ => "change the input as the endpoint says".to_owned(),
    }
}

#[cfg(test)]
mod tests {
    use std::sync::Arc;

    use serde_json::json;

    use super::*;
    use crate::engines::openai::{endpoint::Endpoint, test_settings};

    fn refusal(status: u16, retry_after: Option<&'static str>, body: &Value) -> Refusal {
        let endpoint = Endpoint::new(&test_settings("http://127.0.0.1:9")).unwrap();
        let model = Model::new("gpt-4o", &Arc::new(endpoint));
        let retry_after = retry_after.map(HeaderValue::from_static);
        let status = StatusCode::from_u16(status).unwrap();
        Refusal::new(&model, status, retry_after.as_ref(), body.to_string().as_bytes())
    }

    #[test]
    fn each_status_has_its_hint() {
        let openai = json!({ "error": { "message": "because" } });
        let cases = [
            (400, None, "it answered 400 Bad Request: because", "change the input"),
            (401, None, "it answered 401 Unauthorized", "check the key"),
            (403, None, "it answered 403 Forbidden", "check the key"),
            (404, None, "it answered 404 Not Found: because", "model or deployment name gpt-4o"),
            (413, None, "it answered 413 Payload Too Large: because", "smaller"),
            (429, Some("7"), "it answered 429 Too Many Requests: because", "call again in 7 s"),
            (429, Some("soon"), "it answered 429 Too Many Requests: because", "call again later"),
            (429, None, "it answered 429 Too Many Requests: because", "call again later"),
            (500, None, "it answered 500 Internal Server Error: because", "call again later"),
            (503, None, "it answered 503 Service Unavailable: because", "call again later"),
            (302, None, "it answered 302 Found: because", "redirects are not followed"),
            (599, None, "it answered 599 <unknown status code>: because", "call again later"),
        ];
        for (status, retry_after, reason, hint) in cases {
            let error = refusal(status, retry_after, &openai).error;
            assert_eq!(error.to_string(), format!("gpt-4o at 127.0.0.1 failed: {reason}"));
            assert!(error.hint().contains(hint), "{status}: {}", error.hint());
        }
    }

    #[test]
    fn messages_of_other_servers_are_found() {
        let bodies = [
            json!({ "statusCode": 418, "message": "because" }),
            json!({ "error": "because" }),
            json!({ "detail": "because" }),
        ];
        for body in bodies {
            let error = refusal(418, None, &body).error.to_string();
            assert!(error.ends_with("418 I'm a teapot: because"), "{error}");
        }
        for body in [json!(null), json!([]), json!({ "error": 1 }), json!({ "detail": [{}] })] {
            let error = refusal(418, None, &body).error.to_string();
            assert!(error.ends_with("418 I'm a teapot"), "{error}");
        }
    }

    #[test]
    fn a_refused_response_format_is_told_apart() {
        let by_parameter = json!({ "error": { "message": "Unknown parameter.", "param": "response_format" } });
        let by_message = json!({ "detail": "response_format must be json" });
        let other = json!({ "error": { "message": "bad size", "param": "size" } });
        assert!(refusal(400, None, &by_parameter).is_about_response_format);
        assert!(refusal(400, None, &by_message).is_about_response_format);
        assert!(!refusal(400, None, &other).is_about_response_format);
        assert!(!refusal(500, None, &by_parameter).is_about_response_format);
    }
}
