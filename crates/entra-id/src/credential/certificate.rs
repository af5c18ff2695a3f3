//! A certificate: its key signs a short statement for each request (`private_key_jwt`, RFC 7523), and stays here.

use std::{
    path::Path,
    time::{Duration, SystemTime},
};

use anyhow::{Context as _, ensure};
use async_trait::async_trait;
use aws_lc_rs::{
    digest,
    rand::SystemRandom,
    signature::{RSA_PSS_SHA256, RsaKeyPair},
};
use base64::{
    Engine as _,
    prelude::{BASE64_STANDARD, BASE64_URL_SAFE_NO_PAD},
};
use serde_json::{Value, json};

use super::{ClientCredential, CredentialError, Parameters, assertion};

/// How long a statement is good for.
const LIFE: Duration = Duration::from_secs(600);
/// Largest file, in bytes.
const MAX_FILE: u64 = 64 * 1024;

/// A certificate that is registered with the app, and its key.
pub struct Certificate {
    /// By which Entra finds it: SHA-256 of the certificate.
    thumbprint: String,
    key: RsaKeyPair,
}

impl Certificate {
    /// Reads a PEM file with one certificate and its RSA key (PKCS #8).
    ///
    /// # Errors
    /// The file does not hold both.
    pub fn read(file: &Path) -> anyhow::Result<Self> {
        let length = std::fs::metadata(file).context("cannot be read")?.len();
        ensure!(length <= MAX_FILE, "is longer than {MAX_FILE} bytes");
        let text = zeroizing(std::fs::read_to_string(file).context("cannot be read")?);
        Self::from_pem(secrecy::ExposeSecret::expose_secret(&text))
    }

    /// The same from a text.
    ///
    /// # Errors
    /// The text does not hold both.
    pub fn from_pem(pem: &str) -> anyhow::Result<Self> {
        let certificate = block(pem, "CERTIFICATE").context("holds no certificate")?;
        let key = block(pem, "PRIVATE KEY").context("holds no PKCS #8 key (-----BEGIN PRIVATE KEY-----)")?;
        let key = RsaKeyPair::from_pkcs8(&key).ok().context("holds no RSA key of 2048 bits or more")?;
        let digest = digest::digest(&digest::SHA256, &certificate);
        Ok(Self { thumbprint: BASE64_URL_SAFE_NO_PAD.encode(digest), key })
    }

    fn sign(&self, header: &Value, claims: &Value) -> Option<String> {
        let encode = |value: &Value| BASE64_URL_SAFE_NO_PAD.encode(value.to_string());
        let message = format!("{}.{}", encode(header), encode(claims));
        let mut signature = vec![0; self.key.public_modulus_len()];
        self.key.sign(&RSA_PSS_SHA256, &SystemRandom::new(), message.as_bytes(), &mut signature).ok()?;
        Some(format!("{message}.{}", BASE64_URL_SAFE_NO_PAD.encode(signature)))
    }
}

#[async_trait]
impl ClientCredential for Certificate {
    fn name(&self) -> &'static str {
        "certificate"
    }

    async fn parameters(&self, client_id: &str, token_endpoint: &str) -> Result<Parameters, CredentialError> {
        let now = SystemTime::now().duration_since(SystemTime::UNIX_EPOCH).unwrap_or_default().as_secs();
        // Spec(Microsoft identity platform, certificate credentials): PS256, and the thumbprint by SHA-256.
        let header = json!({"alg": "PS256", "typ": "JWT", "x5t#S256": self.thumbprint});
        let claims = json!({
            "aud": token_endpoint, "iss": client_id, "sub": client_id,
            "jti": BASE64_URL_SAFE_NO_PAD.encode(rand::random::<[u8; 16]>()),
            "iat": now, "nbf": now, "exp": now + LIFE.as_secs(),
        });
        Ok(assertion(self.sign(&header, &claims).ok_or(CredentialError::Key)?.into()))
    }
}

/// The bytes of the first block with this label.
fn block(pem: &str, label: &str) -> Option<Vec<u8>> {
    let (_, rest) = pem.split_once(&format!("-----BEGIN {label}-----"))?;
    let (body, _) = rest.split_once(&format!("-----END {label}-----"))?;
    BASE64_STANDARD.decode(body.split_whitespace().collect::<String>()).ok()
}

/// A text that is wiped when it goes.
fn zeroizing(text: String) -> secrecy::SecretString {
    text.into()
}

#[cfg(test)]
mod tests {
    use aws_lc_rs::{
        encoding::AsDer as _,
        rsa::KeySize,
        signature::{KeyPair as _, RSA_PSS_2048_8192_SHA256, UnparsedPublicKey},
    };
    use secrecy::ExposeSecret;

    use super::*;

    fn pem(label: &str, bytes: &[u8]) -> String {
        format!("-----BEGIN {label}-----\n{}\n-----END {label}-----\n", BASE64_STANDARD.encode(bytes))
    }

    #[tokio::test]
    async fn a_statement_names_the_certificate_and_is_signed_by_its_key() {
        let pair = RsaKeyPair::generate(KeySize::Rsa2048).expect("a key");
        let key = pair.as_der().expect("PKCS #8");
        let text = pem("CERTIFICATE", b"a certificate") + &pem("PRIVATE KEY", key.as_ref());
        let certificate = Certificate::from_pem(&text).expect("both are there");
        let parameters = certificate.parameters("the-app", "https://login.example/token").await.expect("a statement");
        let jwt = parameters[1].1.expose_secret();
        let (message, signature) = jwt.rsplit_once('.').expect("three parts");
        let decode = |part: &str| BASE64_URL_SAFE_NO_PAD.decode(part).expect("base64url");
        let public = UnparsedPublicKey::new(&RSA_PSS_2048_8192_SHA256, pair.public_key().as_ref());
        public.verify(message.as_bytes(), &decode(signature)).expect("signed with PS256");
        let parts: Vec<Value> =
            message.split('.').map(|part| serde_json::from_slice(&decode(part)).expect("JSON")).collect();
        let thumbprint = BASE64_URL_SAFE_NO_PAD.encode(digest::digest(&digest::SHA256, b"a certificate"));
        assert_eq!((&parts[0]["alg"], &parts[0]["x5t#S256"]), (&json!("PS256"), &json!(thumbprint)));
        assert_eq!((&parts[1]["aud"], &parts[1]["sub"]), (&json!("https://login.example/token"), &json!("the-app")));
        let again = certificate.parameters("the-app", "https://login.example/token").await.expect("a statement");
        assert_ne!(again[1].1.expose_secret(), jwt, "each has an id of its own");
    }

    #[test]
    fn what_is_no_certificate() {
        for bad in [
            "",
            "-----BEGIN CERTIFICATE-----",
            &pem("CERTIFICATE", b"x"),
            &pem("PRIVATE KEY", b"x"),
            &(pem("CERTIFICATE", b"x") + &pem("PRIVATE KEY", b"not a key")),
        ] {
            assert!(Certificate::from_pem(bad).is_err(), "{bad}");
        }
    }
}
