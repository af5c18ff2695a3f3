//! A directory on loopback that issues what a test wants and writes down what it is asked: keys, exchanges, Graph.

use std::{
    collections::HashMap,
    sync::{Arc, Mutex, MutexGuard, PoisonError},
};

use axum::{
    Form, Json, Router,
    body::Bytes,
    extract::{Path, Request, State},
    http::{HeaderMap, StatusCode, Uri, header},
    response::{IntoResponse, Response},
    routing::{get, post},
};
use mcp_support::testing::auth::SigningKey;
use serde_json::{Value, json};
use tokio::{net::TcpListener, task::JoinHandle, time::Instant};

/// What comes back for an exchange.
#[derive(Clone)]
pub(crate) enum Exchanging {
    /// A token of Graph that lives this long.
    Token(u64),
    /// A refusal with this body.
    Refused(Value),
    /// 429.
    Busy,
}

/// What Graph does.
#[derive(Clone)]
pub(crate) enum Graphing {
    Well,
    /// 429 with these seconds, until this moment.
    Busy(u64, Instant),
    /// 429 with these seconds, once.
    BusyOnce(u64),
    /// 401 for the first tokens, perhaps with claims.
    Unauthorized(usize, Option<Value>),
    /// 403.
    Forbidden,
}

pub(crate) struct State_ {
    pub(crate) keys: Vec<SigningKey>,
    pub(crate) exchanging: Exchanging,
    pub(crate) graphing: Graphing,
    /// The forms that came to the token endpoint.
    pub(crate) forms: Vec<HashMap<String, String>>,
    /// The requests that came to Graph: moment, target, headers, and whether they were answered 429.
    pub(crate) asked: Vec<(Instant, String, HeaderMap, bool)>,
    /// Requests to Graph that are under way, and the most there were.
    pub(crate) open: (usize, usize),
    issued: usize,
}

pub(crate) struct Fake {
    pub(crate) origin: String,
    state: Arc<Mutex<State_>>,
    serving: JoinHandle<()>,
}

impl Drop for Fake {
    fn drop(&mut self) {
        self.serving.abort();
    }
}

impl Fake {
    pub(crate) async fn start() -> anyhow::Result<Self> {
        let listener = TcpListener::bind("127.0.0.1:0").await?;
        let origin = format!("http://{}", listener.local_addr()?);
        let state = Arc::new(Mutex::new(State_ {
            keys: vec![SigningKey::rs256("key-1")?],
            exchanging: Exchanging::Token(3600),
            graphing: Graphing::Well,
            forms: Vec::new(),
            asked: Vec::new(),
            open: (0, 0),
            issued: 0,
        }));
        let router = Router::new()
            .route("/{tenant}/discovery/v2.0/keys", get(keys))
            .route("/{tenant}/oauth2/v2.0/token", post(token))
            .route("/graph/v1.0/{*path}", get(graph))
            .with_state(state.clone());
        let serving = tokio::spawn(async move {
            let _ = axum::serve(listener, router).await;
        });
        Ok(Self { origin, state, serving })
    }

    pub(crate) fn state(&self) -> MutexGuard<'_, State_> {
        lock(&self.state)
    }

    pub(crate) fn key(&self) -> SigningKey {
        self.state().keys.last().cloned().expect("there is always a key")
    }
}

fn lock(state: &Arc<Mutex<State_>>) -> MutexGuard<'_, State_> {
    state.lock().unwrap_or_else(PoisonError::into_inner)
}

type Shared = State<Arc<Mutex<State_>>>;

async fn keys(State(state): Shared) -> Json<Value> {
    Json(json!({"keys": lock(&state).keys.iter().map(SigningKey::jwk).collect::<Vec<_>>()}))
}

async fn token(
    State(state): Shared,
    Path(tenant): Path<String>,
    headers: HeaderMap,
    Form(mut form): Form<HashMap<String, String>>,
) -> Response {
    form.insert("(tenant)".to_owned(), tenant);
    form.extend(headers.get(header::AUTHORIZATION).map(|_| ("(authorization)".to_owned(), String::new())));
    let mut state = lock(&state);
    let assertion = form.get("assertion").cloned().unwrap_or_default();
    state.forms.push(form);
    let life = match state.exchanging.clone() {
        Exchanging::Token(life) => life,
        Exchanging::Refused(body) => return (StatusCode::BAD_REQUEST, Json(body)).into_response(),
        Exchanging::Busy => return (StatusCode::TOO_MANY_REQUESTS, [(header::RETRY_AFTER, "7")]).into_response(),
    };
    state.issued += 1;
    // Whose it is stands in it, so that a test sees who was answered.
    let whose = claims_of(&assertion)["oid"].as_str().unwrap_or_default().to_owned();
    let issued = format!("graph.{whose}.{}", state.issued);
    Json(json!({"access_token": issued, "token_type": "Bearer", "expires_in": life, "scope": "User.Read"}))
        .into_response()
}

async fn graph(State(state): Shared, uri: Uri, request: Request) -> Response {
    let headers = request.headers().clone();
    let body: Bytes = axum::body::to_bytes(request.into_body(), 1024).await.unwrap_or_default();
    assert!(body.is_empty(), "nothing is sent along");
    let token = headers.get(header::AUTHORIZATION).and_then(|value| value.to_str().ok()).unwrap_or_default().to_owned();
    let number = token.rsplit('.').next().and_then(|number| number.parse::<usize>().ok()).unwrap_or_default();
    let graphing = {
        let mut state = lock(&state);
        let graphing = state.graphing.clone();
        let is_busy = match graphing {
            Graphing::Busy(_, until) => Instant::now() < until,
            Graphing::BusyOnce(_) => {
                state.graphing = Graphing::Well;
                true
            }
            _ => false,
        };
        state.asked.push((Instant::now(), uri.to_string(), headers, is_busy));
        state.open.0 += 1;
        state.open.1 = state.open.1.max(state.open.0);
        graphing
    };
    // As long as a real answer takes, so that requests overlap.
    tokio::time::sleep(std::time::Duration::from_millis(20)).await;
    lock(&state).open.0 -= 1;
    let refusal =
        |status, code: &str| (status, Json(json!({"error": {"code": code, "message": "no"}}))).into_response();
    let busy = match graphing {
        Graphing::Busy(seconds, until) if Instant::now() < until => Some(seconds),
        Graphing::BusyOnce(seconds) => Some(seconds),
        _ => None,
    };
    match graphing {
        Graphing::Busy(..) | Graphing::BusyOnce(_) if busy.is_some() => {
            let mut response = refusal(StatusCode::TOO_MANY_REQUESTS, "TooManyRequests");
            response.headers_mut().extend(busy.map(|seconds| (header::RETRY_AFTER, seconds.into())));
            return response;
        }
        Graphing::Unauthorized(first, claims) if number <= first => {
            let mut response = refusal(StatusCode::UNAUTHORIZED, "InvalidAuthenticationToken");
            if let Some(claims) = claims {
                use base64::{Engine, prelude::BASE64_STANDARD};
                let claims = BASE64_STANDARD.encode(claims.to_string());
                let challenge = format!("Bearer realm=\"\", error=\"insufficient_claims\", claims=\"{claims}\"");
                response.headers_mut().insert(header::WWW_AUTHENTICATE, challenge.parse().expect("a header"));
            }
            return response;
        }
        Graphing::Forbidden => return refusal(StatusCode::FORBIDDEN, "Authorization_RequestDenied"),
        _ => {}
    }
    let whose = token.strip_prefix("Bearer graph.").and_then(|rest| rest.split('.').next()).unwrap_or_default();
    let user = json!({"id": whose, "displayName": format!("User {whose}")});
    match uri.path() {
        "/graph/v1.0/me" => Json(user).into_response(),
        "/graph/v1.0/me/messages" => Json(json!({"value": [{"id": "m1", "subject": format!("To {whose}"),
            "from": {"emailAddress": {"address": "sender@example.com"}}}]}))
        .into_response(),
        "/graph/v1.0/users" => Json(json!({"value": [user]})).into_response(),
        _ => StatusCode::NOT_FOUND.into_response(),
    }
}

/// The claims of a token, unverified.
pub(crate) fn claims_of(token: &str) -> Value {
    use base64::{Engine, prelude::BASE64_URL_SAFE_NO_PAD};
    let part = token.split('.').nth(1).and_then(|part| BASE64_URL_SAFE_NO_PAD.decode(part).ok());
    part.and_then(|part| serde_json::from_slice(&part).ok()).unwrap_or_default()
}
