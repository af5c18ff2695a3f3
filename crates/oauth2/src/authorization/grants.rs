//! The token endpoint's three grants.

use rusqlite::{OptionalExtension, params};
use serde::{Deserialize, Serialize};
use serde_json::Value;

use super::{
    AuthorizationServer, ErrorCode, OAuthError,
    binding::{Thumbprint, fits},
    client::{Client, Grant},
    pkce, secret,
    tokens::{self, ACCESS_SECONDS, GrantDocument, Outcome, REFRESH_SECONDS, live_grant, revoke_grant},
};

/// Seconds that a code lives: long enough for a redirect.
pub const CODE_SECONDS: i64 = 60;

/// What a code is bound to, besides its grant.
#[derive(Debug, Serialize, Deserialize)]
pub(super) struct CodeDocument {
    pub(super) redirect_uri: String,
    pub(super) challenge: String,
    /// The key that the authorization request named.
    pub(super) key: Option<Thumbprint>,
}

/// The parameters of an authorization code grant.
#[derive(Debug, Clone)]
pub struct CodeExchange {
    /// The code.
    pub code: String,
    /// The redirect URI of the authorization request, again.
    pub redirect_uri: Option<String>,
    /// The PKCE verifier.
    pub verifier: Option<String>,
    /// The resource of the authorization request, again.
    pub resource: Option<String>,
}

impl AuthorizationServer {
    /// Writes a code for what somebody has just allowed.
    pub(super) fn new_code(
        &self,
        transaction: &rusqlite::Transaction<'_>,
        grant: &GrantDocument,
        code: &CodeDocument,
    ) -> rusqlite::Result<String> {
        let secret = secret::random();
        // The grant outlives its code, so that a code that comes twice is recognized while its tokens live.
        let id = self.new_grant(transaction, grant, CODE_SECONDS + ACCESS_SECONDS)?;
        transaction.execute(
            "INSERT INTO codes (hash, grant_id, document, expires) VALUES (?1, ?2, ?3, ?4)",
            params![secret::hash(&secret), id, tokens::document(code)?, self.shared.clock.now() + CODE_SECONDS],
        )?;
        Ok(secret)
    }

    /// Exchanges a code for tokens, which are bound to `key` where the client has proved to hold one.
    ///
    /// # Errors
    /// The code, its client, its redirect URI, its verifier, its key or its resource is not what it was issued for.
    pub async fn exchange_code(
        &self,
        client: &Client,
        key: Option<Thumbprint>,
        asked: CodeExchange,
    ) -> Result<Value, OAuthError> {
        client.may(Grant::AuthorizationCode)?;
        let (this, client) = (self.clone(), client.clone());
        self.shared.store.run(move |transaction| this.redeem(transaction, &client, key.as_ref(), &asked)).await?
    }

    fn redeem(
        &self,
        transaction: &rusqlite::Transaction<'_>,
        client: &Client,
        key: Option<&Thumbprint>,
        asked: &CodeExchange,
    ) -> rusqlite::Result<Outcome> {
        let refused = |why: &str| Ok(Err(OAuthError::grant(why)));
        let hash = secret::hash(&asked.code);
        let sql = "SELECT grant_id, document, expires, used FROM codes WHERE hash = ?1";
        let row = |row: &rusqlite::Row<'_>| {
            Ok((row.get::<_, String>(0)?, row.get::<_, String>(1)?, row.get::<_, i64>(2)?, row.get::<_, bool>(3)?))
        };
        let Some((grant_id, document, expires, used)) = transaction.query_row(sql, [&hash], row).optional()? else {
            return refused("this code is unknown");
        };
        let now = self.shared.clock.now();
        let Some(grant) = live_grant(transaction, &grant_id, now)? else { return refused("this code is over") };
        if grant.client != client.id {
            return refused("this code was issued to another client");
        }
        if used {
            // Spec(OAuth 2.1, section 4.1.3): a code that comes twice was stolen from somebody; its tokens end.
            revoke_grant(transaction, &grant_id)?;
            tracing::warn!(client = client.id, "a code was used twice: its tokens are revoked");
            return refused("this code was used before; its tokens are revoked");
        }
        // Whatever is wrong with this attempt, there is no second one.
        transaction.execute("UPDATE codes SET used = 1 WHERE hash = ?1", [&hash])?;
        if expires <= now {
            return refused("this code has expired");
        }
        let code: CodeDocument = tokens::read(&document)?;
        if asked.redirect_uri.as_deref() != Some(&code.redirect_uri) {
            return refused("redirect_uri differs from the authorization request");
        }
        match &asked.verifier {
            None => return refused("code_verifier is missing"),
            Some(verifier) if !pkce::fits(verifier, &code.challenge) => {
                return refused("code_verifier does not fit the challenge");
            }
            Some(_) => {}
        }
        // Spec(RFC 9449, section 10): a code that was asked for with a key is nobody else's.
        if !fits(code.key.as_ref(), key) {
            return refused("this code is bound to a key (dpop_jkt), and no proof of it came");
        }
        // Spec(2026-07-28, authorization): clients MUST send `resource` in both requests (RFC 8707).
        if asked.resource.as_deref() != Some(&grant.resource) {
            let text = "resource must be the one of the authorization request";
            return Ok(Err(OAuthError::new(ErrorCode::InvalidTarget, text)));
        }
        let grant = grant.bound(transaction, &grant_id, client, key)?;
        self.issue(transaction, &grant_id, &grant, &grant.scopes, key).map(Ok)
    }

    /// Exchanges a refresh token for a new pair. The old one is used up.
    ///
    /// # Errors
    /// It is not good, or was used before: then its whole family is revoked.
    pub async fn refresh(
        &self,
        client: &Client,
        key: Option<Thumbprint>,
        token: &str,
        scope: Option<String>,
        resource: Option<String>,
    ) -> Result<Value, OAuthError> {
        client.may(Grant::RefreshToken)?;
        let (this, client, hash) = (self.clone(), client.clone(), secret::hash(token));
        let work = move |transaction: &rusqlite::Transaction<'_>| {
            let refused = |why: &str| Ok(Err(OAuthError::grant(why)));
            let sql = "SELECT grant_id, expires, used FROM refresh_tokens WHERE hash = ?1";
            let row =
                |row: &rusqlite::Row<'_>| Ok((row.get::<_, String>(0)?, row.get::<_, i64>(1)?, row.get::<_, bool>(2)?));
            let Some((grant_id, expires, used)) = transaction.query_row(sql, [&hash], row).optional()? else {
                return refused("this refresh token is unknown");
            };
            let now = this.shared.clock.now();
            let grant = live_grant(transaction, &grant_id, now)?.filter(|_| expires > now);
            let Some(grant) = grant.filter(|grant| grant.client == client.id) else {
                return refused("this refresh token is over, revoked, or another client's");
            };
            // Spec(RFC 9449, section 5). Before the next check: whoever lacks the key cannot even end the family.
            if !fits(grant.refresh_key.as_ref(), key.as_ref()) {
                return refused("this refresh token is bound to a key, and no proof of it came");
            }
            if used {
                // Spec(OAuth 2.1, section 4.3.1): two parties hold the family, and one of them stole it. Nobody can tell
                // which, so it ends for both.
                revoke_grant(transaction, &grant_id)?;
                tracing::warn!(client = client.id, "a refresh token was used twice: its family is revoked");
                return refused("this refresh token was used before; its family is revoked");
            }
            let scopes = match scope.as_deref().map(|text| client.scopes(Some(text))) {
                None => grant.scopes.clone(),
                Some(Ok(scopes)) if scopes.is_within(&grant.scopes) => scopes,
                Some(_) => {
                    let text = format!("this grant holds no more than: {}", grant.scopes);
                    return Ok(Err(OAuthError::new(ErrorCode::InvalidScope, text)));
                }
            };
            if resource.is_some_and(|resource| resource != grant.resource) {
                return Ok(Err(OAuthError::new(ErrorCode::InvalidTarget, "this grant is for another resource")));
            }
            transaction.execute("UPDATE refresh_tokens SET used = 1 WHERE hash = ?1", [&hash])?;
            let grant = grant.bound(transaction, &grant_id, &client, key.as_ref())?;
            this.issue(transaction, &grant_id, &grant, &scopes, key.as_ref()).map(Ok)
        };
        self.shared.store.run(work).await?
    }

    /// A token for a client in its own name.
    ///
    /// # Errors
    /// The client may not, or asks for what it may not have.
    pub async fn client_credentials(
        &self,
        client: &Client,
        key: Option<Thumbprint>,
        scope: Option<&str>,
        resource: Option<&str>,
    ) -> Result<Value, OAuthError> {
        client.may(Grant::ClientCredentials)?;
        let grant = GrantDocument {
            client: client.id.clone(),
            subject: client.id.clone(),
            resource: self.resource(resource)?,
            scopes: client.scopes(scope)?,
            // OAuth 2.1, section 4.2.3: the client asks again instead.
            refresh: false,
            refresh_key: None,
        };
        let this = self.clone();
        let work = move |transaction: &rusqlite::Transaction<'_>| {
            let id = this.new_grant(transaction, &grant, ACCESS_SECONDS)?;
            this.issue(transaction, &id, &grant, &grant.scopes, key.as_ref())
        };
        self.shared.store.run(work).await
    }
}

// A grant that is refreshed lives as long as its newest refresh token.
const _: () = assert!(REFRESH_SECONDS > CODE_SECONDS + ACCESS_SECONDS);
