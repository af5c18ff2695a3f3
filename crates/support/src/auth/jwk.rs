//! Public keys as JSON (RFC 7517), and their thumbprints (RFC 7638).

use base64::{Engine as _, engine::general_purpose::URL_SAFE_NO_PAD};
use jsonwebtoken::DecodingKey;
use serde::Deserialize;
use serde_json::Value;

use super::{digest::sha256_base64, settings::Algorithm};

/// Longest parameter of a key, in characters: an RSA modulus of 8192 bits has 1366.
const MAX_PARAMETER: usize = 1500;

#[derive(Deserialize)]
struct Raw {
    kty: String,
    kid: Option<String>,
    alg: Option<String>,
    #[serde(rename = "use")]
    usage: Option<String>,
    key_ops: Option<Vec<String>>,
    crv: Option<String>,
    x: Option<String>,
    y: Option<String>,
    n: Option<String>,
    e: Option<String>,
    d: Option<Value>,
}

/// The kinds of keys that verify signatures here. There is none for shared secrets.
#[derive(Debug, Clone, PartialEq, Eq)]
enum Kind {
    Rsa { n: String, e: String },
    Ec { curve: &'static str, x: String, y: String },
    Ed25519 { x: String },
}

/// A public key that verifies signatures.
#[derive(Debug, Clone)]
pub(super) struct PublicKey {
    pub(super) kid: Option<String>,
    /// The only algorithm that the key is for, if it says so.
    algorithm: Option<String>,
    kind: Kind,
    key: DecodingKey,
    is_private: bool,
}

impl PartialEq for PublicKey {
    fn eq(&self, other: &Self) -> bool {
        (&self.kid, &self.algorithm, &self.kind) == (&other.kid, &other.algorithm, &other.kind)
    }
}

impl PublicKey {
    /// `None` for keys of other kinds, for other uses, or malformed ones.
    pub(super) fn read(jwk: &Value) -> Option<Self> {
        let raw = Raw::deserialize(jwk).ok()?;
        let verifies = raw.usage.as_deref().is_none_or(|usage| usage == "sig")
            && raw.key_ops.is_none_or(|operations| operations.iter().any(|operation| operation == "verify"));
        if !verifies {
            return None;
        }
        let parameter = |text: Option<String>, bytes: std::ops::RangeInclusive<usize>| {
            let text = text.filter(|text| text.len() <= MAX_PARAMETER)?;
            let decoded = URL_SAFE_NO_PAD.decode(&text).ok()?;
            bytes.contains(&decoded.len()).then_some(text)
        };
        let (kind, key) = match (raw.kty.as_str(), raw.crv.as_deref()) {
            ("RSA", _) => {
                // 2048 bits at least (RFC 7518, section 3.3).
                let (n, e) = (parameter(raw.n, 256..=1024)?, parameter(raw.e, 1..=8)?);
                let key = DecodingKey::from_rsa_components(&n, &e).ok()?;
                (Kind::Rsa { n, e }, key)
            }
            ("EC", Some(curve)) => {
                let (curve, bytes) = match curve {
                    "P-256" => ("P-256", 32),
                    "P-384" => ("P-384", 48),
                    _ => return None,
                };
                let (x, y) = (parameter(raw.x, bytes..=bytes)?, parameter(raw.y, bytes..=bytes)?);
                let key = DecodingKey::from_ec_components(&x, &y).ok()?;
                (Kind::Ec { curve, x, y }, key)
            }
            ("OKP", Some("Ed25519")) => {
                let x = parameter(raw.x, 32..=32)?;
                let key = DecodingKey::from_ed_components(&x).ok()?;
                (Kind::Ed25519 { x }, key)
            }
            _ => return None,
        };
        Some(Self { kid: raw.kid, algorithm: raw.alg, kind, key, is_private: raw.d.is_some() })
    }

    /// Whether the key is for an algorithm: by its kind, and by what it says itself (RFC 8725, section 3.1).
    pub(super) fn is_for(&self, algorithm: Algorithm) -> bool {
        use Algorithm::{EdDsa, Es256, Es384, Ps256, Ps384, Ps512, Rs256, Rs384, Rs512};
        let fits = match (&self.kind, algorithm) {
            (Kind::Rsa { .. }, Rs256 | Rs384 | Rs512 | Ps256 | Ps384 | Ps512) | (Kind::Ed25519 { .. }, EdDsa) => true,
            (Kind::Ec { curve, .. }, Es256) => *curve == "P-256",
            (Kind::Ec { curve, .. }, Es384) => *curve == "P-384",
            _ => false,
        };
        fits && self.algorithm.as_deref().is_none_or(|said| said == algorithm.name())
    }

    /// Whether there was a private key too: whoever sent it has given it away.
    pub(super) fn is_private(&self) -> bool {
        self.is_private
    }

    /// Whether `signature` is this key's over `message`.
    pub(super) fn verifies(&self, signature: &str, message: &str, algorithm: Algorithm) -> bool {
        self.is_for(algorithm)
            && jsonwebtoken::crypto::verify(signature, message.as_bytes(), &self.key, algorithm.implementation())
                .unwrap_or(false)
    }

    /// SHA-256 over the required members in their fixed order, in base64url. The values hold nothing to be escaped.
    pub(super) fn thumbprint(&self) -> String {
        let members = match &self.kind {
            Kind::Rsa { n, e } => format!(r#"{{"e":"{e}","kty":"RSA","n":"{n}"}}"#),
            Kind::Ec { curve, x, y } => format!(r#"{{"crv":"{curve}","kty":"EC","x":"{x}","y":"{y}"}}"#),
            Kind::Ed25519 { x } => format!(r#"{{"crv":"Ed25519","kty":"OKP","x":"{x}"}}"#),
        };
        sha256_base64(&members)
    }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    /// The key of RFC 7638, section 3.1.
    fn rsa() -> Value {
        json!({
            "kty": "RSA", "e": "AQAB", "alg": "RS256", "kid": "2011-04-29",
            "n": "0vx7agoebGcQSuuPiLJXZptN9nndrQmbXEps2aiAFbWhM78LhWx4cbbfAAtVT86zwu1RK7aPFFxuhDR1L6tSoc_BJECPebWKRXjBZ\
                CiFV4n3oknjhMstn64tZ_2W-5JsGY4Hc5n9yBXArwl93lqt7_RN5w6Cf0h4QyQ5v-65YGjQR0_FDW2QvzqY368QQMicAtaSqzs8KJZgn\
                Yb9c7d0zgdAZHzu6qMQvRL5hajrn1n91CbOpbISD08qNLyrdkt-bFTWhAI4vMQFh6WeZu0fM4lFd2NcRwr3XPksINHaQ-G_xBniIqbw0\
                Ls1jF44-csFCur-kEgU8awapJzKnqDKgw",
        })
    }

    #[test]
    fn thumbprint_of_the_standard() {
        let key = PublicKey::read(&rsa()).expect("a key");
        assert_eq!(key.thumbprint(), "NzbLsXh8uDCcd-6MNwXF4W_7noWXFZAfHkxZsRGC9Xs");
    }

    #[test]
    fn a_key_is_for_what_it_is_and_says() {
        let mut jwk = rsa();
        let is_for = |jwk: &Value, algorithm| PublicKey::read(jwk).is_some_and(|key| key.is_for(algorithm));
        assert!(is_for(&jwk, Algorithm::Rs256));
        assert!(!is_for(&jwk, Algorithm::Ps256), "it says RS256");
        assert!(!is_for(&jwk, Algorithm::Es256));
        jwk["alg"] = Value::Null;
        assert!(is_for(&jwk, Algorithm::Ps256));
        for (name, value) in [
            ("use", json!("enc")),
            ("key_ops", json!(["encrypt"])),
            ("kty", json!("oct")),
            ("n", json!("AQAB")),
            ("e", json!("not base64!")),
        ] {
            let mut other = rsa();
            other[name] = value;
            assert!(PublicKey::read(&other).is_none(), "{other}");
        }
        assert!(PublicKey::read(&json!({ "kty": "oct", "k": "AAAA" })).is_none());
    }
}
