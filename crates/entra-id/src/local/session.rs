//! (1) A token for Graph: silently from the cache, else by a refresh, else only the person can help.

use std::{
    sync::Arc,
    time::{Duration, SystemTime},
};

use mcp_support::clock::Clock;
use reqwest::Client;
use secrecy::{ExposeSecret, SecretString};

use super::{
    cache::{AccessToken, Account, CacheError, Entry, TokenCache},
    id_token::{self, IdTokenError},
};
use crate::{
    capabilities,
    failure::EntraError,
    settings::Directory,
    tokens::{self, Tokens, http_client},
};

/// What is asked for: to know who it is, to refresh, and what the tool needs of Graph. Nothing that a later tool might
/// need: consent is for what is used.
pub(super) const SCOPE: &str = "openid profile offline_access User.Read";
/// An access token this close to its end is not begun with, in seconds.
const SKEW: i64 = 300;
/// One closer than this is not used at all.
const LAST_SECONDS: i64 = 30;

/// The sign-in of the one person whom a server on stdio has: whoever started the process. A clone is the same session.
#[derive(Clone)]
pub struct Session(Arc<Shared>);

struct Shared {
    directory: Directory,
    http: Client,
    cache: TokenCache,
    clock: Clock,
    /// One refresh at a time: those who wait find its outcome in the cache.
    refreshing: tokio::sync::Mutex<()>,
}

/// What the token has to be, besides good.
#[derive(Debug, Clone, Default)]
pub struct Wanted {
    /// Another one than this, which Graph has refused.
    pub but_not: Option<SecretString>,
    /// One that fulfils this challenge.
    pub claims: Option<String>,
}

/// What only the person can mend.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Need {
    /// What the sign-in has to fulfil.
    pub claims: Option<String>,
    /// Which tokens are not enough. Where others are there by now, somebody has signed in meanwhile.
    pub judged: Option<String>,
}

/// Why there is no token.
#[derive(Debug, thiserror::Error)]
pub enum SessionError {
    /// The person has to sign in.
    #[error("a sign-in is needed")]
    NeedsPerson(Need),
    /// Entra does not help.
    #[error(transparent)]
    Entra(#[from] EntraError),
    /// The ID token is not for this sign-in.
    #[error(transparent)]
    IdToken(#[from] IdTokenError),
    /// The cache does not help.
    #[error(transparent)]
    Cache(#[from] CacheError),
}

impl Session {
    /// A session at this directory, with its tokens in this cache.
    ///
    /// # Errors
    /// There is no HTTP client on this platform.
    pub fn new(directory: Directory, cache: TokenCache, clock: Clock) -> anyhow::Result<Self> {
        let base = directory.authority.token().parse()?;
        let http = http_client(&base)?;
        Ok(Self(Arc::new(Shared { directory, http, cache, clock, refreshing: tokio::sync::Mutex::default() })))
    }

    /// The tenant and the app.
    pub(super) fn directory(&self) -> &Directory {
        &self.0.directory
    }

    pub(super) fn http(&self) -> &Client {
        &self.0.http
    }

    /// Where the tokens are, for people.
    pub fn place(&self) -> String {
        self.0.cache.describe()
    }

    /// Who is signed in, with the tokens, if anybody is.
    ///
    /// # Errors
    /// The cache cannot be used.
    pub async fn entry(&self) -> Result<Option<Entry>, CacheError> {
        self.0.cache.load().await
    }

    /// Whether other tokens are there by now than those that were not enough.
    pub(super) async fn has_moved_on(&self, need: &Need) -> Result<bool, CacheError> {
        let entry = self.0.cache.load().await?;
        Ok(entry.is_some_and(|entry| need.judged.as_deref() != Some(entry.revision())))
    }

    /// Whether the access token is good for a while.
    pub fn is_fresh(&self, entry: &Entry) -> bool {
        self.seconds_left(entry) > SKEW
    }

    /// How long the access token is good for.
    pub fn seconds_left(&self, entry: &Entry) -> i64 {
        entry.access.expires_at - self.0.clock.now()
    }

    /// A token for Graph, without asking anybody.
    ///
    /// # Errors
    /// [`SessionError`].
    pub async fn token(&self, wanted: &Wanted) -> Result<SecretString, SessionError> {
        if let Some(token) = self.cached(wanted).await?.1 {
            return Ok(token);
        }
        let _turn = self.0.refreshing.lock().await;
        // Whoever had the turn before, in this process or another, may have left what is wanted.
        let (entry, token) = self.cached(wanted).await?;
        if let Some(token) = token {
            return Ok(token);
        }
        let need = |claims| {
            let judged = entry.as_ref().map(|entry| entry.revision().to_owned());
            SessionError::NeedsPerson(Need { claims, judged })
        };
        let Some((entry, refresh_token)) =
            entry.as_ref().and_then(|entry| Some((entry, entry.refresh_token.as_ref()?)))
        else {
            return Err(need(wanted.claims.clone()));
        };
        match self.refreshed(refresh_token, wanted).await {
            Ok(tokens) => self.renew(entry, tokens).await,
            Err(EntraError::Refused(refused)) if refused.needs_person() => {
                tracing::info!(%refused, correlation_id = refused.correlation_id, "the refresh needs the person");
                // What has to be fulfilled besides does not make the old tokens worthless; everything else does.
                let claims = refused.claims.clone().or_else(|| wanted.claims.clone());
                if refused.error == "invalid_grant" && claims.is_none() {
                    self.0.cache.forget(Some(entry)).await?;
                }
                Err(need(claims))
            }
            // Refreshing begins early, so that a bad minute at Entra is none here.
            Err(EntraError::Busy(_) | EntraError::Unavailable(_)) if self.still_serves(entry, wanted) => {
                tracing::warn!("Entra does not refresh a token; the old one is used to its end");
                Ok(entry.access.token.clone())
            }
            Err(error) => Err(error.into()),
        }
    }

    /// Whether the old token is what is wanted, and good for one more call.
    fn still_serves(&self, entry: &Entry, wanted: &Wanted) -> bool {
        wanted.but_not.is_none() && wanted.claims.is_none() && self.seconds_left(entry) > LAST_SECONDS
    }

    async fn cached(&self, wanted: &Wanted) -> Result<(Option<Entry>, Option<SecretString>), SessionError> {
        let entry = self.0.cache.load().await?;
        let refused = wanted.but_not.as_ref().map(SecretString::expose_secret);
        let fits = |entry: &&Entry| {
            // A challenge came with a token; any other one may fulfil it.
            self.is_fresh(entry) && refused != Some(entry.access.token.expose_secret())
        };
        let token = entry.as_ref().filter(fits).map(|entry| entry.access.token.clone());
        Ok((entry, token))
    }

    async fn refreshed(&self, refresh_token: &SecretString, wanted: &Wanted) -> Result<Tokens, EntraError> {
        let claims = capabilities::claims(wanted.claims.as_deref());
        let form = [
            ("grant_type", "refresh_token"),
            ("client_id", self.0.directory.client_id.as_str()),
            ("scope", SCOPE),
            ("refresh_token", refresh_token.expose_secret()),
            ("claims", &claims),
        ];
        tokens::request(&self.0.http, &self.0.directory.authority.token(), &form).await
    }

    async fn renew(&self, old: &Entry, tokens: Tokens) -> Result<SecretString, SessionError> {
        let token = tokens.access_token.clone();
        // Entra's refresh tokens rotate, and it may leave the old one as it is.
        let refresh_token = tokens.refresh_token.clone().or_else(|| old.refresh_token.clone());
        let entry = Entry::new(old.account.clone(), access(tokens), refresh_token);
        if self.0.cache.renew(old, entry).await? {
            return Ok(token);
        }
        // Another process has signed in or out meanwhile.
        let now = self.0.cache.load().await?.filter(|entry| self.is_fresh(entry));
        now.map(|entry| entry.access.token).ok_or_else(|| SessionError::NeedsPerson(Need::default()))
    }

    /// (4) Keeps the tokens of a sign-in, once they say whose they are.
    pub(super) async fn signed_in(&self, tokens: Tokens, nonce: Option<&str>) -> Result<Account, SessionError> {
        let now = self.0.clock.now();
        let account = id_token::read(tokens.id_token.as_ref(), &self.0.directory, nonce, now)?;
        let refresh_token = tokens.refresh_token.clone();
        self.0.cache.put(Entry::new(account.clone(), access(tokens), refresh_token)).await?;
        tracing::info!(oid = account.object_id, tid = account.tenant_id, "signed in");
        Ok(account)
    }

    /// Forgets the tokens. True if there were any.
    ///
    /// # Errors
    /// The cache cannot be used.
    pub async fn sign_out(&self) -> Result<bool, CacheError> {
        // A refresh in flight would bring tokens back; the cache refuses them, but it would do so in vain.
        let _turn = self.0.refreshing.lock().await;
        self.0.cache.forget(None).await
    }
}

fn access(tokens: Tokens) -> AccessToken {
    let since_1970 = tokens.expires_at.duration_since(SystemTime::UNIX_EPOCH).unwrap_or(Duration::ZERO);
    let expires_at = since_1970.as_secs().cast_signed();
    AccessToken { token: tokens.access_token, expires_at, scopes: tokens.scopes }
}
