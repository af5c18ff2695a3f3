//! Access tokens (RFC 9068), and the grants that they belong to.

use jsonwebtoken::{Algorithm, DecodingKey, Validation, jwk::Jwk};
use rusqlite::{OptionalExtension, Transaction, params};
use serde::{Deserialize, Serialize};
use serde_json::{Value, json};

use super::{
    AuthorizationServer, OAuthError,
    binding::{Confirmation, Thumbprint, token_type},
    client::Client,
    keys, secret,
};
use crate::scope::Scopes;

/// Seconds that an access token lives. A resource server checks it by itself, so this is how long a revoked one works.
pub const ACCESS_SECONDS: i64 = 300;
/// Seconds that a refresh token lives, and with it a grant that nobody uses.
pub const REFRESH_SECONDS: i64 = 30 * 24 * 3600;

/// What somebody has allowed a client to do. All tokens that come from it form a family, and end with it.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub(super) struct GrantDocument {
    pub(super) client: String,
    pub(super) subject: String,
    pub(super) resource: String,
    pub(super) scopes: Scopes,
    /// Whether it may be refreshed.
    pub(super) refresh: bool,
    /// The key without which nobody refreshes it.
    pub(super) refresh_key: Option<Thumbprint>,
}

impl GrantDocument {
    /// The same, refreshed from now on by the holder of `key` only, if its client is a public one.
    /// Spec(RFC 9449, section 5): the refresh tokens of a confidential client are bound to its secret already.
    pub(super) fn bound(
        mut self,
        transaction: &Transaction<'_>,
        id: &str,
        client: &Client,
        key: Option<&Thumbprint>,
    ) -> rusqlite::Result<Self> {
        if client.is_public() && key.is_some() && self.refresh_key.is_none() {
            self.refresh_key = key.cloned();
            transaction.execute("UPDATE grants SET document = ?2 WHERE id = ?1", params![id, document(&self)?])?;
        }
        Ok(self)
    }
}

/// The claims of an access token.
#[derive(Debug, Clone, Serialize, Deserialize)]
pub(super) struct Claims {
    pub(super) iss: String,
    pub(super) sub: String,
    // Spec(RFC 9068, RFC 8707): the resource that was asked for, so that one server's token is worth nothing at another.
    pub(super) aud: String,
    pub(super) client_id: String,
    pub(super) scope: String,
    pub(super) iat: i64,
    pub(super) exp: i64,
    /// The grant and a random part, with a dot between them.
    pub(super) jti: String,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(super) cnf: Option<Confirmation>,
}

impl AuthorizationServer {
    /// The answer with a new access token, for the holder of `key` only if there is one, and, where there may be one, a new refresh token.
    pub(super) fn issue(
        &self,
        transaction: &Transaction<'_>,
        grant_id: &str,
        grant: &GrantDocument,
        scopes: &Scopes,
        key: Option<&Thumbprint>,
    ) -> rusqlite::Result<Value> {
        let now = self.shared.clock.now();
        let claims = Claims {
            iss: self.shared.issuer.clone(),
            sub: grant.subject.clone(),
            aud: grant.resource.clone(),
            client_id: grant.client.clone(),
            scope: scopes.to_string(),
            iat: now,
            exp: now + ACCESS_SECONDS,
            jti: format!("{grant_id}.{}", secret::random()),
            cnf: Confirmation::of(key),
        };
        let token = keys::sign(transaction, "at+jwt", &claims)?;
        let mut answer = json!({
            "access_token": token, "token_type": token_type(claims.cnf.as_ref()),
            "expires_in": ACCESS_SECONDS, "scope": claims.scope,
        });
        if grant.refresh {
            let refresh = secret::random();
            transaction.execute(
                "INSERT INTO refresh_tokens (hash, grant_id, expires) VALUES (?1, ?2, ?3)",
                params![secret::hash(&refresh), grant_id, now + REFRESH_SECONDS],
            )?;
            transaction
                .execute("UPDATE grants SET expires = ?2 WHERE id = ?1", params![grant_id, now + REFRESH_SECONDS])?;
            answer["refresh_token"] = refresh.into();
        }
        Ok(answer)
    }

    /// Writes a new grant and returns its id.
    pub(super) fn new_grant(
        &self,
        transaction: &Transaction<'_>,
        grant: &GrantDocument,
        seconds: i64,
    ) -> rusqlite::Result<String> {
        let id = secret::random();
        transaction.execute(
            "INSERT INTO grants (id, document, expires) VALUES (?1, ?2, ?3)",
            params![id, document(grant)?, self.shared.clock.now() + seconds],
        )?;
        Ok(id)
    }

    /// The claims of an access token of this server that is still good: signature, issuer, time, and its grant.
    pub(super) fn claims(&self, transaction: &Transaction<'_>, token: &str) -> rusqlite::Result<Option<Claims>> {
        let now = self.shared.clock.now();
        let Ok(header) = jsonwebtoken::decode_header(token) else { return Ok(None) };
        if header.typ.as_deref() != Some("at+jwt") || header.alg != Algorithm::ES256 {
            return Ok(None);
        }
        let Some(jwk) = keys::public_key(transaction, &header.kid.unwrap_or_default(), now)? else { return Ok(None) };
        let key = serde_json::from_str::<Jwk>(&jwk).ok().and_then(|jwk| DecodingKey::from_jwk(&jwk).ok());
        let mut validation = Validation::new(Algorithm::ES256);
        validation.set_issuer(&[&self.shared.issuer]);
        // The time is compared below, with this server's own clock; any of its audiences is fine here.
        validation.validate_exp = false;
        validation.validate_aud = false;
        let claims = key.and_then(|key| jsonwebtoken::decode::<Claims>(token, &key, &validation).ok());
        let Some(claims) = claims.map(|token| token.claims).filter(|claims| claims.exp > now) else { return Ok(None) };
        let is_revoked: bool = transaction.query_row(
            "SELECT EXISTS (SELECT 1 FROM revoked_tokens WHERE jti = ?1)",
            [&claims.jti],
            |row| row.get(0),
        )?;
        let grant_id = claims.jti.split('.').next().unwrap_or_default();
        let is_live = live_grant(transaction, grant_id, now)?.is_some();
        Ok(Some(claims).filter(|_| is_live && !is_revoked))
    }
}

/// A grant that is neither over nor revoked.
pub(super) fn live_grant(transaction: &Transaction<'_>, id: &str, now: i64) -> rusqlite::Result<Option<GrantDocument>> {
    let sql = "SELECT document FROM grants WHERE id = ?1 AND revoked = 0 AND expires > ?2";
    let text: Option<String> = transaction.query_row(sql, params![id, now], |row| row.get(0)).optional()?;
    text.map(|text| read(&text)).transpose()
}

/// Ends a grant: no token of its family is good any more.
pub(super) fn revoke_grant(transaction: &Transaction<'_>, id: &str) -> rusqlite::Result<()> {
    transaction.execute("UPDATE grants SET revoked = 1 WHERE id = ?1", [id])?;
    Ok(())
}

pub(super) fn document(value: &impl Serialize) -> rusqlite::Result<String> {
    serde_json::to_string(value).map_err(|error| rusqlite::Error::ToSqlConversionFailure(error.into()))
}

pub(super) fn read<T: serde::de::DeserializeOwned>(text: &str) -> rusqlite::Result<T> {
    serde_json::from_str(text)
        .map_err(|error| rusqlite::Error::FromSqlConversionFailure(0, rusqlite::types::Type::Text, error.into()))
}

/// For the error type of a transaction whose value is a refusal.
pub(super) type Outcome = Result<Value, OAuthError>;
