//! An OAuth 2.1 resource server: it lets in only who holds an access token that was issued for this server, tells
//! everyone else where to get one, and tells tools who is calling.
//!
//! ```no_run
//! # use mcp_support::{auth::{ResourceServer, ResourceServerSettings, ScopePolicy, TrustedIssuer}};
//! # fn main() -> anyhow::Result<()> {
//! let mut settings = ResourceServerSettings::new(
//!     "https://mcp.example.com/mcp".parse()?,
//!     vec![TrustedIssuer::discovered("https://login.example.com")],
//! );
//! settings.scopes_supported = vec!["notes.read".into()];
//! settings.scopes = ScopePolicy::new()
//!     .every_request(["notes.read"])
//!     .tool("delete_note", ["notes.admin"])
//!     .implies("notes.admin", ["notes.read"]);
//! let auth = ResourceServer::new(settings)?;
//! // Server::new(handler, policy, limits).with_auth(auth)
//! # Ok(())
//! # }
//! ```
//!
//! What becomes of a request to `/mcp`, after `Host` and `Origin`:
//!
//! 1. The token is taken from the one `Authorization` header; anywhere else it is refused (400).
//! 2. A token that is known to be good is only looked up; any other is verified: algorithm, type, issuer, audience and
//!    dates first, then the signature with a key of the issuer, then what the settings ask for besides. Keys are
//!    fetched when they are needed, and never more often than the limit, whatever arrives.
//! 3. A token that is bound to a key needs a proof of it (DPoP).
//! 4. The body is read, and the scopes of the operation in it are compared with those of the token. What is missing is
//!    named in one challenge (403), in both revisions alike. The wrapper around the handler compares once more, with
//!    what the SDK has understood: two parsers that disagree about a body let nothing through.
//! 5. Whoever stands around the resource server may look further before the answer begins, and ask for more claims
//!    ([`Access::prepare`], [`ResourceServer::claims_challenge`]). An observer hears of every decision.
//!
//! Spec(2026-07-28 and 2025-11-25, authorization), RFC 6750, 8707, 8725, 9068, 9449, 9728.

mod cache;
mod challenge;
mod claims;
mod digest;
mod dpop;
mod jwk;
mod keys;
mod metadata;
mod observer;
mod presented;
mod scopes;
mod settings;
mod verify;

use std::{
    collections::BTreeSet,
    sync::Arc,
    time::{Duration, SystemTime},
};

use axum::response::Response;
use futures::{FutureExt, future::BoxFuture};
use http::{Extensions, header, request::Parts};
use secrecy::SecretString;

use self::{
    cache::VerifiedTokens,
    challenge::{Refusal, Scheme},
    claims::Caller,
    presented::{Presented, presented},
    verify::{TokenError, Verified, Verifier},
};
pub use self::{
    claims::{Claims, claims, claims_in, has_scope, may_call, token, token_in, visible_tools},
    dpop::{Expected, ProofError, ProofVerifier},
    observer::Event,
    scopes::ScopePolicy,
    settings::{
        Algorithm, Dpop, DpopPolicy, KeyLimits, KeySource, ResourceServerSettings, SettingsError, TrustedIssuer,
    },
};
use crate::serve::{Access, Granted, Operation, Principal, Until};

/// A token that lives longer is looked at again after this long.
const FAR: Duration = Duration::from_secs(24 * 60 * 60);

/// Lets in who holds a token for this server; for [`Server::with_auth`](crate::serve::Server::with_auth). A clone is the
/// same server.
#[derive(Clone)]
pub struct ResourceServer(Arc<Inner>);

struct Inner {
    settings: ResourceServerSettings,
    verifier: Verifier,
    cache: VerifiedTokens,
    proofs: ProofVerifier,
    /// Where the metadata is.
    metadata: String,
    /// The scopes that a client without a token is told to ask for.
    initial: Vec<String>,
}

impl ResourceServer {
    /// A server with these settings.
    ///
    /// # Errors
    /// See [`SettingsError`].
    pub fn new(settings: ResourceServerSettings) -> Result<Self, SettingsError> {
        settings.validate()?;
        let every = settings.scopes.required(Operation::NONE);
        let initial = if every.is_empty() {
            settings.scopes_supported.clone()
        } else {
            every.into_iter().map(str::to_owned).collect()
        };
        Ok(Self(Arc::new(Inner {
            verifier: Verifier::new(&settings)?,
            cache: VerifiedTokens::default(),
            proofs: ProofVerifier::of_resource(&settings),
            metadata: metadata::address(&settings.resource),
            initial,
            settings,
        })))
    }

    /// Where clients find this server's metadata.
    pub fn metadata_url(&self) -> &str {
        &self.0.metadata
    }

    /// The answer to a caller whose token is good, but has to fulfil more, as Conditional Access asks for: 401
    /// `insufficient_claims` with these claims (JSON) in base64, which the client sends along when it signs in again.
    /// Spec(Microsoft identity platform, claims challenges).
    pub fn claims_challenge(&self, request: &Extensions, claims: &str) -> Box<Response> {
        let used = request.get::<Caller>().map(|caller| caller.scheme);
        self.0.refuse(&Refusal::Claims(claims.to_owned()), used)
    }
}

impl Inner {
    fn allows(&self, effective: &BTreeSet<String>, operation: Operation<'_>) -> bool {
        self.settings.scopes.required(operation).into_iter().all(|scope| effective.contains(scope))
    }

    async fn admit(self: Arc<Self>, parts: &mut Parts) -> Result<(), Refusal> {
        let Presented { scheme, token } = presented(parts)?;
        let caller = self.clone().caller(parts, scheme, token).await?;
        parts.extensions.insert(Principal(caller.claims.principal()));
        parts.extensions.insert(Granted(caller.effective.iter().fold(String::new(), |all, scope| all + scope + "\n")));
        let left = caller.claims.expires_at.duration_since(SystemTime::now()).unwrap_or_default();
        parts.extensions.insert(Until(tokio::time::Instant::now() + left.min(FAR) + self.settings.leeway));
        parts.extensions.insert(caller);
        // Spec(2026-07-28, authorization): no tool passes the token on by accident.
        parts.headers.remove(header::AUTHORIZATION);
        Ok(())
    }

    async fn caller(self: Arc<Self>, parts: &Parts, scheme: Scheme, token: &str) -> Result<Caller, Refusal> {
        let policy = self.settings.dpop.policy;
        if scheme == Scheme::Dpop && policy == DpopPolicy::Off {
            return Err(Refusal::NoToken);
        }
        let verified = self.verified(token).await?;
        match (scheme, verified.claims.bound_to().map_err(|()| TokenError::Claims)?) {
            (Scheme::Bearer, None) if policy == DpopPolicy::Required => return Err(TokenError::BindingRequired.into()),
            (Scheme::Bearer, None) => {}
            // Section 7.2: a bound token is no bearer token.
            (Scheme::Bearer, Some(_)) => return Err(TokenError::Bound.into()),
            (Scheme::Dpop, None) => return Err(TokenError::NotBound.into()),
            (Scheme::Dpop, Some(key)) => {
                let expected = Expected { token: Some(token), key: Some(key) };
                self.proofs.verify(&parts.method, &parts.headers, expected)?;
            }
        }
        let kept = self.settings.keep_token.then(|| Arc::new(SecretString::from(token)));
        Ok(Caller { claims: verified.claims, effective: verified.effective, token: kept, scheme, server: self })
    }

    async fn verified(&self, token: &str) -> Result<Verified, Refusal> {
        if token.len() > verify::MAX_TOKEN {
            return Err(TokenError::TooLong.into());
        }
        let digest = digest::sha256(token);
        if let Some(verified) = self.cache.get(&digest) {
            if self.verifier.still_holds(&verified) {
                return Ok(verified);
            }
            self.cache.forget(&digest);
        }
        let verified = self.verifier.verify(token, &self.settings).await?;
        self.cache.put(digest, verified.clone());
        Ok(verified)
    }

    fn refuse(&self, refusal: &Refusal, used: Option<Scheme>) -> Box<Response> {
        tracing::debug!(%refusal, "refused a request");
        refusal.answer(&self.settings, &self.metadata, &self.initial, used)
    }
}

impl Access for ResourceServer {
    fn admit<'a>(&'a self, request: &'a mut Parts) -> BoxFuture<'a, Result<(), Box<Response>>> {
        async move {
            let used = presented::scheme(&request.headers);
            let Err(refusal) = self.0.clone().admit(request).await else { return Ok(()) };
            let (error, reason) = (refusal.code().unwrap_or_default(), refusal.to_string());
            self.0.settings.tell(&request.extensions, Event::Refused { error, reason: &reason });
            Err(self.0.refuse(&refusal, used))
        }
        .boxed()
    }

    fn permit(&self, extensions: &Extensions, operation: Operation<'_>) -> Result<(), Box<Response>> {
        let Some(caller) = extensions.get::<Caller>() else { return Err(self.0.refuse(&Refusal::NoToken, None)) };
        if self.0.allows(&caller.effective, operation) {
            return Ok(());
        }
        // Spec(2026-07-28, authorization): all scopes that the operation needs, in a single challenge.
        let required = self.0.settings.scopes.required(operation).into_iter().map(str::to_owned).collect();
        tracing::info!(method = operation.method, name = operation.name, "a token lacks a scope");
        self.0.settings.tell(extensions, Event::Denied(&caller.claims, operation));
        Err(self.0.refuse(&Refusal::Scope(required), Some(caller.scheme)))
    }

    fn prepare<'a>(
        &'a self,
        request: &'a mut Parts,
        operation: Operation<'a>,
    ) -> BoxFuture<'a, Result<(), Box<Response>>> {
        if let Some(caller) = request.extensions.get::<Caller>() {
            self.0.settings.tell(&request.extensions, Event::Permitted(&caller.claims, operation));
        }
        Box::pin(std::future::ready(Ok(())))
    }

    fn routes(&self) -> axum::Router {
        metadata::routes(&self.0.settings)
    }
}
