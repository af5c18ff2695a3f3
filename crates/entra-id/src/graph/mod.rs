//! Microsoft Graph: the few calls of this lesson, with patience for its limits.

mod call;
mod gate;
mod retry;

use std::{sync::Arc, time::Duration};

use mcp_support::fetch::service::{is_safe_base_url, read_at_most, retry_after, root_cause};
use reqwest::{Client, StatusCode};
use schemars::JsonSchema;
use secrecy::{ExposeSecret, SecretString};
use serde::{Deserialize, Serialize, de::DeserializeOwned};
use serde_json::Value;
use url::Url;

pub use self::call::Call;
use self::{gate::Gate, retry::Attempts};
use crate::tokens::http_client;

/// Graph for everybody. Sovereign clouds have others.
pub const MICROSOFT: &str = "https://graph.microsoft.com/v1.0";
/// Longest answer that is read, in bytes.
const MAX_ANSWER: usize = 4 * 1024 * 1024;
/// Pages that are followed for one list.
const MAX_PAGES: usize = 20;

/// Somebody in the directory.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all(deserialize = "camelCase"))]
pub struct User {
    /// Object id: a GUID.
    pub id: String,
    /// Full name.
    pub display_name: Option<String>,
    /// How the person signs in, such as `ada@contoso.example`.
    pub user_principal_name: Option<String>,
    /// Address for mail.
    pub mail: Option<String>,
    /// What the person does.
    pub job_title: Option<String>,
    /// Where.
    pub office_location: Option<String>,
}

/// A message in somebody's mailbox.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all(deserialize = "camelCase"))]
pub struct Message {
    /// Id within the mailbox.
    pub id: String,
    /// Subject.
    pub subject: Option<String>,
    /// The first words of the text. Whoever has sent the message wrote them.
    pub body_preview: Option<String>,
    /// When it came, such as `2026-07-28T09:30:00Z`.
    pub received_date_time: Option<String>,
    /// Whether it has been read.
    pub is_read: Option<bool>,
    /// Who has sent it.
    #[serde(default, deserialize_with = "address")]
    pub from: Option<String>,
}

/// Why Graph has not answered.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum GraphError {
    /// The token is not good (any more), or Conditional Access wants more; then with what the next token has to fulfil.
    #[error("Graph does not accept the token")]
    Unauthorized(Option<String>),
    /// The token lacks a permission, or the person a role.
    #[error("Graph refused: {0}")]
    Forbidden(String),
    /// What was asked for does not exist.
    #[error("Graph has no such thing: {0}")]
    NotFound(String),
    /// Too many requests, still after waiting.
    #[error("Graph is busy; try again in {} s", .0.as_secs().max(1))]
    Busy(Duration),
    /// The request was not understood.
    #[error("Graph did not understand the request: {0}")]
    Request(String),
    /// Nothing of use came back.
    #[error("Graph cannot be asked: {0}")]
    Unavailable(String),
}

/// Graph at an address. A clone is cheap.
#[derive(Debug, Clone)]
pub struct Graph {
    http: Client,
    base: Url,
    gate: Arc<Gate>,
    call: Call,
}

#[derive(Deserialize)]
struct Page<T> {
    value: Vec<T>,
    #[serde(rename = "@odata.nextLink")]
    next: Option<String>,
}

impl Graph {
    /// Graph at `base`, such as [`MICROSOFT`].
    ///
    /// # Errors
    /// The address would send tokens in clear.
    pub fn new(mut base: Url) -> anyhow::Result<Self> {
        anyhow::ensure!(is_safe_base_url(&base), "Graph must be https (http on this machine only): {base}");
        if !base.path().ends_with('/') {
            base.set_path(&format!("{}/", base.path()));
        }
        Ok(Self { http: http_client(&base)?, base, gate: Arc::default(), call: Call::default() })
    }

    /// The same for one call: limits are shared with all others.
    #[must_use]
    pub fn for_call(&self, call: Call) -> Self {
        Self { call, ..self.clone() }
    }

    /// The person whose token it is; needs `User.Read`.
    ///
    /// # Errors
    /// [`GraphError`].
    pub async fn me(&self, token: &SecretString) -> Result<User, GraphError> {
        self.get(token, self.at("me", &[("$select", USER)])).await
    }

    /// The newest messages of the person, at most `top`; needs `Mail.Read`.
    ///
    /// # Errors
    /// [`GraphError`].
    pub async fn my_messages(&self, token: &SecretString, top: usize) -> Result<Vec<Message>, GraphError> {
        let select = "id,subject,bodyPreview,receivedDateTime,isRead,from";
        let order = ("$orderby", "receivedDateTime desc");
        self.list(token, self.at("me/messages", &[("$select", select), order]), top).await
    }

    /// The people of the directory, at most `top`; needs `User.Read.All`, which an administrator consents to.
    ///
    /// # Errors
    /// [`GraphError`].
    pub async fn users(&self, token: &SecretString, top: usize) -> Result<Vec<User>, GraphError> {
        self.list(token, self.at("users", &[("$select", USER)]), top).await
    }

    fn at(&self, path: &str, query: &[(&str, &str)]) -> Url {
        // The path is one of ours, so it cannot fail; the base alone would be a request that Graph refuses.
        let mut url = self.base.join(path).unwrap_or_else(|_| self.base.clone());
        url.query_pairs_mut().extend_pairs(query);
        url
    }

    /// Follows pages until there are `top` entries.
    async fn list<T: DeserializeOwned>(
        &self,
        token: &SecretString,
        mut url: Url,
        top: usize,
    ) -> Result<Vec<T>, GraphError> {
        url.query_pairs_mut().append_pair("$top", &top.min(100).to_string());
        let mut all = Vec::new();
        for _ in 0..MAX_PAGES {
            let page: Page<T> = self.get(token, url).await?;
            all.extend(page.value);
            let Some(next) = page.next.filter(|_| all.len() < top) else { break };
            url = self.next(&next)?;
        }
        all.truncate(top);
        Ok(all)
    }

    /// The next page, if it is Graph's own: the token goes along.
    fn next(&self, link: &str) -> Result<Url, GraphError> {
        let next = Url::parse(link).ok().filter(|next| next.origin() == self.base.origin());
        next.ok_or_else(|| GraphError::Unavailable("its next page is at another host".to_owned()))
    }

    async fn get<T: DeserializeOwned>(&self, token: &SecretString, url: Url) -> Result<T, GraphError> {
        let mut attempts = Attempts::default();
        loop {
            let asked = match self.gate.enter(&self.call.limit).await {
                Err(left) => left,
                Ok(_place) => match self.once(token, url.clone()).await {
                    Err(GraphError::Busy(asked)) => {
                        self.gate.close(&self.call.limit, asked);
                        asked
                    }
                    other => return other,
                },
            };
            let Some(wait) = attempts.wait(asked) else { return Err(GraphError::Busy(asked)) };
            self.call.waits(wait);
            tokio::time::sleep(wait).await;
        }
    }

    async fn once<T: DeserializeOwned>(&self, token: &SecretString, url: Url) -> Result<T, GraphError> {
        let unavailable = |error: reqwest::Error| GraphError::Unavailable(root_cause(&error));
        let mut request = self.http.get(url).bearer_auth(token.expose_secret());
        if let Some(id) = &self.call.correlation_id {
            request = request.header("client-request-id", id);
        }
        let mut response = request.send().await.map_err(unavailable)?;
        let (status, headers) = (response.status(), response.headers().clone());
        let body = read_at_most(&mut response, MAX_ANSWER).await.map_err(unavailable)?;
        let body = body.ok_or_else(|| GraphError::Unavailable("its answer is too long".to_owned()))?;
        if status.is_success() {
            let unreadable = |_| GraphError::Unavailable("its answer is not what Graph's reference says".to_owned());
            return serde_json::from_slice(&body).map_err(unreadable);
        }
        let message = message(&body);
        Err(match status {
            StatusCode::UNAUTHORIZED => GraphError::Unauthorized(challenge(&headers)),
            StatusCode::FORBIDDEN => GraphError::Forbidden(message),
            StatusCode::NOT_FOUND => GraphError::NotFound(message),
            StatusCode::TOO_MANY_REQUESTS | StatusCode::SERVICE_UNAVAILABLE => {
                GraphError::Busy(retry_after(&headers).unwrap_or(Duration::ZERO))
            }
            StatusCode::BAD_REQUEST => GraphError::Request(message),
            status => GraphError::Unavailable(format!("it answered {status}: {message}")),
        })
    }
}

/// The fields of [`User`].
const USER: &str = "id,displayName,userPrincipalName,mail,jobTitle,officeLocation";

/// `{"error": {"code": ..., "message": ...}}`
fn message(body: &[u8]) -> String {
    let body: Value = serde_json::from_slice(body).unwrap_or_default();
    let parts = ["code", "message"].map(|name| body["error"][name].as_str().unwrap_or("unknown"));
    let text = parts.join(": ");
    text.chars().filter(|letter| !letter.is_control()).take(300).collect()
}

/// Spec(OpenID CAEP, claims challenge of Microsoft): `WWW-Authenticate: Bearer error="insufficient_claims",
/// claims="base64"`.
fn challenge(headers: &reqwest::header::HeaderMap) -> Option<String> {
    use base64::{Engine, prelude::BASE64_STANDARD};
    let value = headers.get(reqwest::header::WWW_AUTHENTICATE)?.to_str().ok()?;
    let claims = value.split_once("claims=\"")?.1.split('"').next()?;
    let claims = String::from_utf8(BASE64_STANDARD.decode(claims).ok()?).ok()?;
    serde_json::from_str::<Value>(&claims).is_ok_and(|claims| claims.is_object()).then_some(claims)
}

/// The address of the sender, which Graph puts two objects deep.
fn address<'de, D: serde::Deserializer<'de>>(deserializer: D) -> Result<Option<String>, D::Error> {
    let value = Option::<Value>::deserialize(deserializer)?;
    Ok(value.and_then(|value| value.pointer("/emailAddress/address")?.as_str().map(str::to_owned)))
}
