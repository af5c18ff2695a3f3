//! What an answer means that is no success: by its status, and by what it says.

use reqwest::{StatusCode, header::HeaderMap};
use serde_json::Value;

use super::{ErrorCode, ProviderError, endpoint::Endpoint};
use crate::fetch::service::retry_after;

/// Where services put their message.
const MESSAGES: [&str; 7] =
    ["/error/detail", "/error/message", "/error", "/detail/error", "/detail/message", "/detail", "/message"];

/// What services say, by kind. In lower case; the first that fits counts.
const SAID: [(&str, ErrorCode); 12] = [
    ("run out of searches", ErrorCode::QuotaExhausted),
    ("quota", ErrorCode::QuotaExhausted),
    ("plan limit", ErrorCode::QuotaExhausted),
    ("usage limit", ErrorCode::QuotaExhausted),
    ("plan's set usage", ErrorCode::QuotaExhausted),
    ("invalid api key", ErrorCode::BadKey),
    ("missing or invalid api", ErrorCode::BadKey),
    ("subscription token", ErrorCode::BadKey),
    ("rate limit", ErrorCode::RateLimited),
    ("too many requests", ErrorCode::RateLimited),
    ("throughput", ErrorCode::RateLimited),
    ("missing query", ErrorCode::InvalidQuery),
];

/// Another status than 2xx.
pub(super) fn error(endpoint: &Endpoint, status: StatusCode, headers: &HeaderMap, body: &Value) -> ProviderError {
    let said = message(body);
    let kind = said.and_then(code);
    let answered = said.map_or_else(|| format!("it answered {status}"), |said| format!("it answered {status}: {said}"));
    match (status.as_u16(), kind) {
        // Some repeat parts of the key here, and say nothing else.
        (401 | 403, _) | (400 | 422, Some(ErrorCode::BadKey)) => {
            endpoint.error(ErrorCode::BadKey, format!("it refused the key ({status})"))
        }
        (402 | 432 | 433, _) | (429, Some(ErrorCode::QuotaExhausted)) => {
            endpoint.error(ErrorCode::QuotaExhausted, answered)
        }
        (429, _) if is_used_up(headers) => endpoint.error(ErrorCode::QuotaExhausted, answered),
        (429, _) => {
            ProviderError { retry_after: retry_after(headers), ..endpoint.error(ErrorCode::RateLimited, answered) }
        }
        (400 | 414 | 422, _) => endpoint.error(ErrorCode::InvalidQuery, answered),
        (408 | 500..=599, _) => ProviderError { retry_after: retry_after(headers), ..endpoint.passing(&answered) },
        _ => endpoint.error(ErrorCode::Upstream, format!("{answered}; is its base URL right?")),
    }
}

/// An error that came with 200.
pub(super) fn said(endpoint: &Endpoint, message: &str) -> ProviderError {
    match code(message) {
        Some(ErrorCode::BadKey) => endpoint.error(ErrorCode::BadKey, "it refused the key"),
        Some(code) => endpoint.error(code, message),
        None => endpoint.passing(message),
    }
}

fn message(body: &Value) -> Option<&str> {
    let messages = MESSAGES.iter().filter_map(|place| body.pointer(place).and_then(Value::as_str));
    messages.map(str::trim).find(|message| !message.is_empty())
}

fn code(message: &str) -> Option<ErrorCode> {
    let message = message.to_lowercase();
    SAID.iter().find(|(words, _)| message.contains(words)).map(|(_, code)| *code)
}

/// Brave counts by the second and by the month (`X-RateLimit-Remaining: 0, 14231`): nothing left of the last is final.
fn is_used_up(headers: &HeaderMap) -> bool {
    let remaining = headers.get("x-ratelimit-remaining").and_then(|remaining| remaining.to_str().ok());
    let windows: Vec<&str> = remaining.unwrap_or_default().split(',').map(str::trim).collect();
    windows.len() > 1 && windows.last() == Some(&"0")
}
