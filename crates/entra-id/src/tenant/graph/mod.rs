//! A small Microsoft Graph: profiles and mail, behind the tokens of the stand-in.

mod error;
mod guard;
mod mailbox;
mod messages;
mod people;
mod query;
pub(super) mod throttle;

use axum::{
    Json, Router,
    http::{HeaderValue, Uri, header},
    response::{IntoResponse, Response},
    routing::{get, post},
};
use serde_json::Value;

use self::{
    error::{GraphError, Ids},
    guard::Caller,
};
use super::Service;

/// Where it is below the authority.
pub(super) const PATH: &str = "/graph/v1.0";

const CONTENT_TYPE: &str = "application/json; odata.metadata=minimal; charset=utf-8";

pub(super) fn routes() -> Router<Service> {
    let at = |path: &str| format!("{PATH}{path}");
    Router::new()
        .route(&at("/me"), get(people::me))
        .route(&at("/me/messages"), get(messages::list))
        .route(&at("/me/memberOf"), get(people::groups))
        .route(&at("/me/transitiveMemberOf"), get(people::groups))
        .route(&at("/me/getMemberObjects"), post(people::my_group_ids))
        .route(&at("/users"), get(people::list))
        .route(&at("/users/{user}"), get(people::one))
        .route(&at("/users/{user}/getMemberObjects"), post(people::group_ids))
        .route(&at("/{*rest}"), get(nothing).post(nothing))
        .route("/oidc/userinfo", get(people::userinfo))
}

/// What is not in this Graph.
async fn nothing(service: axum::extract::State<Service>, caller: Caller, uri: Uri) -> Response {
    let segment = uri.path().trim_start_matches(PATH).trim_start_matches('/').split('/').next().unwrap_or_default();
    let segment: String = segment.chars().take(80).collect();
    let error = GraphError::request(format!("Resource not found for the segment '{segment}'."));
    reply(&service, &caller, Err(error))
}

/// The answer to a caller, with the ids by which both sides find it in their logs.
fn reply(service: &Service, caller: &Caller, answer: Result<Value, GraphError>) -> Response {
    match answer {
        Ok(value) => {
            let mut response = Json(value).into_response();
            response.headers_mut().insert(header::CONTENT_TYPE, HeaderValue::from_static(CONTENT_TYPE));
            Ids::of(&caller.headers).write(response.headers_mut());
            response
        }
        Err(error) => error.response(&service.shared.authority, &caller.headers, service.now()),
    }
}
