//! Proofs that a request comes from the holder of a key (RFC 9449): the key that its token is bound to, at a resource
//! server; the key that a new token will be bound to, at a token endpoint. One check for both.

mod nonce;
mod replay;

use std::time::Duration;

use http::{HeaderMap, Method};
use serde_json::Value;
use url::Url;

use self::{nonce::Nonces, replay::Seen};
use super::{
    claims::date,
    digest::sha256_base64,
    jwk::PublicKey,
    settings::{Algorithm, Dpop, ResourceServerSettings},
    verify::{Parts, now},
};

/// Longest proof, in bytes: an RSA key of 8192 bits and its signature fit.
const MAX_PROOF: usize = 8 * 1024;
/// Longest `jti`, in bytes.
const MAX_JTI: usize = 512;

/// Why a proof is not accepted. The texts are for developers, and repeat nothing of the proof.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[expect(missing_docs, reason = "each says in its text what it is")]
pub enum ProofError {
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
    /// With the nonce that the next proof has to hold: `use_dpop_nonce`.
    #[error("the proof has to hold the nonce of this server")]
    Nonce(String),
    #[error("the proof is too old, or from the future")]
    Time,
    #[error("the proof is for another token")]
    Token,
    /// Not the one of [`Expected::key`].
    #[error("the proof is of another key")]
    OtherKey,
    #[error("the proof has no identifier")]
    NoIdentifier,
    #[error("the proof has been used before")]
    Replayed,
    /// Our side: nothing is accepted that could not be remembered.
    #[error("too many proofs are remembered")]
    Full,
}

/// What a proof has to fit besides its request.
#[derive(Debug, Clone, Copy, Default)]
pub struct Expected<'a> {
    /// The access token that came with it (`ath`). None at a token endpoint, where there is none yet.
    pub token: Option<&'a str>,
    /// The thumbprint of its key (RFC 7638), where one is known.
    pub key: Option<&'a str>,
}

/// Verifies proofs for the endpoints of one server, and remembers them, so that none is good twice.
pub struct ProofVerifier {
    endpoints: Vec<Url>,
    algorithms: Vec<Algorithm>,
    leeway: Duration,
    max_age: Duration,
    seen: Seen,
    nonces: Option<Nonces>,
}

impl ProofVerifier {
    /// A verifier for requests to these URLs. Of `rules`, the policy is the caller's business.
    pub fn new(endpoints: Vec<Url>, algorithms: Vec<Algorithm>, leeway: Duration, rules: &Dpop) -> Self {
        let (seen, nonces) = (Seen::new(rules.remembered), rules.nonce.then(Nonces::default));
        Self { endpoints, algorithms, leeway, max_age: rules.max_age, seen, nonces }
    }

    pub(super) fn of_resource(settings: &ResourceServerSettings) -> Self {
        // A server may call itself by its origin, and still has its endpoint at /mcp.
        let mut endpoints = vec![settings.resource.clone()];
        if settings.resource.path() == "/" {
            endpoints.extend(settings.resource.join("/mcp"));
        }
        Self::new(endpoints, settings.algorithms.clone(), settings.leeway, &settings.dpop)
    }

    /// The algorithms that proofs may be signed with.
    pub fn algorithms(&self) -> &[Algorithm] {
        &self.algorithms
    }

    /// The nonce that the next proof has to hold, where there are nonces.
    pub fn nonce(&self) -> Option<String> {
        self.nonces.as_ref().map(Nonces::current)
    }

    /// Verifies the proof of a request, uses it up, and returns the thumbprint of its key.
    /// Spec(RFC 9449, section 4.3): the checks in its order.
    ///
    /// # Errors
    /// See [`ProofError`].
    pub fn verify(&self, method: &Method, headers: &HeaderMap, expected: Expected<'_>) -> Result<String, ProofError> {
        let mut proofs = headers.get_all("dpop").iter();
        let (Some(proof), None) = (proofs.next(), proofs.next()) else { return Err(ProofError::Header) };
        let proof = proof.to_str().ok().filter(|proof| proof.len() <= MAX_PROOF).ok_or(ProofError::Malformed)?;
        let parts = Parts::read(proof).map_err(|_| ProofError::Malformed)?;
        let claim = |name: &str| parts.claims.get(name).and_then(Value::as_str);
        if !parts.header.typ.as_deref().is_some_and(|typ| typ.eq_ignore_ascii_case("dpop+jwt")) {
            return Err(ProofError::Type);
        }
        let algorithm = parts.algorithm(&self.algorithms).map_err(|_| ProofError::Algorithm)?;
        let key = parts.header.jwk.as_ref().and_then(PublicKey::read);
        let key = key.filter(|key| !key.is_private() && key.is_for(algorithm)).ok_or(ProofError::Key)?;
        if !parts.is_signed_by(&key, algorithm) {
            return Err(ProofError::Signature);
        }
        if claim("htm") != Some(method.as_str()) {
            return Err(ProofError::Method);
        }
        if !claim("htu").and_then(|url| Url::parse(url).ok()).is_some_and(|url| self.is_ours(url)) {
            return Err(ProofError::Url);
        }
        if let Some(nonces) = &self.nonces
            && !claim("nonce").is_some_and(|nonce| nonces.accepts(nonce))
        {
            return Err(ProofError::Nonce(nonces.current()));
        }
        let issued = date(&parts.claims, "iat").ok().flatten().ok_or(ProofError::Time)?;
        let (oldest, leeway) = (self.max_age.as_secs_f64(), self.leeway.as_secs_f64());
        let age = now() - issued;
        if age > oldest + leeway || age < -leeway {
            return Err(ProofError::Time);
        }
        if expected.token.is_some_and(|token| claim("ath") != Some(sha256_base64(token).as_str())) {
            return Err(ProofError::Token);
        }
        let thumbprint = key.thumbprint();
        if expected.key.is_some_and(|key| key != thumbprint) {
            return Err(ProofError::OtherKey);
        }
        let jti = claim("jti").filter(|jti| (1..=MAX_JTI).contains(&jti.len())).ok_or(ProofError::NoIdentifier)?;
        // Last, so that only whoever holds the key, and the token where there is one, can fill the memory.
        self.seen.first_time(&thumbprint, jti, issued + oldest + leeway)?;
        Ok(thumbprint)
    }

    /// Section 4.3, number 9: without query and fragment, after normalization, which the parser has done.
    fn is_ours(&self, mut url: Url) -> bool {
        url.set_query(None);
        url.set_fragment(None);
        self.endpoints.contains(&url)
    }
}
