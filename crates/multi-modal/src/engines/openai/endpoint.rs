//! One request and its answer: the key's header, deadlines, bounded bodies.

use std::{sync::Arc, time::Duration};

use mcp_support::fetch::service::{self, is_safe_base_url, read_at_most, root_cause};
use reqwest::{
    Client, RequestBuilder,
    header::{AUTHORIZATION, HeaderMap, HeaderName, HeaderValue},
    multipart::Form,
};
use secrecy::{ExposeSecret, SecretString};
use serde::de::DeserializeOwned;
use serde_json::Value;
use tokio::sync::Semaphore;
use url::Url;

use super::{OpenAiSettings, refusal::Refusal};
use crate::error::MediaError;

/// Most bytes of an answer that holds text.
pub(super) const TEXT_ANSWER_BYTES: usize = 4 * 1024 * 1024;
/// Most bytes that are read of an answer that says what went wrong.
const ERROR_ANSWER_BYTES: usize = 64 * 1024;
/// How long connecting may take.
const CONNECT_TIMEOUT: Duration = Duration::from_secs(10);
/// Domains of Azure, whose hosts take the key in a header of their own.
const AZURE: [&str; 3] = [".openai.azure.com", ".cognitiveservices.azure.com", ".services.ai.azure.com"];

/// A base URL with its client.
#[derive(Debug)]
pub(super) struct Endpoint {
    client: Client,
    base_url: Url,
    api_key: SecretString,
    timeout: Duration,
    /// Requests at a time: each costs money, and holds its input in memory.
    places: Semaphore,
}

impl Endpoint {
    pub(super) fn new(settings: &OpenAiSettings) -> Result<Self, MediaError> {
        let base_url = settings.base_url.clone();
        check(&base_url)?;
        let key = settings.api_key.expose_secret().trim();
        let builder = service::client(&base_url)
            .user_agent(concat!(env!("CARGO_PKG_NAME"), "/", env!("CARGO_PKG_VERSION")))
            .default_headers(key_header(&base_url, key)?)
            .connect_timeout(CONNECT_TIMEOUT.min(settings.timeout))
            .timeout(settings.timeout);
        let client = builder.build().map_err(|error| MediaError::Engine {
            engine: host(&base_url).to_owned(),
            reason: format!("the client cannot be built: {}", root_cause(&error)),
            hint: "ask the operator to check the certificates of this machine".to_owned(),
        })?;
        let (api_key, timeout) = (key.into(), settings.timeout);
        Ok(Self { client, base_url, api_key, timeout, places: Semaphore::new(8) })
    }

    fn url(&self, path: [&str; 2]) -> Url {
        let mut url = self.base_url.clone();
        // Only a URL that cannot be a base has no segments, and `check` refuses those.
        if let Ok(mut segments) = url.path_segments_mut() {
            segments.pop_if_empty().extend(path);
        }
        url
    }
}

/// A model at an endpoint.
#[derive(Debug, Clone)]
pub(super) struct Model {
    pub(super) id: String,
    endpoint: Arc<Endpoint>,
}

/// What a request carries.
pub(super) enum Body {
    Json(Value),
    Form(Form),
}

impl Model {
    pub(super) fn new(id: &str, endpoint: &Arc<Endpoint>) -> Self {
        Self { id: id.to_owned(), endpoint: Arc::clone(endpoint) }
    }

    /// The model with its host, to be told beside results and in errors.
    pub(super) fn title(&self) -> String {
        format!("{} at {}", self.id, host(&self.endpoint.base_url))
    }

    /// Posts `body` to `path` below the base URL, and reads an answer of at most `most` bytes.
    pub(super) async fn post<T: DeserializeOwned>(
        &self,
        path: [&str; 2],
        body: Body,
        most: usize,
    ) -> Result<T, Refusal> {
        let request = self.endpoint.client.post(self.endpoint.url(path));
        let request = match body {
            Body::Json(value) => request.json(&value),
            Body::Form(form) => request.multipart(form),
        };
        let bytes = self.send(request, most).await?;
        Ok(serde_json::from_slice(&bytes).map_err(|error| self.unreadable(&error.to_string()))?)
    }

    async fn send(&self, request: RequestBuilder, most: usize) -> Result<Vec<u8>, Refusal> {
        let Ok(_place) = self.endpoint.places.acquire().await else { return Err(MediaError::Cancelled.into()) };
        let mut response = request.send().await.map_err(|error| self.broken(&error))?;
        let status = response.status();
        if !status.is_success() {
            let retry_after = response.headers().get("retry-after").cloned();
            // The status says enough when the rest of a refusal cannot be read.
            let body = read_at_most(&mut response, ERROR_ANSWER_BYTES).await.ok().flatten();
            return Err(Refusal::new(self, status, retry_after.as_ref(), &body.unwrap_or_default()));
        }
        let body = read_at_most(&mut response, most).await.map_err(|error| self.broken(&error))?;
        Ok(body.ok_or_else(|| self.unreadable(&format!("it is longer than {most} bytes")))?)
    }

    /// An answer came, but not one that this path has.
    pub(super) fn unreadable(&self, reason: &str) -> MediaError {
        self.error(
            format!("its answer cannot be read: {reason}"),
            "call again; if that does not help, ask the operator to check the base URL and the model",
        )
    }

    /// No answer came, or not all of it.
    fn broken(&self, error: &reqwest::Error) -> MediaError {
        let cause = root_cause(error);
        if error.is_connect() {
            let hint = "call again later, or ask the operator to check the base URL and the network";
            self.error(format!("it cannot be reached: {cause}"), hint)
        } else if error.is_timeout() {
            let seconds = self.endpoint.timeout.as_secs_f64();
            self.error(format!("no answer within {seconds} s"), "call again, or send a smaller input")
        } else {
            self.error(format!("its answer was cut off: {cause}"), "call again")
        }
    }

    pub(super) fn error(&self, reason: String, hint: &str) -> MediaError {
        MediaError::Engine { engine: self.title(), reason: self.clean(&reason), hint: hint.to_owned() }
    }

    /// One short line without the key. Some servers repeat what they were sent.
    fn clean(&self, text: &str) -> String {
        let text = text.replace(self.endpoint.api_key.expose_secret(), "[key]");
        let line: Vec<&str> = text.split(|c: char| c.is_whitespace() || c.is_control()).collect();
        let words: Vec<&str> = line.into_iter().filter(|word| !word.is_empty()).collect();
        words.join(" ").chars().take(300).collect()
    }
}

/// Refuses a base URL that would send the key in clear, or that holds secrets which errors would show.
fn check(base_url: &Url) -> Result<(), MediaError> {
    if is_safe_base_url(base_url) {
        return Ok(());
    }
    Err(MediaError::Invalid {
        what: "the base URL of the model endpoint cannot be used".to_owned(),
        hint: "use https (http on this machine only) without user name, query and fragment, such as \
               https://api.openai.com/v1/ or https://RESOURCE.openai.azure.com/openai/v1/"
            .to_owned(),
    })
}

fn key_header(base_url: &Url, key: &str) -> Result<HeaderMap, MediaError> {
    let is_azure = AZURE.iter().any(|domain| host(base_url).ends_with(domain));
    let (name, text) = if is_azure {
        (HeaderName::from_static("api-key"), key.to_owned())
    } else {
        (AUTHORIZATION, format!("Bearer {key}"))
    };
    let is_token = !key.is_empty() && key.bytes().all(|byte| byte.is_ascii_graphic());
    let value = HeaderValue::from_str(&text).ok().filter(|_| is_token);
    let mut value = value.ok_or_else(|| MediaError::Invalid {
        what: "the key of the model endpoint is empty, or holds characters that no key has".to_owned(),
        hint: "copy the key again, without blanks and line breaks".to_owned(),
    })?;
    value.set_sensitive(true);
    Ok(HeaderMap::from_iter([(name, value)]))
}

fn host(url: &Url) -> &str {
    url.host_str().unwrap_or_default()
}

#[cfg(test)]
mod tests;
