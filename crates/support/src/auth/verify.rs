//! Verifying an access token: a JWT (RFC 7519) as RFC 9068 profiles it, with the care of RFC 8725.

use std::{
    collections::BTreeSet,
    sync::Arc,
    time::{Duration, SystemTime},
};

use base64::{Engine as _, engine::general_purpose::URL_SAFE_NO_PAD};
use serde::{Deserialize, de::IgnoredAny};
use serde_json::{Map, Value};

use super::{
    challenge::Refusal,
    claims::{Claims, date},
    keys::{IssuerKeys, Missing},
    metadata::canonical,
    settings::{Algorithm, ResourceServerSettings, SettingsError},
};

/// Longest token, in bytes.
pub(super) const MAX_TOKEN: usize = 16 * 1024;
/// Longest `kid`, in bytes.
const MAX_KID: usize = 512;

/// What is wrong with a token. Told to the client, so no variant repeats what the token says.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub(super) enum TokenError {
    #[error("the token is longer than {MAX_TOKEN} bytes")]
    TooLong,
    #[error("the token is no JSON Web Token")]
    Malformed,
    #[error("the token has critical header parameters")]
    Critical,
    #[error("the token is signed with an algorithm that is not accepted")]
    Algorithm,
    #[error("the token is of another type than at+jwt")]
    Type,
    #[error("the issuer is not trusted")]
    Issuer,
    #[error("the issuer has no such key")]
    UnknownKey,
    #[error("no single key of the issuer is for this token and its algorithm")]
    UnfitKey,
    #[error("the signature is wrong")]
    Signature,
    #[error("the token is for another audience")]
    Audience,
    #[error("the token has expired")]
    Expired,
    #[error("the token is not valid yet")]
    NotYet,
    #[error("the token was issued in the future")]
    Future,
    #[error("the token lacks a subject or an expiry, or one of its dates is none")]
    Claims,
    #[error("{0}")]
    Refused(String),
    #[error("the token is bound to a key, and has to come with a proof of it")]
    Bound,
    #[error("the token is not bound to the key of the proof")]
    NotBound,
    #[error("tokens have to be bound to a key")]
    BindingRequired,
}

/// A JOSE header. Whatever else stands in it is ignored: `jku`, `jwk`, `x5u` and `x5c` name keys that nobody vouches for.
#[derive(Deserialize)]
pub(super) struct Header {
    pub(super) alg: String,
    pub(super) kid: Option<String>,
    pub(super) typ: Option<String>,
    crit: Option<IgnoredAny>,
    pub(super) jwk: Option<Value>,
}

/// A JWT taken apart, with nothing verified.
pub(super) struct Parts<'a> {
    pub(super) header: Header,
    pub(super) claims: Map<String, Value>,
    message: &'a str,
    signature: &'a str,
}

impl<'a> Parts<'a> {
    pub(super) fn read(token: &'a str) -> Result<Self, TokenError> {
        let (message, signature) = token.rsplit_once('.').ok_or(TokenError::Malformed)?;
        let (header, claims) = message.split_once('.').ok_or(TokenError::Malformed)?;
        let decode = |part: &str| URL_SAFE_NO_PAD.decode(part).map_err(|_| TokenError::Malformed);
        let header: Header = serde_json::from_slice(&decode(header)?).map_err(|_| TokenError::Malformed)?;
        // RFC 7515, section 4.1.11: what is critical and not understood is refused; nothing is understood here.
        if header.crit.is_some() {
            return Err(TokenError::Critical);
        }
        let claims = serde_json::from_slice(&decode(claims)?).map_err(|_| TokenError::Malformed)?;
        Ok(Self { header, claims, message, signature })
    }

    /// The algorithm, if it is one of `allowed`. It never comes from the token alone.
    pub(super) fn algorithm(&self, allowed: &[Algorithm]) -> Result<Algorithm, TokenError> {
        Algorithm::named(&self.header.alg).filter(|named| allowed.contains(named)).ok_or(TokenError::Algorithm)
    }

    pub(super) fn is_signed_by(&self, key: &super::jwk::PublicKey, algorithm: Algorithm) -> bool {
        !self.signature.is_empty() && key.verifies(self.signature, self.message, algorithm)
    }
}

/// Verifies tokens of the trusted issuers.
pub(super) struct Verifier {
    issuers: Vec<(String, Arc<IssuerKeys>)>,
    audiences: BTreeSet<String>,
}

/// A token that has been verified, and with which keys.
#[derive(Clone)]
pub(super) struct Verified {
    pub(super) claims: Arc<Claims>,
    pub(super) effective: Arc<BTreeSet<String>>,
    issuer: usize,
    generation: u64,
}

impl Verifier {
    pub(super) fn new(settings: &ResourceServerSettings) -> Result<Self, SettingsError> {
        let keys = |issuer| IssuerKeys::new(issuer, &settings.keys);
        let issuers: Result<Vec<_>, SettingsError> =
            settings.issuers.iter().map(|issuer| Ok((issuer.issuer.clone(), keys(issuer)?))).collect();
        let mut audiences: BTreeSet<String> = settings.audiences.iter().cloned().collect();
        audiences.insert(canonical(&settings.resource));
        audiences.insert(settings.resource.to_string());
        Ok(Self { issuers: issuers?, audiences })
    }

    pub(super) async fn verify(&self, token: &str, settings: &ResourceServerSettings) -> Result<Verified, Refusal> {
        let parts = Parts::read(token)?;
        let algorithm = parts.algorithm(&settings.algorithms)?;
        check_type(parts.header.typ.as_deref(), settings.require_typ_at_jwt)?;
        let named = parts.claims.get("iss").and_then(Value::as_str).ok_or(TokenError::Issuer)?;
        let issuer = self.issuers.iter().position(|(issuer, _)| issuer == named).ok_or(TokenError::Issuer)?;
        // What can be refused without a key is refused before one is looked for: only the issuer's own can cost a fetch.
        self.check_audience(parts.claims.get("aud"))?;
        check_dates(&parts.claims, settings.leeway)?;
        let kid = parts.header.kid.as_deref();
        if kid.is_some_and(|kid| kid.len() > MAX_KID) {
            return Err(TokenError::Malformed.into());
        }
        let found = self.issuers[issuer].1.find(kid, algorithm).await.map_err(|missing| match missing {
            Missing::Unknown => TokenError::UnknownKey.into(),
            Missing::Unfit => TokenError::UnfitKey.into(),
            Missing::Unavailable => Refusal::Unavailable,
        })?;
        if !parts.is_signed_by(found.key(), algorithm) {
            return Err(TokenError::Signature.into());
        }
        // Time has passed while a key was waited for.
        check_dates(&parts.claims, settings.leeway)?;
        let mut claims = Claims::read(parts.claims).ok_or(TokenError::Claims)?;
        if let Some(check) = &settings.check {
            check(&mut claims).map_err(|reason| {
                tracing::info!(%reason, issuer = claims.issuer, "refused the claims of a token");
                TokenError::Refused(reason)
            })?;
        }
        let effective = Arc::new(settings.scopes.effective(&claims.scopes));
        Ok(Verified { claims: Arc::new(claims), effective, issuer, generation: found.generation })
    }

    /// Whether a token that was verified before would still be.
    pub(super) fn still_holds(&self, verified: &Verified) -> bool {
        self.issuers[verified.issuer].1.are_still(verified.generation)
    }

    fn check_audience(&self, audience: Option<&Value>) -> Result<(), TokenError> {
        let is_ours = |audience: &Value| audience.as_str().is_some_and(|audience| self.audiences.contains(audience));
        let is_for_us = match audience {
            Some(Value::Array(audiences)) => audiences.iter().any(is_ours),
            Some(audience) => is_ours(audience),
            None => false,
        };
        if is_for_us { Ok(()) } else { Err(TokenError::Audience) }
    }
}

/// RFC 8725, section 3.11: a token of another type is no access token, whoever has signed it.
fn check_type(typ: Option<&str>, strict: bool) -> Result<(), TokenError> {
    let typ = typ.map(|typ| typ.to_ascii_lowercase());
    match typ.as_deref() {
        Some("at+jwt" | "application/at+jwt") => Ok(()),
        None | Some("jwt") if !strict => Ok(()),
        _ => Err(TokenError::Type),
    }
}

fn check_dates(claims: &Map<String, Value>, leeway: Duration) -> Result<(), TokenError> {
    let (now, leeway) = (now(), leeway.as_secs_f64());
    let date = |name| date(claims, name).map_err(|()| TokenError::Claims);
    let expires = date("exp")?.ok_or(TokenError::Claims)?;
    if now >= expires + leeway {
        return Err(TokenError::Expired);
    }
    if date("nbf")?.is_some_and(|from| now + leeway < from) {
        return Err(TokenError::NotYet);
    }
    if date("iat")?.is_some_and(|issued| now + leeway < issued) {
        return Err(TokenError::Future);
    }
    Ok(())
}

/// Seconds since 1970.
pub(super) fn now() -> f64 {
    SystemTime::now().duration_since(SystemTime::UNIX_EPOCH).unwrap_or_default().as_secs_f64()
}
