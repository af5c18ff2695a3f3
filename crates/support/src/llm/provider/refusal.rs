//! What an answer with another status than 2xx means, or an error in the middle of a stream.

use std::time::Duration;

use reqwest::{StatusCode, header::HeaderMap};
use serde_json::Value;

use super::endpoint::Endpoint;
use crate::{fetch::service::retry_after, llm::ModelError};

/// A request that was not answered as hoped.
#[derive(Debug)]
pub(super) struct Refusal {
    pub(super) error: ModelError,
    /// What the endpoint says about a bad request.
    complaint: String,
}

impl From<ModelError> for Refusal {
    fn from(error: ModelError) -> Self {
        Self { error, complaint: String::new() }
    }
}

impl Refusal {
    pub(super) fn new(endpoint: &Endpoint, status: StatusCode, headers: &HeaderMap, body: &[u8]) -> Self {
        let is_complaint = matches!(status, StatusCode::BAD_REQUEST | StatusCode::UNPROCESSABLE_ENTITY);
        let complaint = if is_complaint { String::from_utf8_lossy(body).into_owned() } else { String::new() };
        let body: Value = serde_json::from_slice(body).unwrap_or_default();
        let wait = retry_after(headers);
        Self { error: error(endpoint, status, wait, &body), complaint }
    }

    /// Whether the endpoint does not take the parameter `name`: it answered 400 (422 at some) and named it.
    pub(super) fn is_about(&self, name: &str) -> bool {
        self.complaint.contains(name)
    }
}

fn error(endpoint: &Endpoint, status: StatusCode, wait: Option<Duration>, body: &Value) -> ModelError {
    let message = message(body).filter(|message| !message.trim().is_empty());
    let said = message.map_or_else(|| format!("it answered {status}"), |said| format!("it answered {status}: {said}"));
    let model = endpoint.title();
    if let Some(reason) = filtered(body).filter(|_| status == StatusCode::BAD_REQUEST) {
        return ModelError::ContentFiltered { model, reason: endpoint.clean(&reason) };
    }
    match status.as_u16() {
        // Servers repeat parts of the key here, and say nothing else.
        401 | 403 => ModelError::Unauthorized { model },
        429 => ModelError::RateLimited { model, retry_after: wait },
        408 | 500..=599 => {
            let again = wait.map_or_else(String::new, |wait| format!("; try again in {} s", wait.as_secs().max(1)));
            endpoint.unavailable(&format!("it answered {status}{again}"))
        }
        300..=399 => {
            endpoint.refused(&format!("it answered {status}, and redirects are not followed; set its base URL"))
        }
        404 => endpoint.refused(&format!("{said}; check the base URL, and the name of the model or deployment")),
        _ => endpoint.refused(&said),
    }
}

/// An error object in a stream that began well.
pub(super) fn in_stream(endpoint: &Endpoint, error: &Value) -> ModelError {
    let body = serde_json::json!({ "error": error });
    if let Some(reason) = filtered(&body) {
        return ModelError::ContentFiltered { model: endpoint.title(), reason: endpoint.clean(&reason) };
    }
    let is =
        |word: &str| ["code", "type"].iter().any(|name| error[name].as_str().is_some_and(|text| text.contains(word)));
    if is("rate_limit") || error["code"] == 429 {
        return ModelError::RateLimited { model: endpoint.title(), retry_after: None };
    }
    let said = message(&body).unwrap_or("it does not say what");
    endpoint.unavailable(&format!("it failed in the middle of its answer: {said}"))
}

/// The message in the error bodies of OpenAI and Azure, of Azure's gateway, and of servers built on FastAPI.
fn message(body: &Value) -> Option<&str> {
    ["/error/message", "/message", "/error", "/detail"]
        .iter()
        .find_map(|place| body.pointer(place).and_then(Value::as_str))
}

/// What Azure's filter found, if it was the filter: "hate (medium), jailbreak".
fn filtered(body: &Value) -> Option<String> {
    let error = body.get("error")?;
    if error["code"] != "content_filter" && error["innererror"]["code"] != "ResponsibleAIPolicyViolation" {
        return None;
    }
    let mut categories = Vec::new();
    for (category, finding) in error["innererror"]["content_filter_result"].as_object().into_iter().flatten() {
        if finding["filtered"] == true {
            let severity = finding["severity"].as_str().map(|severity| format!(" ({severity})"));
            categories.push(format!("{category}{}", severity.unwrap_or_default()));
        }
    }
    Some(if categories.is_empty() { "its filter does not say why".to_owned() } else { categories.join(", ") })
}
