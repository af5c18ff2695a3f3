//! A client's key, and proofs of it (RFC 9449). The SDK's client makes none, so the tour makes them itself.

use std::time::{SystemTime, UNIX_EPOCH};

use aws_lc_rs::{
    rand::SystemRandom,
    signature::{ECDSA_P256_SHA256_FIXED_SIGNING, EcdsaKeyPair},
};
use jsonwebtoken::{Algorithm, EncodingKey, Header, jwk::Jwk};
use serde_json::json;

use crate::authorization::secret;

/// A key that never leaves its client.
pub(super) struct ProofKey {
    private: EncodingKey,
    public: Jwk,
}

impl ProofKey {
    pub(super) fn generate() -> anyhow::Result<Self> {
        let pkcs8 = EcdsaKeyPair::generate_pkcs8(&ECDSA_P256_SHA256_FIXED_SIGNING, &SystemRandom::new())?;
        let private = EncodingKey::from_ec_der(pkcs8.as_ref());
        let public = Jwk::from_encoding_key(&private, Algorithm::ES256)?;
        Ok(Self { private, public })
    }

    /// A proof for one POST to `url`, with this token where there is one.
    pub(super) fn proof(&self, url: &str, token: Option<&str>) -> anyhow::Result<String> {
        let header = Header {
            typ: Some("dpop+jwt".to_owned()),
            jwk: Some(self.public.clone()),
            ..Header::new(Algorithm::ES256)
        };
        let mut claims = json!({
            "jti": secret::random(), "htm": "POST", "htu": url,
            "iat": SystemTime::now().duration_since(UNIX_EPOCH)?.as_secs(),
        });
        if let Some(token) = token {
            // The same hash in base64url that secrets are kept under.
            claims["ath"] = secret::hash(token).into();
        }
        Ok(jsonwebtoken::encode(&header, &claims, &self.private)?)
    }
}
