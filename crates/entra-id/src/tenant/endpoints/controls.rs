//! The controls over HTTP, for whoever has their key.

use axum::{
    Json, Router,
    body::Bytes,
    extract::{Path, State},
    http::{HeaderMap, StatusCode, header},
    response::{IntoResponse, Response},
    routing::post,
};
use secrecy::ExposeSecret;
use serde_json::{Value, json};

use super::super::{Control, Service, random};

pub(super) fn routes() -> Router<Service> {
    Router::new().route("/stand-in/{action}", post(control))
}

async fn control(
    State(service): State<Service>,
    Path(action): Path<String>,
    headers: HeaderMap,
    body: Bytes,
) -> Response {
    let sent = headers.get(header::AUTHORIZATION).and_then(|value| value.to_str().ok()?.strip_prefix("Bearer "));
    let key = service.shared.controls_key.as_ref();
    if !key.is_some_and(|key| sent.is_some_and(|sent| random::is_same(key.expose_secret(), sent))) {
        return refused(StatusCode::UNAUTHORIZED, "send the key of the controls as a bearer token");
    }
    let mut order: Value = if body.is_empty() { json!({}) } else { serde_json::from_slice(&body).unwrap_or_default() };
    if !order.is_object() {
        return refused(StatusCode::BAD_REQUEST, "send a JSON object");
    }
    order["action"] = action.into();
    let order: Control = match serde_json::from_value(order) {
        Ok(order) => order,
        Err(error) => return refused(StatusCode::BAD_REQUEST, &error.to_string()),
    };
    match tokio::task::spawn_blocking(move || service.control(order)).await {
        Ok(Ok(answer)) => Json(answer).into_response(),
        Ok(Err(error)) => refused(StatusCode::BAD_REQUEST, &error.to_string()),
        Err(_) => refused(StatusCode::INTERNAL_SERVER_ERROR, "it has failed"),
    }
}

fn refused(status: StatusCode, text: &str) -> Response {
    (status, Json(json!({"error": text}))).into_response()
}
