//! Key pairs and tokens for tests of whatever verifies tokens: right ones, and wrong ones of every kind.

use std::{
    sync::Arc,
    time::{SystemTime, UNIX_EPOCH},
};

use anyhow::anyhow;
use aws_lc_rs::{
    hmac,
    rand::SystemRandom,
    rsa::KeySize,
    signature::{
        ECDSA_P256_SHA256_FIXED_SIGNING, EcdsaKeyPair, KeyPair as _, RSA_PKCS1_SHA256, RSA_PSS_SHA256, RsaEncoding,
        RsaKeyPair, RsaPublicKeyComponents,
    },
};
use base64::{Engine as _, engine::general_purpose::URL_SAFE_NO_PAD};
use serde_json::{Map, Value, json};
use sha2::{Digest, Sha256};

enum Pair {
    Ec(EcdsaKeyPair),
    Rsa(RsaKeyPair, &'static dyn RsaEncoding),
}

/// A key pair with its id. A clone is the same pair.
#[derive(Clone)]
pub struct SigningKey {
    kid: String,
    algorithm: &'static str,
    pair: Arc<Pair>,
}

impl SigningKey {
    /// A new pair for ES256.
    ///
    /// # Errors
    /// It cannot be generated.
    pub fn es256(kid: &str) -> anyhow::Result<Self> {
        let pair = EcdsaKeyPair::generate(&ECDSA_P256_SHA256_FIXED_SIGNING).map_err(|_| anyhow!("no EC key"))?;
        Ok(Self { kid: kid.to_owned(), algorithm: "ES256", pair: Arc::new(Pair::Ec(pair)) })
    }

    /// A new pair for RS256.
    ///
    /// # Errors
    /// It cannot be generated.
    pub fn rs256(kid: &str) -> anyhow::Result<Self> {
        Self::rsa(kid, "RS256", &RSA_PKCS1_SHA256)
    }

    /// A new pair for PS256.
    ///
    /// # Errors
    /// It cannot be generated.
    pub fn ps256(kid: &str) -> anyhow::Result<Self> {
        Self::rsa(kid, "PS256", &RSA_PSS_SHA256)
    }

    fn rsa(kid: &str, algorithm: &'static str, encoding: &'static dyn RsaEncoding) -> anyhow::Result<Self> {
        let pair = RsaKeyPair::generate(KeySize::Rsa2048).map_err(|_| anyhow!("no RSA key"))?;
        Ok(Self { kid: kid.to_owned(), algorithm, pair: Arc::new(Pair::Rsa(pair, encoding)) })
    }

    /// Its id.
    pub fn kid(&self) -> &str {
        &self.kid
    }

    /// The name of its algorithm.
    pub fn algorithm(&self) -> &'static str {
        self.algorithm
    }

    /// The public key as JSON.
    pub fn jwk(&self) -> Value {
        let encode = |bytes: &[u8]| URL_SAFE_NO_PAD.encode(bytes);
        let mut jwk = match &*self.pair {
            Pair::Ec(pair) => {
                let point = pair.public_key().as_ref();
                json!({ "kty": "EC", "crv": "P-256", "x": encode(&point[1..33]), "y": encode(&point[33..65]) })
            }
            Pair::Rsa(pair, _) => {
                let RsaPublicKeyComponents { n, e } = RsaPublicKeyComponents::<Vec<u8>>::from(pair.public_key());
                json!({ "kty": "RSA", "n": encode(&n), "e": encode(&e) })
            }
        };
        jwk["kid"] = self.kid.as_str().into();
        jwk["use"] = "sig".into();
        jwk["alg"] = self.algorithm.into();
        jwk
    }

    /// The thumbprint of RFC 7638.
    pub fn thumbprint(&self) -> String {
        let jwk = self.jwk();
        let members: &[&str] = if jwk["kty"] == "EC" { &["crv", "kty", "x", "y"] } else { &["e", "kty", "n"] };
        // A map is ordered by name, which is what the standard asks for.
        let required: Map<String, Value> = members.iter().map(|name| ((*name).to_owned(), jwk[name].clone())).collect();
        URL_SAFE_NO_PAD.encode(Sha256::digest(Value::from(required).to_string()))
    }

    fn sign(&self, message: &str) -> anyhow::Result<Vec<u8>> {
        let random = SystemRandom::new();
        match &*self.pair {
            Pair::Ec(pair) => {
                let signature = pair.sign(&random, message.as_bytes()).map_err(|_| anyhow!("cannot sign"))?;
                Ok(signature.as_ref().to_vec())
            }
            Pair::Rsa(pair, encoding) => {
                let mut signature = vec![0; pair.public_modulus_len()];
                let signed = pair.sign(*encoding, &random, message.as_bytes(), &mut signature);
                signed.map_err(|_| anyhow!("cannot sign"))?;
                Ok(signature)
            }
        }
    }
}

/// A token that is being made.
#[derive(Clone)]
pub struct Mint {
    header: Value,
    claims: Value,
    key: SigningKey,
}

impl Mint {
    /// A token with this header and these claims; `alg` and `kid` are those of the key.
    pub fn new(key: &SigningKey, mut header: Value, claims: Value) -> Self {
        header["alg"] = key.algorithm.into();
        header["kid"] = key.kid.as_str().into();
        Self { header, claims, key: key.clone() }
    }

    /// A proof of a key for one request (RFC 9449), for the URL without its query.
    pub fn proof(key: &SigningKey, method: &str, url: &str, token: &str) -> Self {
        let mut jwk = key.jwk();
        if let Some(jwk) = jwk.as_object_mut() {
            jwk.retain(|name, _| !matches!(name.as_str(), "kid" | "use" | "alg"));
        }
        let claims = json!({
            "jti": URL_SAFE_NO_PAD.encode(rand::random::<[u8; 16]>()), "htm": method, "htu": url, "iat": now(),
            "ath": URL_SAFE_NO_PAD.encode(Sha256::digest(token)),
        });
        Self::new(key, json!({ "typ": "dpop+jwt", "jwk": jwk }), claims).without_header("kid")
    }

    /// The same with another claim; null takes it away.
    #[must_use]
    pub fn claim(mut self, name: &str, value: impl Into<Value>) -> Self {
        set(&mut self.claims, name, value.into());
        self
    }

    /// The same with another header parameter; null takes it away.
    #[must_use]
    pub fn header(mut self, name: &str, value: impl Into<Value>) -> Self {
        set(&mut self.header, name, value.into());
        self
    }

    /// The same without a header parameter.
    #[must_use]
    pub fn without_header(self, name: &str) -> Self {
        self.header(name, Value::Null)
    }

    /// The same with these scopes.
    #[must_use]
    pub fn scope(self, scopes: &str) -> Self {
        self.claim("scope", scopes)
    }

    /// The same for the holder of a key only.
    #[must_use]
    pub fn bound_to(self, key: &SigningKey) -> Self {
        self.claim("cnf", json!({ "jkt": key.thumbprint() }))
    }

    /// The token, signed with its key.
    ///
    /// # Errors
    /// It cannot be signed.
    pub fn sign(&self) -> anyhow::Result<String> {
        self.sign_with(&self.key)
    }

    /// The token, signed with another key than the header names.
    ///
    /// # Errors
    /// It cannot be signed.
    pub fn sign_with(&self, key: &SigningKey) -> anyhow::Result<String> {
        let message = self.message();
        Ok(format!("{message}.{}", URL_SAFE_NO_PAD.encode(key.sign(&message)?)))
    }

    /// The token with an HMAC under `secret`: with a public key as the secret, the classic confusion of algorithms.
    pub fn sign_hs256(&self, secret: &[u8]) -> String {
        let message = self.clone().header("alg", "HS256").message();
        let tag = hmac::sign(&hmac::Key::new(hmac::HMAC_SHA256, secret), message.as_bytes());
        format!("{message}.{}", URL_SAFE_NO_PAD.encode(tag.as_ref()))
    }

    /// The token without a signature.
    pub fn unsigned(&self) -> String {
        format!("{}.", self.clone().header("alg", "none").message())
    }

    fn message(&self) -> String {
        let encode = |value: &Value| URL_SAFE_NO_PAD.encode(value.to_string());
        format!("{}.{}", encode(&self.header), encode(&self.claims))
    }
}

fn set(object: &mut Value, name: &str, value: Value) {
    if value.is_null() {
        if let Some(object) = object.as_object_mut() {
            object.remove(name);
        }
    } else {
        object[name] = value;
    }
}

/// Seconds since 1970.
pub(super) fn now() -> u64 {
    SystemTime::now().duration_since(UNIX_EPOCH).unwrap_or_default().as_secs()
}
