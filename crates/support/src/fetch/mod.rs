//! HTTP GET that cannot be led to a private address (server-side request forgery, OWASP A10:2021).
//!
//! The host of a URL is resolved once, every address is checked, and the connection goes to exactly the addresses that
//! passed: a name that answers differently the second time (DNS rebinding) gains nothing. Each redirect is a new URL
//! that goes through the same checks. Size, time and content type are limited while the body streams in.

mod address;
pub mod service;

use std::{net::SocketAddr, time::Duration};

use bytes::Bytes;
use futures::{Stream, StreamExt};
use reqwest::{
    Client, Response,
    header::{CONTENT_TYPE, LOCATION},
    redirect,
};
use tokio::time::{Instant, timeout_at};
use url::{Host, Url};

pub use self::address::is_public;

/// What may be fetched, and how much of it.
#[derive(Debug, Clone)]
pub struct Policy {
    /// Largest body, in bytes. Default: 10 MiB.
    pub max_bytes: u64,
    /// Time for everything, redirects included. Default: 20 s.
    pub time: Duration,
    /// Redirects that are followed. Default: 5.
    pub max_redirects: usize,
    /// Content types that are accepted, by prefix, such as `image/`. Empty: any.
    pub content_types: Vec<String>,
    /// Hosts (`host` or `host:port`) that may be fetched although their address is private, and over plain `http:`.
    /// For tests, and for an operator who knows why. Default: none.
    pub allowed_hosts: Vec<String>,
}

impl Default for Policy {
    fn default() -> Self {
        Self {
            max_bytes: 10 * 1024 * 1024,
            time: Duration::from_secs(20),
            max_redirects: 5,
            content_types: Vec::new(),
            allowed_hosts: Vec::new(),
        }
    }
}

/// Why nothing was fetched. No variant tells what an inner address answered.
#[derive(Debug, thiserror::Error)]
pub enum FetchError {
    /// The text is no URL.
    #[error("'{0}' is no URL")]
    Malformed(String),
    /// Neither `https:` nor an allowed host over `http:`.
    #[error("only https: URLs are fetched, not {0}:")]
    Scheme(String),
    /// The URL names a user.
    #[error("URLs with a user name or password are not fetched")]
    Credentials,
    /// The host is, or resolves to, an address that is not public.
    #[error("{0} is not a public host")]
    Private(String),
    /// The name does not resolve, or nothing answers there.
    #[error("{0} cannot be reached")]
    Unreachable(String),
    /// More redirects than allowed, or one that leads nowhere.
    #[error("too many redirects, or a redirect without a target")]
    Redirects,
    /// The server answered with another status than 200.
    #[error("the server answered {0}")]
    Status(u16),
    /// The body has a content type that is not accepted.
    #[error("the content type is {found}, and not one of {allowed}")]
    ContentType {
        /// What the server says it is.
        found: String,
        /// What is accepted.
        allowed: String,
    },
    /// The body is larger than allowed.
    #[error("the body is larger than the {0} bytes allowed")]
    TooLarge(u64),
    /// It took too long.
    #[error("the answer took longer than {} s", .0.as_secs())]
    TooSlow(Duration),
    /// The body broke off.
    #[error("the body broke off")]
    BrokeOff,
}

/// A body that has been fetched.
#[derive(Debug, Clone)]
pub struct Fetched {
    /// Where it came from, after redirects.
    pub url: Url,
    /// Its content type without parameters, in lower case; empty when the server named none.
    pub content_type: String,
    /// The body.
    pub bytes: Bytes,
}

/// Fetches within a policy.
#[derive(Debug, Clone, Default)]
pub struct Fetcher {
    policy: Policy,
}

impl Fetcher {
    /// A fetcher that keeps to `policy`.
    pub fn new(policy: Policy) -> Self {
        Self { policy }
    }

    /// The same fetcher with other limits of size and content type.
    #[must_use]
    pub fn for_content(&self, max_bytes: u64, content_types: &[&str]) -> Self {
        let content_types = content_types.iter().map(|&kind| kind.to_owned()).collect();
        Self { policy: Policy { max_bytes, content_types, ..self.policy.clone() } }
    }

    /// Fetches the whole body.
    ///
    /// # Errors
    /// See [`FetchError`].
    pub async fn get(&self, url: &str) -> Result<Fetched, FetchError> {
        let (url, content_type, body) = self.stream(url).await?;
        let mut body = std::pin::pin!(body);
        let mut bytes = Vec::new();
        while let Some(chunk) = body.next().await {
            bytes.extend_from_slice(&chunk?);
        }
        Ok(Fetched { url, content_type, bytes: bytes.into() })
    }

    /// Fetches the head, and returns the final URL, the content type, and the body as a stream that keeps to the limits.
    ///
    /// # Errors
    /// See [`FetchError`].
    pub async fn stream(
        &self,
        url: &str,
    ) -> Result<(Url, String, impl Stream<Item = Result<Bytes, FetchError>> + use<>), FetchError> {
        let deadline = Instant::now() + self.policy.time;
        let too_slow = FetchError::TooSlow(self.policy.time);
        let (url, response) = timeout_at(deadline, self.follow(url)).await.map_err(|_| too_slow)??;
        let content_type = content_type(&response);
        let allowed = &self.policy.content_types;
        if !allowed.is_empty() && !allowed.iter().any(|prefix| content_type.starts_with(prefix.as_str())) {
            return Err(FetchError::ContentType { found: content_type, allowed: allowed.join(", ") });
        }
        if response.content_length().is_some_and(|length| length > self.policy.max_bytes) {
            return Err(FetchError::TooLarge(self.policy.max_bytes));
        }
        Ok((url, content_type, limited(response, self.policy.max_bytes, deadline, self.policy.time)))
    }

    async fn follow(&self, url: &str) -> Result<(Url, Response), FetchError> {
        let mut url = Url::parse(url).map_err(|_| FetchError::Malformed(url.chars().take(200).collect()))?;
        for _ in 0..=self.policy.max_redirects {
            let response = self.request(&url).await?;
            let status = response.status();
            if status.is_success() {
                return Ok((url, response));
            }
            if !status.is_redirection() {
                return Err(FetchError::Status(status.as_u16()));
            }
            let target = response.headers().get(LOCATION).and_then(|target| target.to_str().ok());
            url = target.and_then(|target| url.join(target).ok()).ok_or(FetchError::Redirects)?;
        }
        Err(FetchError::Redirects)
    }

    /// One request to the addresses that were checked, and to no others.
    async fn request(&self, url: &Url) -> Result<Response, FetchError> {
        let (host, addresses) = self.resolve(url).await?;
        let client = Client::builder()
            .redirect(redirect::Policy::none())
            // A proxy would resolve the name again, out of our sight.
            .no_proxy()
            .resolve_to_addrs(&host, &addresses)
            .user_agent(concat!("mcp-samples/", env!("CARGO_PKG_VERSION")))
            .build()
            .map_err(|_| FetchError::Unreachable(host.clone()))?;
        client.get(url.clone()).send().await.map_err(|error| {
            tracing::debug!(%error, "cannot fetch");
            FetchError::Unreachable(host)
        })
    }

    async fn resolve(&self, url: &Url) -> Result<(String, Vec<SocketAddr>), FetchError> {
        let host = url.host().ok_or_else(|| FetchError::Scheme(url.scheme().chars().take(40).collect()))?;
        // Shown in errors, so not longer than a name can be (RFC 1035).
        let name: String = host.to_string().chars().take(255).collect();
        let port = url.port_or_known_default().unwrap_or(443);
        let allowed = self.policy.allowed_hosts.iter().any(|allowed| {
            allowed.eq_ignore_ascii_case(&name) || allowed.eq_ignore_ascii_case(&format!("{name}:{port}"))
        });
        match url.scheme() {
            "https" => {}
            "http" if allowed => {}
            other => return Err(FetchError::Scheme(other.chars().take(40).collect())),
        }
        if !url.username().is_empty() || url.password().is_some() {
            return Err(FetchError::Credentials);
        }
        let addresses: Vec<SocketAddr> = match host {
            Host::Ipv4(ip) => vec![(ip, port).into()],
            Host::Ipv6(ip) => vec![(ip, port).into()],
            Host::Domain(domain) => tokio::net::lookup_host((domain, port))
                .await
                .map_err(|_| FetchError::Unreachable(name.clone()))?
                .collect(),
        };
        if addresses.is_empty() {
            return Err(FetchError::Unreachable(name));
        }
        // One private address among public ones is enough to refuse: it is there for a reason.
        if !allowed && !addresses.iter().all(|address| is_public(address.ip())) {
            return Err(FetchError::Private(name));
        }
        Ok((name, addresses))
    }
}

fn content_type(response: &Response) -> String {
    let value = response.headers().get(CONTENT_TYPE).and_then(|value| value.to_str().ok()).unwrap_or_default();
    value.split(';').next().unwrap_or_default().trim().chars().take(100).collect::<String>().to_ascii_lowercase()
}

fn limited(
    response: Response,
    max_bytes: u64,
    deadline: Instant,
    time: Duration,
) -> impl Stream<Item = Result<Bytes, FetchError>> {
    futures::stream::try_unfold((response, 0_u64), move |(mut response, received)| async move {
        let chunk = timeout_at(deadline, response.chunk())
            .await
            .map_err(|_| FetchError::TooSlow(time))?
            .map_err(|_| FetchError::BrokeOff)?;
        let Some(chunk) = chunk else { return Ok(None) };
        let received = received + chunk.len() as u64;
        // Counted after decompression, so that a small body cannot become a large one.
        if received > max_bytes {
            return Err(FetchError::TooLarge(max_bytes));
        }
        Ok(Some((chunk, (response, received))))
    })
}

#[cfg(test)]
mod tests;
