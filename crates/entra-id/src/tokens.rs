//! The token endpoint, as a client sees it: a form goes out, tokens or Entra's refusal come back.

use std::{
    collections::BTreeSet,
    time::{Duration, SystemTime},
};

use mcp_support::fetch::service::{self, read_at_most, retry_after, root_cause};
use reqwest::{Client, StatusCode};
use secrecy::SecretString;
use serde::{Deserialize, de::DeserializeOwned};
use url::Url;

use crate::failure::EntraError;

/// Longest answer that is read, in bytes.
const MAX_ANSWER: usize = 256 * 1024;
/// How long an answer may take.
const PATIENCE: Duration = Duration::from_secs(15);
/// What a busy service means when it does not say.
const BUSY_SECONDS: u64 = 5;
/// Longest life of a token that is believed.
const MAX_LIFE: u64 = 24 * 60 * 60;

/// What Entra has issued.
#[derive(Debug, Clone)]
pub struct Tokens {
    /// For the resource that was asked for, and for no other reader: a client does not look into it.
    pub access_token: SecretString,
    /// For the next access token; only where `offline_access` was asked for.
    pub refresh_token: Option<SecretString>,
    /// About the person, for the client itself; only where `openid` was asked for.
    pub id_token: Option<SecretString>,
    /// Until when the access token is good.
    pub expires_at: SystemTime,
    /// What was granted, which may be less than what was asked for.
    pub scopes: BTreeSet<String>,
}

#[derive(Deserialize)]
struct Answer {
    access_token: String,
    token_type: String,
    expires_in: u64,
    refresh_token: Option<String>,
    id_token: Option<String>,
    #[serde(default)]
    scope: String,
}

/// A client for OAuth endpoints that follows no redirect: a redirect would carry secrets to a host that nobody chose.
///
/// # Errors
/// The operating system's certificates cannot be read.
pub fn http_client(base: &Url) -> anyhow::Result<Client> {
    let builder = service::client(base)
        .user_agent(concat!(env!("CARGO_PKG_NAME"), "/", env!("CARGO_PKG_VERSION")))
        .timeout(PATIENCE);
    Ok(builder.build()?)
}

/// Asks for tokens.
///
/// # Errors
/// [`EntraError`].
pub async fn request(http: &Client, url: &str, form: &[(&str, &str)]) -> Result<Tokens, EntraError> {
    let answer: Answer = post(http, url, form).await?;
    if !answer.token_type.eq_ignore_ascii_case("bearer") {
        return Err(EntraError::Unavailable("it issued another token than a bearer token".to_owned()));
    }
    Ok(Tokens {
        access_token: answer.access_token.into(),
        refresh_token: answer.refresh_token.map(Into::into),
        id_token: answer.id_token.map(Into::into),
        expires_at: SystemTime::now() + Duration::from_secs(answer.expires_in.min(MAX_LIFE)),
        scopes: answer.scope.split_whitespace().map(str::to_owned).collect(),
    })
}

/// Sends a form, and reads the answer or the refusal.
///
/// # Errors
/// [`EntraError`].
pub async fn post<T: DeserializeOwned>(http: &Client, url: &str, form: &[(&str, &str)]) -> Result<T, EntraError> {
    let unavailable = |error: &reqwest::Error| EntraError::Unavailable(root_cause(error));
    let mut response = http.post(url).form(form).send().await.map_err(|error| unavailable(&error))?;
    let (status, wait) = (response.status(), retry_after(response.headers()));
    if status == StatusCode::TOO_MANY_REQUESTS || status == StatusCode::SERVICE_UNAVAILABLE {
        return Err(EntraError::Busy(wait.map_or(BUSY_SECONDS, |wait| wait.as_secs())));
    }
    let body = read_at_most(&mut response, MAX_ANSWER).await.map_err(|error| unavailable(&error))?;
    let body = body.ok_or_else(|| EntraError::Unavailable("its answer is too long".to_owned()))?;
    if !status.is_success() {
        return Err(EntraError::read(status.as_u16(), &body));
    }
    // What does not parse may hold a token, so no parser's error is shown.
    serde_json::from_slice(&body).map_err(|_| EntraError::Unavailable("its answer is not what OAuth says".to_owned()))
}
