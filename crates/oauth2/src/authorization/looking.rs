//! Introspection (RFC 7662) and revocation (RFC 7009).

use rusqlite::{OptionalExtension, params};
use serde_json::{Value, json};

use super::{
    AuthorizationServer, ErrorCode, OAuthError,
    binding::{Confirmation, token_type},
    client::Client,
    secret,
    tokens::{live_grant, revoke_grant},
};

impl AuthorizationServer {
    /// What a token is worth now. A client sees its own tokens, and the operator's own client sees all.
    ///
    /// # Errors
    /// The client proves nothing about itself: then whoever finds a token could test it.
    pub async fn introspect(&self, client: &Client, token: &str) -> Result<Value, OAuthError> {
        if client.is_public() {
            return Err(OAuthError::new(ErrorCode::UnauthorizedClient, "introspection is for clients with a secret"));
        }
        let sees_all = client.id == self.shared.settings_client;
        let (this, token, id) = (self.clone(), token.to_owned(), client.id.clone());
        let work = move |transaction: &rusqlite::Transaction<'_>| {
            let inactive = json!({ "active": false });
            if let Some(claims) = this.claims(transaction, &token)? {
                if claims.client_id != id && !sees_all {
                    return Ok(inactive);
                }
                let mut answer = serde_json::to_value(&claims).unwrap_or_default();
                answer["active"] = true.into();
                answer["token_type"] = token_type(claims.cnf.as_ref()).into();
                return Ok(answer);
            }
            let now = this.shared.clock.now();
            let sql = "SELECT grant_id, expires FROM refresh_tokens WHERE hash = ?1 AND used = 0 AND expires > ?2";
            let row = |row: &rusqlite::Row<'_>| Ok((row.get::<_, String>(0)?, row.get::<_, i64>(1)?));
            let found = transaction.query_row(sql, params![secret::hash(&token), now], row).optional()?;
            let Some((grant_id, exp)) = found else { return Ok(inactive) };
            let grant = live_grant(transaction, &grant_id, now)?.filter(|grant| grant.client == id || sees_all);
            let Some(grant) = grant else { return Ok(inactive) };
            let mut answer = json!({
                "active": true, "client_id": grant.client, "sub": grant.subject, "aud": grant.resource,
                "scope": grant.scopes.to_string(), "iss": this.shared.issuer, "exp": exp,
            });
            if let Some(cnf) = Confirmation::of(grant.refresh_key.as_ref()) {
                answer["cnf"] = json!(cnf);
            }
            Ok(answer)
        };
        self.shared.store.run(work).await
    }

    /// Ends a token of this client: a refresh token with its whole family, an access token alone. A token that does not
    /// exist is as good as revoked.
    ///
    /// # Errors
    /// The database fails.
    pub async fn revoke(&self, client: &Client, token: &str) -> Result<(), OAuthError> {
        let (this, token, id) = (self.clone(), token.to_owned(), client.id.clone());
        let work = move |transaction: &rusqlite::Transaction<'_>| {
            let sql = "SELECT grant_id FROM refresh_tokens WHERE hash = ?1";
            let grant: Option<String> =
                transaction.query_row(sql, [secret::hash(&token)], |row| row.get(0)).optional()?;
            if let Some(grant_id) = grant {
                let now = this.shared.clock.now();
                if live_grant(transaction, &grant_id, now)?.is_some_and(|grant| grant.client == id) {
                    revoke_grant(transaction, &grant_id)?;
                }
            } else if let Some(claims) = this.claims(transaction, &token)?.filter(|claims| claims.client_id == id) {
                transaction.execute(
                    "INSERT INTO revoked_tokens (jti, expires) VALUES (?1, ?2) ON CONFLICT DO NOTHING",
                    params![claims.jti, claims.exp],
                )?;
            }
            Ok(())
        };
        self.shared.store.run(work).await
    }
}
