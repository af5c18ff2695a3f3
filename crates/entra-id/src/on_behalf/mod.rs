//! On behalf of: the caller's token for this server becomes a token for Graph, in the caller's name. What came in is
//! shown to Entra alone, and never to Graph.
//!
//! Spec(2026-07-28, authorization): a server MUST NOT pass on the token that it received.

mod cache;
mod challenges;
mod flights;
mod limit;

use std::{collections::BTreeSet, path::Path, sync::Arc, time::Duration};

use reqwest::Client;
use secrecy::{ExposeSecret, SecretString};
use sha2::{Digest, Sha256};
use tokio::sync::Semaphore;

use self::{cache::Cache, challenges::Challenges, flights::Flights, limit::Limit};
use crate::{
    authority::Authority,
    capabilities,
    credential::ClientCredential,
    failure::EntraError,
    tokens::{self, Tokens},
};

/// Spec(RFC 7523, and Microsoft's on-behalf-of flow).
const GRANT: &str = "urn:ietf:params:oauth:grant-type:jwt-bearer";
/// Exchanges at a time, of all callers.
const AT_A_TIME: usize = 32;
/// How long one waits for its turn.
const PATIENCE: Duration = Duration::from_secs(10);

/// Whose token is exchanged, and for what.
#[derive(Debug, Clone)]
pub struct Exchange<'a> {
    /// The tenant of the caller: the exchange happens there.
    pub tenant: &'a str,
    /// The object id of the caller within it.
    pub user: &'a str,
    /// The token that the caller has shown.
    pub token: &'a SecretString,
    /// Of Graph, with their resource in front.
    pub scopes: &'a [String],
    /// By which the exchange is found again.
    pub correlation_id: &'a str,
}

/// A token for Graph, and whether it had to be asked for.
#[derive(Debug, Clone)]
pub struct Exchanged {
    /// In the name of the caller.
    pub token: SecretString,
    /// False where one was kept, or where another caller has asked.
    pub is_new: bool,
}

/// The name of a cached token. Two callers share none, and neither do two tokens of one caller: what Conditional Access
/// asked of the second may be missing in the first.
type Key = [u8; 32];

impl Exchange<'_> {
    fn key(&self) -> Key {
        let scopes: BTreeSet<&str> = self.scopes.iter().map(String::as_str).collect();
        let scopes: Vec<&str> = scopes.into_iter().collect();
        let token = Sha256::digest(self.token.expose_secret());
        let mut digest = Sha256::new();
        for part in [self.tenant.as_bytes(), self.user.as_bytes(), scopes.join(" ").as_bytes(), token.as_slice()] {
            // With lengths, so that no two lists of parts read alike.
            digest.update((part.len() as u64).to_be_bytes());
            digest.update(part);
        }
        digest.finalize().into()
    }
}

/// Exchanges tokens. A clone is the same.
#[derive(Clone)]
pub struct OnBehalf(Arc<Inner>);

struct Inner {
    http: Client,
    authority: Authority,
    client_id: String,
    credential: Arc<dyn ClientCredential>,
    cache: Cache,
    flights: Flights,
    challenges: Challenges,
    limit: Limit,
    places: Semaphore,
}

impl OnBehalf {
    /// Exchanges for the app `client_id` at this authority. With a folder, tokens outlast the process there. It blocks.
    ///
    /// # Errors
    /// The folder cannot be used, or there is no HTTP client.
    pub fn new(
        authority: Authority,
        client_id: String,
        credential: Arc<dyn ClientCredential>,
        folder: Option<&Path>,
    ) -> anyhow::Result<Self> {
        let base = authority.token().parse()?;
        Ok(Self(Arc::new(Inner {
            http: tokens::http_client(&base)?,
            authority,
            client_id,
            credential,
            cache: Cache::new(folder)?,
            flights: Flights::default(),
            challenges: Challenges::default(),
            limit: Limit::default(),
            places: Semaphore::new(AT_A_TIME),
        })))
    }

    /// A token for Graph: the one that is kept, or a new one. Callers who need the same one ask for it once.
    ///
    /// # Errors
    /// Entra refuses, perhaps with claims that the caller's next sign-in has to fulfil.
    pub async fn token(&self, exchange: &Exchange<'_>) -> Result<Exchanged, EntraError> {
        let key = exchange.key();
        if let Some(token) = self.0.cache.get(&key).await {
            return Ok(Exchanged { token, is_new: false });
        }
        let (owned, inner) = (Owned::of(exchange), self.0.clone());
        let asking = self.0.flights.join(key, async move {
            // Whoever was here just before may have left it.
            if let Some(token) = inner.cache.get(&key).await {
                return Ok(token);
            }
            inner.exchange(&key, &owned, None).await
        });
        let (is_new, result) = asking.await;
        result.map(|token| Exchanged { token, is_new })
    }

    /// A new token after Graph did not accept the kept one, with the claims that it asked for.
    ///
    /// # Errors
    /// As [`OnBehalf::token`].
    pub async fn renewed(&self, exchange: &Exchange<'_>, claims: Option<&str>) -> Result<SecretString, EntraError> {
        let key = exchange.key();
        self.0.cache.forget(&key).await;
        self.0.exchange(&key, &Owned::of(exchange), claims).await
    }

    /// Remembers that a token is not enough for this: whoever comes with it again is told before anything is asked.
    pub fn remember_challenge(&self, exchange: &Exchange<'_>, claims: &str) {
        self.0.challenges.put(exchange.key(), claims);
    }

    /// The claims that a token is known to lack for this.
    pub fn challenge(&self, exchange: &Exchange<'_>) -> Option<String> {
        self.0.challenges.get(&exchange.key())
    }
}

/// An [`Exchange`] that outlasts its caller: others may be waiting for it.
struct Owned {
    tenant: String,
    token: SecretString,
    scopes: String,
    correlation_id: String,
}

impl Owned {
    fn of(exchange: &Exchange<'_>) -> Self {
        Self {
            tenant: exchange.tenant.to_owned(),
            token: exchange.token.clone(),
            scopes: exchange.scopes.join(" "),
            correlation_id: exchange.correlation_id.to_owned(),
        }
    }
}

impl Inner {
    async fn exchange(&self, key: &Key, exchange: &Owned, claims: Option<&str>) -> Result<SecretString, EntraError> {
        let unavailable = |error: &dyn std::fmt::Display| {
            tracing::error!(%error, "cannot exchange a token");
            EntraError::Unavailable("this server is not set up for it".to_owned())
        };
        let authority = self.authority.of_tenant(&exchange.tenant).map_err(|error| unavailable(&error))?;
        let endpoint = authority.token();
        let proof = self.credential.parameters(&self.client_id, &endpoint).await;
        let proof = proof.map_err(|error| unavailable(&error))?;
        // Without it, Graph would never say that it wants more.
        let claims = capabilities::claims(claims);
        let mut form = vec![
            ("claims", claims.as_str()),
            ("grant_type", GRANT),
            ("client_id", &self.client_id),
            ("assertion", exchange.token.expose_secret()),
            ("scope", &exchange.scopes),
            ("requested_token_use", "on_behalf_of"),
            ("client-request-id", &exchange.correlation_id),
        ];
        form.extend(proof.iter().map(|(name, value)| (*name, value.expose_secret())));
        let place = tokio::time::timeout(PATIENCE, self.places.acquire()).await;
        let _place = place.map_err(|_| EntraError::Busy(PATIENCE.as_secs()))?;
        self.limit.check()?;
        let issued = tokens::request(&self.http, &endpoint, &form).await;
        let Tokens { access_token, expires_at, .. } = issued.inspect_err(|error| self.limit.hear(error))?;
        self.cache.put(key, &access_token, expires_at).await;
        Ok(access_token)
    }
}
