//! Proof Key for Code Exchange (RFC 7636), method S256 only.
//!
//! Who steals a code from a redirect cannot use it: the token endpoint wants the verifier, of which the authorization
//! request showed nothing but the hash.

use base64::{Engine, prelude::BASE64_URL_SAFE_NO_PAD as BASE64URL};
use sha2::{Digest, Sha256};
use subtle::ConstantTimeEq;

use super::OAuthError;

/// Checks the challenge of an authorization request.
///
/// # Errors
/// It is missing, is no SHA-256 hash, or comes with another method than `S256`.
pub fn check_challenge(challenge: Option<&str>, method: Option<&str>) -> Result<String, OAuthError> {
    // Spec(2026-07-28, authorization): clients MUST use S256; OAuth 2.1 forbids `plain`, which is what no method means.
    if method != Some("S256") {
        return Err(OAuthError::request("code_challenge_method must be S256"));
    }
    let challenge = challenge.ok_or_else(|| OAuthError::request("code_challenge is missing"))?;
    match BASE64URL.decode(challenge) {
        Ok(hash) if hash.len() == 32 => Ok(challenge.to_owned()),
        _ => Err(OAuthError::request("code_challenge is no base64url SHA-256 hash")),
    }
}

/// Whether the verifier belongs to the challenge. Compared in constant time.
pub fn fits(verifier: &str, challenge: &str) -> bool {
    let is_verifier = (43..=128).contains(&verifier.len())
        && verifier.bytes().all(|byte| byte.is_ascii_alphanumeric() || b"-._~".contains(&byte));
    let hash = BASE64URL.encode(Sha256::digest(verifier));
    is_verifier && bool::from(hash.as_bytes().ct_eq(challenge.as_bytes()))
}

#[cfg(test)]
mod tests {
    use super::*;

    // RFC 7636, appendix B.
    const VERIFIER: &str = "dBjftJeZ4CVP-mB92K27uhbUJU1p1r_wW1gFWFOEjXk";
    const CHALLENGE: &str = "E9Melhoa2OwvFrEMTJguCHaoeK1t8URWbuGJSstw-cM";

    #[test]
    fn the_example_of_the_rfc() {
        assert!(fits(VERIFIER, CHALLENGE));
        assert!(!fits(&VERIFIER.replace('d', "e"), CHALLENGE));
        assert!(!fits(CHALLENGE, CHALLENGE), "the plain method");
        assert!(!fits("", CHALLENGE) && !fits(&"a".repeat(129), CHALLENGE) && !fits(&"ä".repeat(43), CHALLENGE));
    }

    #[test]
    fn only_s256() {
        assert_eq!(check_challenge(Some(CHALLENGE), Some("S256")).as_deref(), Ok(CHALLENGE));
        for (challenge, method) in [
            (Some(CHALLENGE), None),
            (Some(CHALLENGE), Some("plain")),
            (Some(CHALLENGE), Some("s256")),
            (None, Some("S256")),
            (Some("short"), Some("S256")),
            (Some(""), Some("S256")),
        ] {
            assert!(check_challenge(challenge, method).is_err(), "{challenge:?} {method:?}");
        }
    }
}
