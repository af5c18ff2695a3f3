//! Proofs of keys at the token endpoint (RFC 9449): the header, and what a client is told about it.

use axum::http::{HeaderMap, HeaderName, HeaderValue, Method};
use mcp_support::auth::{Algorithm, Dpop, DpopPolicy, Expected, ProofError, ProofVerifier};
use url::Url;

use crate::authorization::{
    AuthorizationServer, ErrorCode, OAuthError, TOKEN_PATH, binding::Thumbprint, client::Client,
};

/// What proofs may be signed with.
pub(super) const ALGORITHMS: [Algorithm; 3] = [Algorithm::Es256, Algorithm::Rs256, Algorithm::Ps256];
/// How far the clocks of client and server may be apart.
const LEEWAY: std::time::Duration = std::time::Duration::from_secs(30);
const NONCE: HeaderName = HeaderName::from_static("dpop-nonce");

/// Reads proofs, where this server takes any.
pub(super) struct Proofs {
    verifier: Option<ProofVerifier>,
    required: bool,
}

impl Proofs {
    pub(super) fn new(server: &AuthorizationServer, rules: &Dpop) -> Self {
        let endpoint = Url::parse(&format!("{}{TOKEN_PATH}", server.issuer()));
        let verifier = |url| ProofVerifier::new(vec![url], ALGORITHMS.to_vec(), LEEWAY, rules);
        let verifier = endpoint.ok().filter(|_| rules.policy != DpopPolicy::Off).map(verifier);
        Self { verifier, required: rules.policy == DpopPolicy::Required }
    }

    /// Whether this server takes proofs.
    pub(super) fn are_taken(&self) -> bool {
        self.verifier.is_some()
    }

    /// The key that `client` has proved to hold with its token request, if any.
    // Spec(RFC 9449, section 5): a token request with a proof gets a bound token, whatever the grant.
    pub(super) fn key(&self, client: &Client, headers: &HeaderMap) -> Result<Option<Thumbprint>, OAuthError> {
        let wrong = |text: String| OAuthError::new(ErrorCode::InvalidDpopProof, text);
        let Some(verifier) = &self.verifier else { return Ok(None) };
        if !headers.contains_key("dpop") {
            // Section 5.2: a client can ask for this itself, in its metadata.
            return if self.required || client.dpop_bound {
                Err(wrong("tokens are bound to a key here: send a proof of it in the header DPoP".to_owned()))
            } else {
                Ok(None)
            };
        }
        let key = verifier.verify(&Method::POST, headers, Expected::default()).map_err(|error| match error {
            ProofError::Nonce(_) => OAuthError::new(ErrorCode::UseDpopNonce, error.to_string()),
            ProofError::Full => OAuthError::new(ErrorCode::TooManyRequests, error.to_string()),
            error => wrong(error.to_string()),
        })?;
        key.parse().map(Some).map_err(|error| OAuthError::internal("reading a thumbprint", error))
    }

    /// Puts the nonce that the next proof needs beside an answer, good or bad.
    // Spec(RFC 9449, sections 8 and 8.2): with `use_dpop_nonce` always, and with any answer, so that clients need not fail first.
    pub(super) fn offer_nonce(&self, headers: &mut HeaderMap) {
        let nonce = self.verifier.as_ref().and_then(ProofVerifier::nonce);
        if let Some(nonce) = nonce.and_then(|nonce| HeaderValue::from_str(&nonce).ok()) {
            headers.insert(NONCE, nonce);
        }
    }
}
