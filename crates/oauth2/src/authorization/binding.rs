//! The key that tokens are bound to (RFC 9449): a token that was stolen without the key is worth nothing.

use std::str::FromStr;

use serde::{Deserialize, Serialize};

/// SHA-256 over a public key (RFC 7638) in base64url: `cnf.jkt` in a token, `dpop_jkt` in an authorization request.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(transparent)]
pub struct Thumbprint(String);

/// A text that is no thumbprint.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("a thumbprint is 43 characters of base64url")]
pub struct NoThumbprint;

impl FromStr for Thumbprint {
    type Err = NoThumbprint;

    fn from_str(text: &str) -> Result<Self, NoThumbprint> {
        let is_base64url = |byte: u8| byte.is_ascii_alphanumeric() || matches!(byte, b'-' | b'_');
        if text.len() == 43 && text.bytes().all(is_base64url) { Ok(Self(text.to_owned())) } else { Err(NoThumbprint) }
    }
}

/// The claim `cnf` of a bound token (RFC 7800).
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub(super) struct Confirmation {
    pub(super) jkt: Thumbprint,
}

impl Confirmation {
    pub(super) fn of(key: Option<&Thumbprint>) -> Option<Self> {
        key.map(|key| Self { jkt: key.clone() })
    }
}

/// The type that a token with this confirmation has (section 5).
pub(super) fn token_type(confirmation: Option<&Confirmation>) -> &'static str {
    if confirmation.is_some() { "DPoP" } else { "Bearer" }
}

/// Whether whoever has proved to hold `proved` may use what is bound to `bound`. What is bound to nothing is anybody's.
pub(super) fn fits(bound: Option<&Thumbprint>, proved: Option<&Thumbprint>) -> bool {
    bound.is_none() || bound == proved
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn thumbprints() {
        let of = |letter: &str| letter.repeat(43).parse::<Thumbprint>();
        assert!(of("A").is_ok() && of("_").is_ok() && of("+").is_err() && of("AA").is_err());
        assert!("".parse::<Thumbprint>().is_err());
        let (own, other) = (of("A").expect("one"), of("B").expect("one"));
        assert!(fits(None, None) && fits(None, Some(&own)) && fits(Some(&own), Some(&own)));
        assert!(!fits(Some(&own), None) && !fits(Some(&own), Some(&other)));
    }
}
