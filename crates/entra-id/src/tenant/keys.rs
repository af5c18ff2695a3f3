//! The keys that sign tokens: RS256, in memory, published as a JWK set.
//!
//! As with the real one, several are published at a time, and nothing but the `kid` says which has signed. One signs,
//! the next is published already, and those before stay until their last token has expired.

use std::sync::{PoisonError, RwLock, RwLockReadGuard};

use anyhow::anyhow;
use aws_lc_rs::{
    digest,
    encoding::AsDer as _,
    rand::SystemRandom,
    rsa::KeySize,
    signature::{KeyPair as _, RSA_PKCS1_SHA256, RsaKeyPair, RsaPublicKeyComponents},
};
use base64::{
    Engine,
    prelude::{BASE64_STANDARD, BASE64_URL_SAFE_NO_PAD as BASE64URL},
};
use jsonwebtoken::{Algorithm, DecodingKey, Validation};
use serde_json::{Value, json};

use super::certificate;

/// How long a key is published after its last token: longer than any token lives.
const RETIRED_SECONDS: i64 = 2 * 86_400;
/// Keys that are published at most, when somebody rotates them often.
const MAX_KEYS: usize = 12;

/// All keys; the last is the next, and the one before it signs.
pub(super) struct Keys(RwLock<Vec<Key>>);

struct Key {
    kid: String,
    jwk: Value,
    pair: RsaKeyPair,
    public: DecodingKey,
    /// When it stopped signing.
    retired: Option<i64>,
}

impl Keys {
    /// One that signs, and the next. Blocks.
    pub(super) fn new() -> anyhow::Result<Self> {
        Ok(Self(RwLock::new(vec![Key::new()?, Key::new()?])))
    }

    /// Lets the next key sign, and returns its id. Blocks.
    pub(super) fn rotate(&self, now: i64) -> anyhow::Result<String> {
        let new = Key::new()?;
        let mut keys = self.0.write().unwrap_or_else(PoisonError::into_inner);
        keys.retain(|key| key.retired.is_none_or(|retired| retired + RETIRED_SECONDS > now));
        if keys.len() >= MAX_KEYS {
            keys.remove(0);
        }
        let signing = keys.len() - 2;
        keys[signing].retired = Some(now);
        keys.push(new);
        Ok(keys[keys.len() - 2].kid.clone())
    }

    /// Stops publishing the keys that sign no more: every token of theirs becomes worthless.
    pub(super) fn withdraw(&self) {
        self.0.write().unwrap_or_else(PoisonError::into_inner).retain(|key| key.retired.is_none());
    }

    /// The public keys as a JWK set (RFC 7517).
    pub(super) fn jwks(&self) -> Value {
        json!({ "keys": self.all().iter().map(|key| key.jwk.clone()).collect::<Vec<_>>() })
    }

    /// A token with these claims, signed with the key whose turn it is.
    pub(super) fn sign(&self, claims: &Value) -> anyhow::Result<String> {
        let keys = self.all();
        let key = &keys[keys.len() - 2];
        let header = json!({"typ": "JWT", "alg": "RS256", "x5t": key.kid, "kid": key.kid});
        let message = format!("{}.{}", BASE64URL.encode(header.to_string()), BASE64URL.encode(claims.to_string()));
        Ok(format!("{message}.{}", BASE64URL.encode(key.sign(message.as_bytes())?)))
    }

    /// The claims of a token that one of these keys has signed. Nothing but the signature is checked.
    pub(super) fn verified(&self, token: &str) -> Option<Value> {
        let header = jsonwebtoken::decode_header(token).ok().filter(|header| header.alg == Algorithm::RS256)?;
        let kid = header.kid?;
        let public = self.all().iter().find(|key| key.kid == kid)?.public.clone();
        let mut validation = Validation::new(Algorithm::RS256);
        validation.required_spec_claims.clear();
        // The times are compared by the callers, with the stand-in's own clock.
        (validation.validate_exp, validation.validate_aud) = (false, false);
        jsonwebtoken::decode::<Value>(token, &public, &validation).ok().map(|token| token.claims)
    }

    fn all(&self) -> RwLockReadGuard<'_, Vec<Key>> {
        self.0.read().unwrap_or_else(PoisonError::into_inner)
    }
}

impl Key {
    fn new() -> anyhow::Result<Self> {
        let pair = RsaKeyPair::generate(KeySize::Rsa2048).map_err(|_| anyhow!("no RSA key"))?;
        let RsaPublicKeyComponents { n, e } = RsaPublicKeyComponents::<Vec<u8>>::from(pair.public_key());
        let public = DecodingKey::from_rsa_raw_components(&n, &e);
        let subject_public_key = pair.public_key().as_der().map_err(|_| anyhow!("no public key"))?;
        let certificate = certificate::self_signed(subject_public_key.as_ref(), |message| sign(&pair, message))?;
        let thumbprint = digest::digest(&digest::SHA1_FOR_LEGACY_USE_ONLY, &certificate);
        let kid = BASE64URL.encode(thumbprint);
        let jwk = json!({
            "kty": "RSA", "use": "sig", "kid": kid, "x5t": kid,
            "n": BASE64URL.encode(&n), "e": BASE64URL.encode(&e), "x5c": [BASE64_STANDARD.encode(&certificate)],
        });
        Ok(Self { kid, jwk, pair, public, retired: None })
    }

    fn sign(&self, message: &[u8]) -> anyhow::Result<Vec<u8>> {
        sign(&self.pair, message)
    }
}

fn sign(pair: &RsaKeyPair, message: &[u8]) -> anyhow::Result<Vec<u8>> {
    let mut signature = vec![0; pair.public_modulus_len()];
    let signed = pair.sign(&RSA_PKCS1_SHA256, &SystemRandom::new(), message, &mut signature);
    signed.map_err(|_| anyhow!("cannot sign"))?;
    Ok(signature)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_rotation_keeps_old_tokens_and_a_withdrawal_does_not() {
        let keys = Keys::new().expect("keys");
        let old = keys.sign(&json!({"sub": "ada"})).expect("a token");
        let first = jsonwebtoken::decode_header(&old).expect("a header").kid;
        let next = keys.rotate(0).expect("a key");
        let new = jsonwebtoken::decode_header(keys.sign(&json!({})).expect("a token")).expect("a header").kid;
        assert!(new.as_deref() == Some(&*next) && new != first);
        assert_eq!(keys.jwks()["keys"].as_array().map(Vec::len), Some(3));
        assert_eq!(keys.verified(&old).expect("signed here")["sub"], "ada");
        assert!(keys.verified(&format!("{old}x")).is_none());
        keys.withdraw();
        assert!(keys.verified(&old).is_none());
        for turn in 0..13 {
            keys.rotate(turn).expect("a key");
        }
        assert!(keys.all().len() <= MAX_KEYS + 1);
    }
}
