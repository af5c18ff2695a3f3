//! Proofs that a request comes from the holder of the key that its token is bound to (RFC 9449).

mod nonce;
mod replay;

use http::{HeaderMap, Method};
use serde_json::Value;
use url::Url;

use self::{nonce::Nonces, replay::Seen};
use super::{
    challenge::Refusal,
    claims::date,
    digest::sha256_base64,
    jwk::PublicKey,
    settings::ResourceServerSettings,
    verify::{Parts, TokenError, now},
};

/// Longest proof, in bytes: an RSA key of 8192 bits and its signature fit.
const MAX_PROOF: usize = 8 * 1024;
/// Longest `jti`, in bytes.
const MAX_JTI: usize = 512;

/// What is wrong with a proof.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub(super) enum ProofError {
    #[error("the request needs exactly one DPoP header")]
    Header,
    #[error("the proof is no JSON Web Token, or is too long")]
    Malformed,
    #[error("the proof is of another type than dpop+jwt")]
    Type,
    #[error("the proof is signed with an algorithm that is not accepted")]
    Algorithm,
    #[error("the proof holds no public key for its algorithm")]
    Key,
    #[error("the signature of the proof is wrong")]
    Signature,
    #[error("the proof is for another method")]
    Method,
    #[error("the proof is for another URL")]
    Url,
    #[error("the proof is too old, or from the future")]
    Time,
    #[error("the proof is for another token")]
    Token,
    #[error("the proof has no identifier")]
    NoIdentifier,
    #[error("the proof has been used before")]
    Replayed,
}

/// Verifies proofs for one resource.
pub(super) struct Proofs {
    endpoints: Vec<Url>,
    seen: Seen,
    nonces: Option<Nonces>,
}

impl Proofs {
    pub(super) fn new(settings: &ResourceServerSettings) -> Self {
        // A server may call itself by its origin, and still has its endpoint at /mcp.
        let mut endpoints = vec![settings.resource.clone()];
        if settings.resource.path() == "/" {
            endpoints.extend(settings.resource.join("/mcp"));
        }
        let seen = Seen::new(settings.dpop.remembered);
        Self { endpoints, seen, nonces: settings.dpop.nonce.then(Nonces::default) }
    }

    /// Verifies the proof that came with a token. `bound_to` is the thumbprint in the token.
    /// Spec(RFC 9449, section 4.3): the checks in its order.
    pub(super) fn verify(
        &self,
        method: &Method,
        headers: &HeaderMap,
        token: &str,
        bound_to: &str,
        settings: &ResourceServerSettings,
    ) -> Result<(), Refusal> {
        let mut proofs = headers.get_all("dpop").iter();
        let (Some(proof), None) = (proofs.next(), proofs.next()) else { return Err(ProofError::Header.into()) };
        let proof = proof.to_str().ok().filter(|proof| proof.len() <= MAX_PROOF).ok_or(ProofError::Malformed)?;
        let parts = Parts::read(proof).map_err(|_| ProofError::Malformed)?;
        let claim = |name: &str| parts.claims.get(name).and_then(Value::as_str);
        if !parts.header.typ.as_deref().is_some_and(|typ| typ.eq_ignore_ascii_case("dpop+jwt")) {
            return Err(ProofError::Type.into());
        }
        let algorithm = parts.algorithm(&settings.algorithms).map_err(|_| ProofError::Algorithm)?;
        let key = parts.header.jwk.as_ref().and_then(PublicKey::read);
        let key = key.filter(|key| !key.is_private() && key.is_for(algorithm)).ok_or(ProofError::Key)?;
        if !parts.is_signed_by(&key, algorithm) {
            return Err(ProofError::Signature.into());
        }
        if claim("htm") != Some(method.as_str()) {
            return Err(ProofError::Method.into());
        }
        if !claim("htu").and_then(|url| Url::parse(url).ok()).is_some_and(|url| self.is_ours(url)) {
            return Err(ProofError::Url.into());
        }
        if let Some(nonces) = &self.nonces
            && !claim("nonce").is_some_and(|nonce| nonces.accepts(nonce))
        {
            return Err(Refusal::Nonce(nonces.current()));
        }
        let issued = date(&parts.claims, "iat").ok().flatten().ok_or(ProofError::Time)?;
        let (oldest, leeway) = (settings.dpop.max_age.as_secs_f64(), settings.leeway.as_secs_f64());
        let age = now() - issued;
        if age > oldest + leeway || age < -leeway {
            return Err(ProofError::Time.into());
        }
        if claim("ath") != Some(sha256_base64(token).as_str()) {
            return Err(ProofError::Token.into());
        }
        let thumbprint = key.thumbprint();
        if thumbprint != bound_to {
            return Err(TokenError::NotBound.into());
        }
        let jti = claim("jti").filter(|jti| (1..=MAX_JTI).contains(&jti.len())).ok_or(ProofError::NoIdentifier)?;
        // Last, so that only whoever holds the key and the token can fill the memory.
        self.seen.first_time(&thumbprint, jti, issued + oldest + leeway)
    }

    /// Section 4.3, number 9: without query and fragment, after normalization, which the parser has done.
    fn is_ours(&self, mut url: Url) -> bool {
        url.set_query(None);
        url.set_fragment(None);
        self.endpoints.contains(&url)
    }
}
