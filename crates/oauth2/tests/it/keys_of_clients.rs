//! `private_key_jwt`: a client that signs instead of sending a secret.

use std::time::{SystemTime, UNIX_EPOCH};

use aws_lc_rs::{
    rand::SystemRandom,
    signature::{ECDSA_P256_SHA256_FIXED_SIGNING, EcdsaKeyPair, KeyPair},
};
use base64::{Engine, prelude::BASE64_URL_SAFE_NO_PAD as BASE64URL};
use jsonwebtoken::{Algorithm, EncodingKey, Header};
use serde_json::{Value, json};

use crate::fixture::{Answer, Running};

const ID: &str = "mcp-client-key";

struct Key {
    pkcs8: Vec<u8>,
    jwks: Value,
}

fn key() -> anyhow::Result<Key> {
    let pkcs8 = EcdsaKeyPair::generate_pkcs8(&ECDSA_P256_SHA256_FIXED_SIGNING, &SystemRandom::new())?;
    let pair = EcdsaKeyPair::from_pkcs8(&ECDSA_P256_SHA256_FIXED_SIGNING, pkcs8.as_ref())?;
    let point = pair.public_key().as_ref();
    let (x, y) = (BASE64URL.encode(&point[1..33]), BASE64URL.encode(&point[33..65]));
    let jwks = json!({"keys": [{"kty": "EC", "crv": "P-256", "x": x, "y": y, "alg": "ES256", "kid": "k"}]});
    Ok(Key { pkcs8: pkcs8.as_ref().to_vec(), jwks })
}

async fn send(running: &Running, assertion: &str) -> anyhow::Result<Answer> {
    let form = [
        ("grant_type", "client_credentials"),
        ("scope", "mcp.access"),
        ("client_assertion_type", "urn:ietf:params:oauth:client-assertion-type:jwt-bearer"),
        ("client_assertion", assertion),
    ];
    running.token(&form).await
}

#[tokio::test]
async fn an_assertion_is_signed_for_this_server_short_lived_and_used_once() -> anyhow::Result<()> {
    let (own, other) = (key()?, key()?);
    let folder = tempfile::tempdir()?;
    let file = folder.path().join("keys.json");
    std::fs::write(&file, own.jwks.to_string())?;
    let running = Running::start_with(&["--client-jwks", file.to_str().expect("text")]).await?;
    let now = SystemTime::now().duration_since(UNIX_EPOCH)?.as_secs();
    let good = json!({"iss": ID, "sub": ID, "aud": running.server.origin(), "exp": now + 60, "jti": "1"});
    let header = Header { kid: Some("k".to_owned()), ..Header::new(Algorithm::ES256) };
    let sign = |key: &Key, claims: &Value| {
        jsonwebtoken::encode(&header, claims, &EncodingKey::from_ec_der(&key.pkcs8)).expect("signed")
    };
    let first = sign(&own, &good);
    let answer = send(&running, &first).await?;
    assert_eq!(answer.status, 200, "{answer:?}");
    assert_eq!(send(&running, &first).await?.body["error"], "invalid_client", "used before");
    for (name, value) in [
        ("aud", json!("https://other.example")),
        ("iss", json!("mcp-client")),
        ("sub", json!("mcp-client")),
        ("exp", json!(now - 60)),
        ("exp", json!(now + 3600)),
        ("nbf", json!(now + 600)),
        ("jti", json!("")),
    ] {
        let mut claims = good.clone();
        claims["jti"] = json!(format!("{name} {value}"));
        claims[name] = value.clone();
        let answer = send(&running, &sign(&own, &claims)).await?;
        assert_eq!((answer.status.as_u16(), &answer.body["error"]), (401, &json!("invalid_client")), "{name}={value}");
    }
    let mut fresh = good.clone();
    fresh["jti"] = json!("2");
    assert_eq!(send(&running, &sign(&other, &fresh)).await?.status, 401, "another key");
    // The public key as a shared secret, and no signature at all.
    let public = EncodingKey::from_secret(own.jwks.to_string().as_bytes());
    let confused = jsonwebtoken::encode(&Header::new(Algorithm::HS256), &fresh, &public)?;
    assert_eq!(send(&running, &confused).await?.status, 401, "HS256");
    let none = format!("{}.{}.", BASE64URL.encode(r#"{"alg":"none"}"#), BASE64URL.encode(fresh.to_string()));
    assert_eq!(send(&running, &none).await?.status, 401, "alg none");
    assert_eq!(send(&running, &sign(&own, &fresh)).await?.status, 200, "what was refused has used nothing up");
    Ok(())
}
