//! Asks a web service of somebody else: one GET, one bounded answer, one deadline.
//!
//! Nothing is tried twice: the error says whether calling again can help, and the caller decides.

mod error;

use std::time::Duration;

use mcp_support::fetch::service::{self, is_safe_base_url, read_at_most, root_cause};
use reqwest::{
    Client, Response, StatusCode,
    header::{AUTHORIZATION, HeaderMap, HeaderValue},
};
use secrecy::{ExposeSecret as _, SecretString};
use serde::de::DeserializeOwned;
use tokio::sync::Semaphore;
use url::Url;

pub use error::UpstreamError;

/// How long connecting may take.
const CONNECT_TIMEOUT: Duration = Duration::from_secs(5);
/// Requests to one service at a time.
const PLACES: usize = 8;
/// Most characters of a service's own words that an error repeats.
const WORDS: usize = 200;

/// What bounds a request and its answer.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Bounds {
    /// From asking for a place in the queue to the last byte of the answer.
    pub(crate) deadline: Duration,
    /// Most bytes of an answer, counted after decompression.
    pub(crate) most_bytes: usize,
}

/// A service with its client.
#[derive(Debug)]
pub(crate) struct Upstream {
    client: Client,
    base_url: Url,
    token: Option<SecretString>,
    bounds: Bounds,
    places: Semaphore,
}

/// An answer, whatever its status.
#[derive(Debug)]
pub(crate) struct Reply {
    pub(crate) status: StatusCode,
    pub(crate) headers: HeaderMap,
    body: Vec<u8>,
}

impl Upstream {
    /// Builds the client. Nothing is sent yet. A blank token is none.
    pub(crate) fn new(
        base_url: &Url,
        mut headers: HeaderMap,
        token: Option<&SecretString>,
        bounds: Bounds,
    ) -> Result<Self, UpstreamError> {
        check(base_url)?;
        let token = token.map(|token| token.expose_secret().trim()).filter(|token| !token.is_empty());
        if let Some(token) = token {
            headers.insert(AUTHORIZATION, bearer(token)?);
        }
        let builder = service::client(base_url)
            .user_agent(concat!(env!("CARGO_PKG_NAME"), "/", env!("CARGO_PKG_VERSION")))
            .default_headers(headers)
            .connect_timeout(CONNECT_TIMEOUT.min(bounds.deadline))
            .timeout(bounds.deadline);
        let client = builder.build().map_err(|error| UpstreamError::Client(root_cause(&error)))?;
        let token = token.map(SecretString::from);
        Ok(Self { client, base_url: base_url.clone(), token, bounds, places: Semaphore::new(PLACES) })
    }

    /// The service's host, to be told beside results and in errors.
    pub(crate) fn host(&self) -> &str {
        self.base_url.host_str().unwrap_or_default()
    }

    /// Gets `path` below the base URL. Each segment and each value of the query is percent-encoded.
    pub(crate) async fn get(&self, path: &[&str], query: &[(&str, &str)]) -> Result<Reply, UpstreamError> {
        let mut url = self.base_url.clone();
        // Only a URL that cannot be a base has no segments, and `check` refuses those.
        if let Ok(mut segments) = url.path_segments_mut() {
            segments.pop_if_empty().extend(path);
        }
        if !query.is_empty() {
            url.query_pairs_mut().extend_pairs(query);
        }
        // The client's own timeout does not cover the wait for a place.
        let reply = tokio::time::timeout(self.bounds.deadline, self.send(url));
        reply.await.unwrap_or_else(|_| Err(self.late()))
    }

    async fn send(&self, url: Url) -> Result<Reply, UpstreamError> {
        // The semaphore is never closed.
        let _place = self.places.acquire().await;
        let mut response = self.client.get(url).send().await.map_err(|error| self.broken(&error))?;
        let (status, headers) = (response.status(), response.headers().clone());
        let body = self.read(&mut response).await;
        // A refusal's status says enough when the rest of it cannot be read.
        let body = if status.is_success() { body? } else { body.unwrap_or_default() };
        Ok(Reply { status, headers, body })
    }

    async fn read(&self, response: &mut Response) -> Result<Vec<u8>, UpstreamError> {
        let most = self.bounds.most_bytes;
        let body = read_at_most(response, most).await.map_err(|error| self.broken(&error))?;
        body.ok_or_else(|| UpstreamError::Long { host: self.host().to_owned(), most })
    }

    /// Reads the answer as JSON.
    pub(crate) fn json<T: DeserializeOwned>(&self, reply: &Reply) -> Result<T, UpstreamError> {
        serde_json::from_slice(&reply.body).map_err(|error| self.unreadable(&error.to_string()))
    }

    /// An answer came, but not one that this path has.
    pub(crate) fn unreadable(&self, reason: &str) -> UpstreamError {
        UpstreamError::Unreadable { host: self.host().to_owned(), reason: self.clean(reason) }
    }

    /// The service could not do it: what every status means that a path gives no meaning of its own.
    pub(crate) fn refused(&self, reply: &Reply) -> UpstreamError {
        let host = self.host().to_owned();
        match reply.status.as_u16() {
            300..=399 => UpstreamError::Redirect { host, status: reply.status.as_u16() },
            429 => UpstreamError::Busy { host, seconds: reply.retry_after() },
            _ => UpstreamError::Status { host, status: reply.status.as_u16(), words: self.words(reply) },
        }
    }

    /// The service's own words about a refusal, in the members that GitHub and Open-Meteo use; may be empty.
    pub(crate) fn words(&self, reply: &Reply) -> String {
        let body: serde_json::Value = serde_json::from_slice(&reply.body).unwrap_or_default();
        let words = ["reason", "message"].iter().find_map(|member| body.get(member)?.as_str());
        self.clean(words.unwrap_or_default())
    }

    fn broken(&self, error: &reqwest::Error) -> UpstreamError {
        let (host, cause) = (self.host().to_owned(), self.clean(&root_cause(error)));
        if error.is_timeout() {
            self.late()
        } else if error.is_connect() {
            UpstreamError::Unreachable { host, cause }
        } else {
            UpstreamError::CutOff { host, cause }
        }
    }

    fn late(&self) -> UpstreamError {
        UpstreamError::Late { host: self.host().to_owned(), deadline: self.bounds.deadline }
    }

    /// One short line without the token. Some services repeat what they were sent.
    pub(crate) fn clean(&self, text: &str) -> String {
        let text = match &self.token {
            Some(token) => text.replace(token.expose_secret(), "[token]"),
            None => text.to_owned(),
        };
        let words = text.split(|c: char| c.is_whitespace() || c.is_control()).filter(|word| !word.is_empty());
        words.collect::<Vec<_>>().join(" ").chars().take(WORDS).collect()
    }
}

impl Reply {
    /// A header that is a number. Others are as good as none.
    pub(crate) fn number(&self, header: &str) -> Option<u64> {
        self.headers.get(header)?.to_str().ok()?.trim().parse().ok()
    }

    /// Seconds until the service wants to be asked again. The other form of the header, a date, is rare.
    pub(crate) fn retry_after(&self) -> Option<u64> {
        self.number("retry-after")
    }
}

/// Refuses a base URL that would send a token in clear, or that holds secrets which errors would show.
fn check(base_url: &Url) -> Result<(), UpstreamError> {
    if is_safe_base_url(base_url) { Ok(()) } else { Err(UpstreamError::BaseUrl) }
}

fn bearer(token: &str) -> Result<HeaderValue, UpstreamError> {
    let is_token = token.bytes().all(|byte| byte.is_ascii_graphic());
    let value = HeaderValue::from_str(&format!("Bearer {token}")).ok().filter(|_| is_token);
    let mut value = value.ok_or(UpstreamError::Token)?;
    value.set_sensitive(true);
    Ok(value)
}

#[cfg(test)]
mod tests;
