//! The keys that sign access tokens: ES256, kept in the database, published as a JWK set.
//!
//! Two keys are always live: one signs, and the next is published long before it does, so that a resource server that
//! keeps the set for an hour knows it on the day it is needed. A rotation moves each key one turn on.

use aws_lc_rs::{
    rand::SystemRandom,
    signature::{ECDSA_P256_SHA256_FIXED_SIGNING, EcdsaKeyPair, KeyPair},
};
use base64::{Engine, prelude::BASE64_URL_SAFE_NO_PAD as BASE64URL};
use jsonwebtoken::{Algorithm, EncodingKey, Header};
use rusqlite::{OptionalExtension, Transaction, params};
use serde::Serialize;
use serde_json::{Value, json};
use sha2::{Digest, Sha256};

/// How long a key is published after it has signed its last token: longer than any access token lives.
const RETIRED_SECONDS: i64 = 3600;

/// Makes sure that there is a key that signs, and one that will.
pub(super) fn ensure(transaction: &Transaction<'_>) -> rusqlite::Result<()> {
    for turn in [1, 2] {
        let has: bool =
            transaction
                .query_row("SELECT EXISTS (SELECT 1 FROM signing_keys WHERE turn = ?1)", [turn], |row| row.get(0))?;
        if !has {
            insert(transaction, turn)?;
        }
    }
    Ok(())
}

/// Moves each key one turn on, and makes a new one. Returns the id of the key that signs from now on.
pub(super) fn rotate(transaction: &Transaction<'_>, now: i64) -> rusqlite::Result<String> {
    ensure(transaction)?;
    let long_ago = now - RETIRED_SECONDS;
    transaction.execute("DELETE FROM signing_keys WHERE turn = 0 AND retired < ?1", [long_ago])?;
    transaction.execute("UPDATE signing_keys SET turn = 0, retired = ?1 WHERE turn = 1", [now])?;
    transaction.execute("UPDATE signing_keys SET turn = 1 WHERE turn = 2", [])?;
    insert(transaction, 2)?;
    transaction.query_row("SELECT kid FROM signing_keys WHERE turn = 1", [], |row| row.get(0))
}

/// The public halves of all live keys (RFC 7517).
pub(super) fn jwks(transaction: &Transaction<'_>, now: i64) -> rusqlite::Result<Value> {
    let mut statement = transaction.prepare_cached(
        "SELECT jwk FROM signing_keys WHERE retired IS NULL OR retired >= ?1 ORDER BY turn DESC, kid",
    )?;
    let rows = statement.query_map([now - RETIRED_SECONDS], |row| row.get::<_, String>(0))?;
    let keys: Vec<Value> =
        rows.map(|jwk| Ok(serde_json::from_str(&jwk?).unwrap_or(Value::Null))).collect::<rusqlite::Result<_>>()?;
    Ok(json!({ "keys": keys }))
}

/// One live public key by its id.
pub(super) fn public_key(transaction: &Transaction<'_>, kid: &str, now: i64) -> rusqlite::Result<Option<String>> {
    let sql = "SELECT jwk FROM signing_keys WHERE kid = ?1 AND (retired IS NULL OR retired >= ?2)";
    transaction.query_row(sql, params![kid, now - RETIRED_SECONDS], |row| row.get(0)).optional()
}

/// A token signed with the key whose turn it is.
pub(super) fn sign(transaction: &Transaction<'_>, typ: &str, claims: &impl Serialize) -> rusqlite::Result<String> {
    let (kid, pkcs8): (String, Vec<u8>) =
        transaction.query_row("SELECT kid, pkcs8 FROM signing_keys WHERE turn = 1", [], |row| {
            Ok((row.get(0)?, row.get(1)?))
        })?;
    let header = Header { typ: Some(typ.to_owned()), kid: Some(kid), ..Header::new(Algorithm::ES256) };
    jsonwebtoken::encode(&header, claims, &EncodingKey::from_ec_der(&pkcs8)).map_err(unusable)
}

fn insert(transaction: &Transaction<'_>, turn: i64) -> rusqlite::Result<()> {
    let pkcs8 =
        EcdsaKeyPair::generate_pkcs8(&ECDSA_P256_SHA256_FIXED_SIGNING, &SystemRandom::new()).map_err(unusable)?;
    let pair = EcdsaKeyPair::from_pkcs8(&ECDSA_P256_SHA256_FIXED_SIGNING, pkcs8.as_ref()).map_err(unusable)?;
    // An uncompressed point: 4, x, y.
    let point = pair.public_key().as_ref();
    let (x, y) = (BASE64URL.encode(&point[1..33]), BASE64URL.encode(&point[33..65]));
    // RFC 7638: the hash of the required members in alphabetical order, so that the id follows from the key.
    let thumbprint = Sha256::digest(format!(r#"{{"crv":"P-256","kty":"EC","x":"{x}","y":"{y}"}}"#));
    let kid = BASE64URL.encode(thumbprint);
    let jwk = json!({"kty": "EC", "crv": "P-256", "x": x, "y": y, "use": "sig", "alg": "ES256", "kid": kid});
    transaction.execute(
        "INSERT INTO signing_keys (kid, pkcs8, jwk, turn) VALUES (?1, ?2, ?3, ?4)",
        params![kid, pkcs8.as_ref(), jwk.to_string(), turn],
    )?;
    Ok(())
}

fn unusable(error: impl std::fmt::Display) -> rusqlite::Error {
    rusqlite::Error::ToSqlConversionFailure(format!("the signing key cannot be used: {error}").into())
}
