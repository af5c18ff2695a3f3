//! An issuer of tokens on loopback, which also misbehaves on demand.

use std::{
    sync::{
        Arc, Mutex, MutexGuard, PoisonError,
        atomic::{AtomicUsize, Ordering},
    },
    time::Duration,
};

use axum::{
    Router,
    extract::{Request, State},
    http::{StatusCode, header},
    response::{IntoResponse, Response},
};
use serde_json::{Value, json};
use tokio::net::TcpListener;
use tokio_util::task::AbortOnDropHandle;

use super::signing::{Mint, SigningKey, now};

/// How the issuer answers whoever asks for its keys.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Behaviour {
    /// With its keys.
    Well,
    /// With its keys, after a while.
    Slow(Duration),
    /// With more than anyone should read.
    Huge,
    /// With text that is no JSON.
    Broken,
    /// With its keys as `text/html`.
    WrongType,
    /// With status 500.
    Failing,
    /// With a redirect to its keys.
    Redirecting,
    /// With more keys than anyone should keep.
    TooMany,
    /// With metadata that names another issuer.
    OtherIssuer,
}

/// Where the issuer's metadata is.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum MetadataForm {
    /// RFC 8414, with the path inserted.
    OAuth,
    /// OpenID Connect, with the path inserted.
    OpenIdInserted,
    /// OpenID Connect, with the path in front.
    OpenIdAppended,
}

/// An issuer with an ES256 key to begin with. It ends when it is dropped.
pub struct TestIssuer {
    issuer: String,
    shared: Arc<Shared>,
    _server: AbortOnDropHandle<()>,
}

struct Shared {
    origin: String,
    path: String,
    form: MetadataForm,
    state: Mutex<Serving>,
    fetches: AtomicUsize,
}

struct Serving {
    /// The last is the one that signs.
    keys: Vec<SigningKey>,
    behaviour: Behaviour,
}

impl TestIssuer {
    /// An issuer without a path.
    ///
    /// # Errors
    /// It cannot listen.
    pub async fn start() -> anyhow::Result<Self> {
        Self::start_at("", MetadataForm::OAuth).await
    }

    /// An issuer with a path such as `/tenant`, whose metadata is only where `form` says.
    ///
    /// # Errors
    /// It cannot listen.
    pub async fn start_at(path: &str, form: MetadataForm) -> anyhow::Result<Self> {
        let listener = TcpListener::bind("127.0.0.1:0").await?;
        let origin = format!("http://{}", listener.local_addr()?);
        let keys = vec![SigningKey::es256("key-1")?];
        let state = Mutex::new(Serving { keys, behaviour: Behaviour::Well });
        let issuer = format!("{origin}{path}");
        let shared = Arc::new(Shared { origin, path: path.to_owned(), form, state, fetches: AtomicUsize::new(0) });
        let router = Router::new().fallback(answer).with_state(shared.clone());
        let server = tokio::spawn(async move {
            let _ = axum::serve(listener, router).await;
        });
        Ok(Self { issuer, shared, _server: AbortOnDropHandle::new(server) })
    }

    /// Its identifier.
    pub fn issuer(&self) -> &str {
        &self.issuer
    }

    /// Where its keys are.
    pub fn jwks_uri(&self) -> String {
        format!("{}/jwks", self.shared.origin)
    }

    /// Its public keys.
    pub fn jwks(&self) -> Value {
        jwks(&self.state().keys)
    }

    /// The key that signs.
    pub fn key(&self) -> SigningKey {
        self.state().keys.last().cloned().expect("an issuer always has a key")
    }

    /// Publishes one more key and signs with it from now on.
    pub fn rotate_to(&self, key: SigningKey) {
        self.state().keys.push(key);
    }

    /// Publishes only the key that signs.
    pub fn withdraw_old_keys(&self) {
        let keys = &mut self.state().keys;
        keys.drain(..keys.len() - 1);
    }

    /// Answers like this from now on.
    pub fn behave(&self, behaviour: Behaviour) {
        self.state().behaviour = behaviour;
    }

    /// How often its keys were asked for.
    pub fn fetches(&self) -> usize {
        self.shared.fetches.load(Ordering::SeqCst)
    }

    /// A good token for a resource, for five minutes.
    pub fn mint(&self, audience: &str) -> Mint {
        let claims = json!({
            "iss": self.issuer, "sub": "alice", "aud": audience, "client_id": "a-client",
            "iat": now(), "exp": now() + 300, "jti": format!("{:x}", rand::random::<u64>()),
        });
        Mint::new(&self.key(), json!({ "typ": "at+jwt" }), claims)
    }

    fn state(&self) -> MutexGuard<'_, Serving> {
        self.shared.state()
    }
}

impl Shared {
    fn state(&self) -> MutexGuard<'_, Serving> {
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }

    fn metadata_path(&self) -> String {
        match self.form {
            MetadataForm::OAuth => format!("/.well-known/oauth-authorization-server{}", self.path),
            MetadataForm::OpenIdInserted => format!("/.well-known/openid-configuration{}", self.path),
            MetadataForm::OpenIdAppended => format!("{}/.well-known/openid-configuration", self.path),
        }
    }
}

async fn answer(State(shared): State<Arc<Shared>>, request: Request) -> Response {
    let behaviour = shared.state().behaviour.clone();
    let path = request.uri().path();
    if path == shared.metadata_path() {
        let issuer = if behaviour == Behaviour::OtherIssuer { "https://other.example" } else { shared.origin.as_str() };
        let jwks_uri = format!("{}/jwks", shared.origin);
        return axum::Json(json!({ "issuer": format!("{issuer}{}", shared.path), "jwks_uri": jwks_uri }))
            .into_response();
    }
    if path == "/elsewhere" {
        return axum::Json(jwks(&shared.state().keys)).into_response();
    }
    if path != "/jwks" {
        return StatusCode::NOT_FOUND.into_response();
    }
    shared.fetches.fetch_add(1, Ordering::SeqCst);
    // Before a delay: what a slow answer holds is what was true when it was asked for.
    let keys = jwks(&shared.state().keys);
    match behaviour {
        Behaviour::Slow(delay) => tokio::time::sleep(delay).await,
        Behaviour::Huge => return axum::Json(json!({ "keys": [], "pad": "x".repeat(1024 * 1024) })).into_response(),
        Behaviour::Broken => return ([(header::CONTENT_TYPE, "application/json")], "{\"keys\": [").into_response(),
        Behaviour::WrongType => return ([(header::CONTENT_TYPE, "text/html")], keys.to_string()).into_response(),
        Behaviour::Failing => return StatusCode::INTERNAL_SERVER_ERROR.into_response(),
        Behaviour::Redirecting => {
            return (StatusCode::FOUND, [(header::LOCATION, "/elsewhere")]).into_response();
        }
        Behaviour::TooMany => {
            let many: Vec<Value> = std::iter::repeat_n(keys["keys"][0].clone(), 1000).collect();
            return axum::Json(json!({ "keys": many })).into_response();
        }
        Behaviour::Well | Behaviour::OtherIssuer => {}
    }
    axum::Json(keys).into_response()
}

fn jwks(keys: &[SigningKey]) -> Value {
    json!({ "keys": keys.iter().map(SigningKey::jwk).collect::<Vec<_>>() })
}
