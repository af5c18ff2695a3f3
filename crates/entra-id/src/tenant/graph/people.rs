//! Profiles and group memberships.

use axum::{
    body::Bytes,
    extract::{Path, RawQuery, State},
    response::Response,
};
use serde_json::{Map, Value, json};

use super::{
    super::{
        Service,
        directory::{
            self,
            people::{PEOPLE, User},
        },
    },
    error::GraphError,
    guard::Caller,
    query::Query,
    reply,
};

const PROPERTIES: [&str; 12] = [
    "businessPhones",
    "department",
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
/// What is only there for who asks for it.
const RARE: [&str; 1] = ["department"];
/// What everybody may see of everybody with `User.ReadBasic.All`.
const BASIC: [&str; 6] = ["displayName", "givenName", "id", "mail", "surname", "userPrincipalName"];
const USERS_OF_A_PAGE: usize = 100;
const MOST_USERS: usize = 999;

/// `GET /me`
pub(super) async fn me(State(service): State<Service>, caller: Caller, RawQuery(query): RawQuery) -> Response {
    let answer = caller.person().and_then(|user| {
        if !caller.may(&["User.Read", "User.ReadBasic.All", "User.Read.All"]) {
            return Err(GraphError::denied());
        }
        single(&service, user, query.as_deref())
    });
    reply(&service, &caller, answer)
}

/// `GET /users`
pub(super) async fn list(State(service): State<Service>, caller: Caller, RawQuery(query): RawQuery) -> Response {
    let answer = seen(&caller).and_then(|seen| {
        let query = Query::read(query.as_deref(), &PROPERTIES, MOST_USERS)?.with_rare(&RARE);
        if query.selects_besides(seen) {
            return Err(GraphError::denied());
        }
        let mut people: Vec<&User> = PEOPLE.iter().filter(|user| user.tenant == caller.tenant).collect();
        people.sort_by_key(|user| user.display_name());
        let entities = people.into_iter().map(|user| profile(user, seen)).collect();
        let base = service.graph_url();
        let (context, url) = (format!("{base}/$metadata#users"), format!("{base}/users"));
        Ok(query.page(&context, &url, entities, USERS_OF_A_PAGE, "$skiptoken"))
    });
    reply(&service, &caller, answer)
}

/// `GET /users/{id or sign-in name}`
pub(super) async fn one(
    State(service): State<Service>,
    Path(name): Path<String>,
    caller: Caller,
    RawQuery(query): RawQuery,
) -> Response {
    let answer = seen(&caller).and_then(|_| single(&service, find(&caller, &name)?, query.as_deref()));
    reply(&service, &caller, answer)
}

/// `GET /me/memberOf`
pub(super) async fn groups(State(service): State<Service>, caller: Caller, RawQuery(query): RawQuery) -> Response {
    let answer = caller.person().and_then(|user| {
        if !caller.may(&["User.Read", "User.Read.All", "GroupMember.Read.All"]) {
            return Err(GraphError::denied());
        }
        let query = Query::read(query.as_deref(), &["id", "displayName"], MOST_USERS)?;
        let entity = |id: String| json!({"@odata.type": "#microsoft.graph.group", "id": id});
        let entities = user.group_ids().into_iter().map(entity).collect();
        let base = service.graph_url();
        let (context, url) = (format!("{base}/$metadata#directoryObjects"), format!("{base}/me/memberOf"));
        Ok(query.page(&context, &url, entities, USERS_OF_A_PAGE, "$skiptoken"))
    });
    reply(&service, &caller, answer)
}

/// `POST /me/getMemberObjects`: where a token says that there are more groups than it holds.
pub(super) async fn my_group_ids(State(service): State<Service>, caller: Caller, body: Bytes) -> Response {
    let answer = caller.person().and_then(|user| member_objects(&service, &caller, user, &body));
    reply(&service, &caller, answer)
}

/// `POST /users/{id}/getMemberObjects`
pub(super) async fn group_ids(
    State(service): State<Service>,
    Path(name): Path<String>,
    caller: Caller,
    body: Bytes,
) -> Response {
    let answer = find(&caller, &name).and_then(|user| member_objects(&service, &caller, user, &body));
    reply(&service, &caller, answer)
}

/// `GET /oidc/userinfo`
pub(super) async fn userinfo(State(service): State<Service>, caller: Caller) -> Response {
    let answer = caller.person().and_then(|user| {
        if !caller.may(&["openid"]) {
            return Err(GraphError::denied());
        }
        Ok(json!({
            "sub": caller.subject(),
            "name": user.display_name(),
            "given_name": user.given_name,
            "family_name": user.surname,
            "email": user.principal_name,
        }))
    });
    reply(&service, &caller, answer)
}

fn member_objects(service: &Service, caller: &Caller, user: &User, body: &[u8]) -> Result<Value, GraphError> {
    let is_self = caller.user == Some(user);
    let may = caller.may(&["User.Read.All", "GroupMember.Read.All"]) || is_self && caller.may(&["User.Read"]);
    if !may {
        return Err(GraphError::denied());
    }
    let asked: Option<Value> = serde_json::from_slice(body).ok();
    if asked.is_none_or(|asked| !asked["securityEnabledOnly"].is_boolean()) {
        return Err(GraphError::request("securityEnabledOnly is missing."));
    }
    let context = format!("{}/$metadata#Collection(Edm.String)", service.graph_url());
    Ok(json!({"@odata.context": context, "value": user.group_ids()}))
}

/// What the caller may see of other people.
fn seen(caller: &Caller) -> Result<&'static [&'static str], GraphError> {
    if caller.may(&["User.Read.All"]) || caller.has_role(&["User.Read.All"]) {
        Ok(&PROPERTIES)
    } else if caller.may(&["User.ReadBasic.All"]) {
        Ok(&BASIC)
    } else {
        Err(GraphError::denied())
    }
}

fn find(caller: &Caller, name: &str) -> Result<&'static User, GraphError> {
    let found = directory::user_by_id(name).or_else(|| directory::user(name));
    let found = found.filter(|user| user.tenant == caller.tenant);
    found.ok_or_else(|| GraphError::missing(&name.chars().take(80).collect::<String>()))
}

fn single(service: &Service, user: &User, query: Option<&str>) -> Result<Value, GraphError> {
    let query = Query::read(query, &PROPERTIES, MOST_USERS)?.with_rare(&RARE);
    let mut entity = query.selected(&profile(user, &PROPERTIES));
    entity["@odata.context"] = format!("{}/$metadata#users/$entity", service.graph_url()).into();
    Ok(entity)
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
