//! What a resource server is told: who it is, whom it trusts, and how strict it is.

use std::{sync::Arc, time::Duration};

use http::Extensions;
use serde_json::Value;
use url::Url;

use super::{
    claims::Claims,
    observer::{Event, Observer},
    scopes::ScopePolicy,
};

/// Most clock skew that can be set.
const MAX_LEEWAY: Duration = Duration::from_secs(120);

/// A signature algorithm (RFC 7518, 8037). `none` and the HMAC family are missing: they cannot be configured.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
#[expect(missing_docs, reason = "the names are the standard's")]
pub enum Algorithm {
    Es256,
    Es384,
    Rs256,
    Rs384,
    Rs512,
    Ps256,
    Ps384,
    Ps512,
    EdDsa,
}

impl Algorithm {
    const ALL: [(Self, &str, jsonwebtoken::Algorithm); 9] = [
        (Self::Es256, "ES256", jsonwebtoken::Algorithm::ES256),
        (Self::Es384, "ES384", jsonwebtoken::Algorithm::ES384),
        (Self::Rs256, "RS256", jsonwebtoken::Algorithm::RS256),
        (Self::Rs384, "RS384", jsonwebtoken::Algorithm::RS384),
        (Self::Rs512, "RS512", jsonwebtoken::Algorithm::RS512),
        (Self::Ps256, "PS256", jsonwebtoken::Algorithm::PS256),
        (Self::Ps384, "PS384", jsonwebtoken::Algorithm::PS384),
        (Self::Ps512, "PS512", jsonwebtoken::Algorithm::PS512),
        (Self::EdDsa, "EdDSA", jsonwebtoken::Algorithm::EdDSA),
    ];

    /// The name in a JOSE header, in its only spelling.
    pub fn name(self) -> &'static str {
        Self::ALL.iter().find(|(algorithm, ..)| *algorithm == self).map_or("", |(_, name, _)| name)
    }

    /// The algorithm of this name.
    pub fn named(name: &str) -> Option<Self> {
        Self::ALL.iter().find(|(_, known, _)| *known == name).map(|(algorithm, ..)| *algorithm)
    }

    pub(crate) fn implementation(self) -> jsonwebtoken::Algorithm {
        let found = Self::ALL.iter().find(|(algorithm, ..)| *algorithm == self);
        found.map_or(jsonwebtoken::Algorithm::ES256, |(.., implementation)| *implementation)
    }
}

/// Where an issuer's public keys come from.
#[derive(Debug, Clone)]
pub enum KeySource {
    /// From the metadata of the issuer: RFC 8414, or else OpenID Connect Discovery. A token without `kid` is good only
    /// while a single key of the issuer is for its algorithm.
    Discovered,
    /// From the metadata document at this address. Whoever sets it vouches for it: its `issuer` is not compared, because
    /// one document may stand for several issuers.
    Metadata(Url),
    /// From a JWKS at a fixed address.
    Url(Url),
    /// From a JWKS that never changes.
    Given(Value),
}

/// An authorization server whose tokens are accepted.
#[derive(Debug, Clone)]
pub struct TrustedIssuer {
    /// Its identifier, compared with `iss` character by character.
    pub issuer: String,
    /// Its keys.
    pub keys: KeySource,
}

impl TrustedIssuer {
    /// An issuer that publishes its metadata.
    pub fn discovered(issuer: impl Into<String>) -> Self {
        Self { issuer: issuer.into(), keys: KeySource::Discovered }
    }
}

/// How often keys are fetched, and how long they are good for.
#[derive(Debug, Clone)]
pub struct KeyLimits {
    /// Time for one round: metadata and keys. Default: 5 s.
    pub fetch_time: Duration,
    /// Rounds for one issuer begin at least this far apart, whatever arrives. Default: 5 s.
    pub fetch_interval: Duration,
    /// Keys older than this are fetched again while they are still in use. Default: 10 minutes.
    pub refresh_after: Duration,
    /// Keys that could not be fetched again are used until they are this old. Default: 6 hours.
    pub max_age: Duration,
    /// Requests that may wait for keys of one issuer; one more is answered 503. Default: 64.
    pub waiting: usize,
}

impl Default for KeyLimits {
    fn default() -> Self {
        Self {
            fetch_time: Duration::from_secs(5),
            fetch_interval: Duration::from_secs(5),
            refresh_after: Duration::from_secs(10 * 60),
            max_age: Duration::from_secs(6 * 60 * 60),
            waiting: 64,
        }
    }
}

/// Whether tokens are bound to a key of their client (RFC 9449).
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, clap::ValueEnum)]
pub enum DpopPolicy {
    /// Only bearer tokens.
    #[default]
    Off,
    /// Bearer tokens, and bound ones with a proof.
    Optional,
    /// Only bound tokens with a proof.
    Required,
}

/// Rules for DPoP proofs.
#[derive(Debug, Clone)]
pub struct Dpop {
    /// Default: off.
    pub policy: DpopPolicy,
    /// How old a proof may be. Default: 60 s.
    pub max_age: Duration,
    /// Proofs that are remembered, so that none is good twice. When it is full, requests are answered 503 rather than
    /// accepted unseen. Default: 65 536.
    pub remembered: usize,
    /// Whether proofs have to hold a nonce of this server. Default: false.
    pub nonce: bool,
}

impl Default for Dpop {
    fn default() -> Self {
        Self { policy: DpopPolicy::Off, max_age: Duration::from_secs(60), remembered: 65_536, nonce: false }
    }
}

/// What an issuer's tokens need besides; see [`ResourceServerSettings::with_check`].
type Check = dyn Fn(&mut Claims) -> Result<(), String> + Send + Sync;

/// The settings of a [`ResourceServer`](super::ResourceServer).
#[derive(Clone)]
pub struct ResourceServerSettings {
    /// The canonical URI of this server, as its clients reach it: `https://mcp.example.com/mcp`.
    pub resource: Url,
    /// Whose tokens are accepted.
    pub issuers: Vec<TrustedIssuer>,
    /// What the metadata calls authorization servers, where these are not the issuers. Default: empty, the issuers.
    pub authorization_servers: Vec<String>,
    /// What `aud` may be besides [`resource`](Self::resource). Default: empty.
    pub audiences: Vec<String>,
    /// Default: ES256, RS256, PS256.
    pub algorithms: Vec<Algorithm>,
    /// The scopes that the metadata names: the fewest that are of use. Default: empty, and then it names none.
    pub scopes_supported: Vec<String>,
    /// The scopes that operations need.
    pub scopes: ScopePolicy,
    /// What clients have to put before a scope when they ask for it, and what tokens leave out. Default: nothing.
    pub scope_prefix: String,
    /// Clock skew that is forgiven. Default: 30 s; at most 120 s.
    pub leeway: Duration,
    /// Whether `typ` has to be `at+jwt` (RFC 9068). Default: true. Without it `JWT`, or no `typ`, is accepted too, and
    /// it is up to [`with_check`](Self::with_check) to tell access tokens from ID tokens.
    pub require_typ_at_jwt: bool,
    /// Default: off.
    pub dpop: Dpop,
    /// How keys are fetched.
    pub keys: KeyLimits,
    /// Whether [`token`](super::token) gives a tool the token itself, which it needs only to exchange it for another
    /// (RFC 8693, on-behalf-of). Default: false.
    pub keep_token: bool,
    pub(super) check: Option<Arc<Check>>,
    pub(super) observer: Option<Arc<Observer>>,
}

impl ResourceServerSettings {
    /// Settings with every default.
    pub fn new(resource: Url, issuers: Vec<TrustedIssuer>) -> Self {
        Self {
            resource,
            issuers,
            authorization_servers: Vec::new(),
            audiences: Vec::new(),
            algorithms: vec![Algorithm::Es256, Algorithm::Rs256, Algorithm::Ps256],
            scopes_supported: Vec::new(),
            scopes: ScopePolicy::default(),
            scope_prefix: String::new(),
            leeway: Duration::from_secs(30),
            require_typ_at_jwt: true,
            dpop: Dpop::default(),
            keys: KeyLimits::default(),
            keep_token: false,
            check: None,
            observer: None,
        }
    }

    /// Adds a check of claims, after all others. It may change [`Claims::scopes`], for example to add roles. Its error is
    /// shown to the client, so it must not repeat the token.
    #[must_use]
    pub fn with_check(mut self, check: impl Fn(&mut Claims) -> Result<(), String> + Send + Sync + 'static) -> Self {
        self.check = Some(Arc::new(check));
        self
    }

    /// Tells `observer` of every decision, with the extensions of the request: for an audit log. It must not block.
    #[must_use]
    pub fn with_observer(mut self, observer: impl Fn(&Extensions, Event<'_>) + Send + Sync + 'static) -> Self {
        self.observer = Some(Arc::new(observer));
        self
    }

    pub(super) fn tell(&self, request: &Extensions, event: Event<'_>) {
        if let Some(observer) = &self.observer {
            observer(request, event);
        }
    }

    pub(super) fn validate(&self) -> Result<(), SettingsError> {
        if !crate::fetch::service::is_safe_base_url(&self.resource) {
            return Err(SettingsError::Resource(self.resource.to_string()));
        }
        if self.issuers.is_empty() {
            return Err(SettingsError::NoIssuer);
        }
        if let Some(issuer) = self.issuers.iter().find(|issuer| !is_issuer(&issuer.issuer)) {
            return Err(SettingsError::Issuer(issuer.issuer.clone()));
        }
        if self.algorithms.is_empty() {
            return Err(SettingsError::NoAlgorithm);
        }
        if self.leeway > MAX_LEEWAY {
            return Err(SettingsError::Leeway(self.leeway.as_secs()));
        }
        Ok(())
    }
}

fn is_issuer(issuer: &str) -> bool {
    !issuer.contains(char::is_whitespace)
        && Url::parse(issuer).is_ok_and(|url| crate::fetch::service::is_safe_base_url(&url))
}

/// Settings that cannot be used.
#[derive(Debug, thiserror::Error)]
pub enum SettingsError {
    /// The resource is neither https nor on this machine, or has a query or a fragment.
    #[error("the resource {0} is no https URL (http is for loopback), or has a query or fragment")]
    Resource(String),
    /// Nobody is trusted.
    #[error("no issuer is trusted")]
    NoIssuer,
    /// The issuer is neither https nor on this machine, or has a query or a fragment.
    #[error("the issuer {0} is no https URL (http is for loopback), or has a query or fragment")]
    Issuer(String),
    /// The address of the keys is neither https nor on this machine.
    #[error("the keys of {0} are at no https URL (http is for a loopback issuer)")]
    Keys(String),
    /// Keys were given, and none of them can verify a token.
    #[error("no key of {0} can be used")]
    NoKey(String),
    /// No algorithm is allowed.
    #[error("no algorithm is allowed")]
    NoAlgorithm,
    /// More skew than is sound.
    #[error("a leeway of {0} s is more than 120 s")]
    Leeway(u64),
    /// There is no HTTP client on this platform.
    #[error("there is no HTTP client: {0}")]
    Client(#[from] reqwest::Error),
}
