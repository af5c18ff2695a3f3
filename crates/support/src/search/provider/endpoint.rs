//! Where a service is: its address, its key, deadlines, bounds, and errors without secrets.

use std::time::Duration;

use reqwest::{
    Client, RequestBuilder, StatusCode,
    header::{CONTENT_TYPE, HeaderMap, HeaderValue},
};
use secrecy::{ExposeSecret as _, SecretString};
use serde_json::Value;
use tokio::time::timeout;
use url::Url;

use super::{ErrorCode, ProviderAnswer, ProviderError, refusal, secret};
use crate::{
    clock::Clock,
    fetch::service::{self, is_safe_base_url, read_at_most, root_cause},
    search::clean,
};

/// How long an answer may take where nothing else is set.
pub const DEFAULT_TIMEOUT: Duration = Duration::from_secs(10);
/// Most bytes that are read of an answer, after decompression.
const ANSWER_BYTES: usize = 4 * 1024 * 1024;
/// How long connecting may take.
const CONNECT_TIMEOUT: Duration = Duration::from_secs(5);
/// Connections that are kept for the next questions.
const KEPT_CONNECTIONS: usize = 8;
/// Most characters of an error's reason.
const REASON_CHARS: usize = 200;

/// Where a service is, and how to be let in.
#[derive(Debug, Clone)]
pub struct ProviderSettings {
    /// https, or http on this machine.
    pub base_url: Url,
    /// The key, for those that need one.
    pub key: Option<SecretString>,
    /// How long an answer may take, from the question to its last byte.
    pub timeout: Duration,
    /// What relative dates count from.
    pub clock: Clock,
}

impl ProviderSettings {
    /// With the default deadline, and no key.
    pub fn new(base_url: Url) -> Self {
        Self { base_url, key: None, timeout: DEFAULT_TIMEOUT, clock: Clock::default() }
    }

    /// The same with a key.
    #[must_use]
    pub fn with_key(self, key: SecretString) -> Self {
        Self { key: Some(key), ..self }
    }
}

/// Settings that cannot be used. No message holds a key.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum SetupError {
    /// The address would send a key in clear, or holds a secret itself.
    #[error("the base URL of {0} must be https (or http on this machine), without user, password, query and fragment")]
    BaseUrl(&'static str),
    /// There is none, or it is no key.
    #[error("the key of {0} is missing, or no single word")]
    Key(&'static str),
    /// No client can be made.
    #[error("no connection can be made: {0}")]
    Client(String),
}

/// A service's address with its client.
#[derive(Debug)]
pub(super) struct Endpoint {
    pub(super) name: &'static str,
    client: Client,
    base_url: Url,
    key: SecretString,
    timeout: Duration,
    clock: Clock,
}

impl Endpoint {
    pub(super) fn new(name: &'static str, settings: ProviderSettings, needs_key: bool) -> Result<Self, SetupError> {
        if !is_safe_base_url(&settings.base_url) {
            return Err(SetupError::BaseUrl(name));
        }
        let key = settings.key.as_ref().map_or("", |key| key.expose_secret().trim());
        if (needs_key && key.is_empty()) || !key.bytes().all(|byte| byte.is_ascii_graphic()) {
            return Err(SetupError::Key(name));
        }
        let builder = service::client(&settings.base_url)
            .user_agent(concat!("mcp-samples/", env!("CARGO_PKG_VERSION")))
            .connect_timeout(CONNECT_TIMEOUT.min(settings.timeout))
            .pool_max_idle_per_host(KEPT_CONNECTIONS);
        Ok(Self {
            name,
            client: builder.build().map_err(|error| SetupError::Client(root_cause(&error)))?,
            base_url: settings.base_url,
            key: key.into(),
            timeout: settings.timeout,
            clock: settings.clock,
        })
    }

    /// Seconds since 1970.
    pub(super) fn now(&self) -> i64 {
        self.clock.now()
    }

    /// A GET of a path below the base URL.
    pub(super) fn get(&self, path: &str, pairs: &[(&str, String)]) -> RequestBuilder {
        self.client.get(self.url(path, pairs))
    }

    /// The same, with the key as a parameter.
    pub(super) fn get_with_key(&self, path: &str, pairs: &[(&str, String)], parameter: &str) -> RequestBuilder {
        let mut url = self.url(path, pairs);
        url.query_pairs_mut().append_pair(parameter, self.key.expose_secret());
        self.client.get(url)
    }

    /// A POST of JSON to a path below the base URL.
    pub(super) fn post(&self, path: &str, body: &Value) -> RequestBuilder {
        self.client.post(self.url(path, &[])).json(body)
    }

    /// The key as a header's value, after a prefix such as `Bearer `. No log shows it.
    pub(super) fn key_header(&self, prefix: &str) -> HeaderValue {
        let value = HeaderValue::from_str(&format!("{prefix}{}", self.key.expose_secret()));
        // `new` has seen that it is ASCII without blanks and controls.
        let mut value = value.unwrap_or(HeaderValue::from_static(""));
        value.set_sensitive(true);
        value
    }

    /// The answer's JSON, if its status is 2xx.
    pub(super) async fn send(&self, request: RequestBuilder) -> Result<Value, ProviderError> {
        let (status, headers, body) = timeout(self.timeout, self.exchange(request))
            .await
            .map_err(|_| self.error(ErrorCode::Timeout, format!("no answer within {:?}", self.timeout)))??;
        let json = serde_json::from_slice(&body);
        if !status.is_success() {
            return Err(refusal::error(self, status, &headers, &json.unwrap_or_default()));
        }
        // Before anything is read of it, cut, or parsed as HTML, which a log may show.
        json.map(|mut json| {
            secret::remove(&mut json, self.key.expose_secret());
            json
        })
        .map_err(|_| {
            let kind = headers.get(CONTENT_TYPE).and_then(|kind| kind.to_str().ok()).unwrap_or("no content type");
            self.passing(&format!("its answer is no JSON ({kind})"))
        })
    }

    async fn exchange(&self, request: RequestBuilder) -> Result<(StatusCode, HeaderMap, Vec<u8>), ProviderError> {
        let mut response = request.send().await.map_err(|error| {
            let doing = if error.is_connect() { "it cannot be reached" } else { "its answer was cut off" };
            self.passing(&format!("{doing}: {}", root_cause(&error.without_url())))
        })?;
        let (status, headers) = (response.status(), response.headers().clone());
        let body = read_at_most(&mut response, ANSWER_BYTES).await;
        let body = body
            .map_err(|error| self.passing(&format!("its answer was cut off: {}", root_cause(&error.without_url()))))?;
        let body = body.ok_or_else(|| self.error(ErrorCode::Upstream, "its answer is longer than 4 MiB"))?;
        Ok((status, headers, body))
    }

    pub(super) fn error(&self, code: ErrorCode, reason: impl AsRef<str>) -> ProviderError {
        ProviderError::new(self.name, code, self.clean(reason.as_ref()))
    }

    pub(super) fn passing(&self, reason: &str) -> ProviderError {
        ProviderError::passing(self.name, self.clean(reason))
    }

    /// The same answer without the key, which markup may have hidden before it was taken out of the text.
    pub(super) fn without_key(&self, answer: ProviderAnswer) -> Result<ProviderAnswer, ProviderError> {
        if self.key.expose_secret().is_empty() {
            return Ok(answer);
        }
        let cleaned = serde_json::to_value(&answer).and_then(|mut answer| {
            secret::remove(&mut answer, self.key.expose_secret());
            serde_json::from_value(answer)
        });
        cleaned.map_err(|_| self.error(ErrorCode::Upstream, "its answer cannot be told apart from the key"))
    }

    /// One short line without the key. Some services repeat what they were sent.
    fn clean(&self, text: &str) -> String {
        let key = self.key.expose_secret();
        secret::without(&clean::text(&secret::without(text, key), REASON_CHARS), key).into_owned()
    }

    fn url(&self, path: &str, pairs: &[(&str, String)]) -> Url {
        let mut url = self.base_url.clone();
        let path = format!("{}/{path}", url.path().trim_end_matches('/'));
        url.set_path(&path);
        if !pairs.is_empty() {
            url.query_pairs_mut().extend_pairs(pairs);
        }
        url
    }
}
