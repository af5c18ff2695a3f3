//! Profiles.

use axum::{
    Json,
    extract::State,
    response::{IntoResponse, Response},
};
use serde_json::{Map, Value, json};

use super::{
    super::{Service, directory::people::User},
    error::{GraphError, Ids},
    guard::Caller,
};

/// What a profile holds when nothing is selected.
const USUAL: [&str; 11] = [
    "businessPhones",
    "displayName",
    "givenName",
    "id",
    "jobTitle",
    "mail",
    "mobilePhone",
    "officeLocation",
    "preferredLanguage",
    "surname",
    "userPrincipalName",
];

/// `GET /me`
pub(super) async fn me(State(service): State<Service>, caller: Caller) -> Response {
    let answer = caller.person().and_then(|user| {
        if !caller.may(&["User.Read", "User.ReadBasic.All", "User.Read.All"]) {
            return Err(GraphError::denied());
        }
        Ok(profile(user, &USUAL))
    });
    match answer {
        Ok(mut profile) => {
            profile["@odata.context"] = format!("{}/$metadata#users/$entity", service.graph_url()).into();
            let mut response = Json(profile).into_response();
            Ids::of(&caller.headers).write(response.headers_mut());
            response
        }
        Err(error) => error.response(&service.shared.authority, &caller.headers, service.now()),
    }
}

fn profile(user: &User, properties: &[&str]) -> Value {
    let all = json!({
        "businessPhones": [],
        "department": user.department,
        "displayName": user.display_name(),
        "givenName": user.given_name,
        "id": user.id,
        "jobTitle": user.job_title,
        "mail": user.principal_name,
        "mobilePhone": null,
        "officeLocation": user.office,
        "preferredLanguage": "en",
        "surname": user.surname,
        "userPrincipalName": user.principal_name,
    });
    let chosen: Map<String, Value> = properties.iter().map(|name| ((*name).to_owned(), all[*name].clone())).collect();
    Value::Object(chosen)
}
