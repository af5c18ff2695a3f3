//! Dynamic Client Registration (RFC 7591), off unless the operator turns it on.
//!
//! Spec(2026-07-28, authorization): deprecated in favour of metadata documents; kept for clients that know nothing else.
//! Anybody can register under any name, so rows are bounded, and a client that nobody uses is forgotten.

use rusqlite::params;
use serde_json::{Value, json};

use super::{AuthorizationServer, ErrorCode, OAuthError, client::Metadata, secret, tokens};

/// Clients that are kept.
const MAX_CLIENTS: i64 = 1000;
/// Seconds after which a registration is forgotten.
const KEEP_SECONDS: i64 = 30 * 24 * 3600;

impl AuthorizationServer {
    /// Whether clients can register.
    pub fn has_registration(&self) -> bool {
        self.shared.registration
    }

    /// Registers a public client.
    ///
    /// # Errors
    /// Registration is off, full, or asked too often, or the metadata cannot be used.
    pub async fn register(&self, body: &[u8]) -> Result<Value, OAuthError> {
        let invalid = |what: &str| OAuthError::new(ErrorCode::InvalidClientMetadata, what);
        let now = self.shared.clock.now();
        self.shared.registrations.count("all", now)?;
        let mut metadata: Metadata =
            serde_json::from_slice(body).map_err(|error| invalid(&format!("the metadata cannot be read: {error}")))?;
        // Spec(2026-07-28, authorization; OpenID registration): a native client is on this device, a web client is not.
        let kind = metadata.application_type.take().unwrap_or_else(|| "web".to_owned());
        let fits = |uri: &String| match kind.as_str() {
            "native" => !uri.starts_with("https://") || uri.starts_with("https://localhost"),
            "web" => uri.starts_with("https://"),
            _ => false,
        };
        if !metadata.redirect_uris.iter().all(fits) {
            return Err(invalid(
                "redirect_uris do not fit application_type, which is web (https) or native (loopback)",
            ));
        }
        if metadata.token_endpoint_auth_method.as_deref() != Some("none") {
            // RFC 7591, section 2: the default is a secret, which is answered with what is really given.
            metadata.token_endpoint_auth_method = Some("none".to_owned());
        }
        metadata.jwks = None;
        let client = metadata.client(format!("dcr-{}", secret::random()))?;
        let (id, document) = (client.id.clone(), tokens::document(&client));
        let document = document.map_err(|error| OAuthError::internal("writing a client", error))?;
        let work = move |transaction: &rusqlite::Transaction<'_>| {
            transaction.execute("DELETE FROM clients WHERE created < ?1", [now - KEEP_SECONDS])?;
            transaction.execute(
                "INSERT INTO clients (id, document, created)
                 SELECT ?1, ?2, ?3 WHERE (SELECT count(*) FROM clients) < ?4",
                params![id, document, now, MAX_CLIENTS],
            )
        };
        if self.shared.store.run(work).await? == 0 {
            return Err(OAuthError::new(ErrorCode::TooManyRequests, "too many clients are registered"));
        }
        Ok(json!({
            "client_id": client.id, "client_id_issued_at": now, "client_name": client.name,
            "redirect_uris": client.redirect_uris, "grant_types": client.grants, "response_types": ["code"],
            "token_endpoint_auth_method": "none", "application_type": kind, "scope": client.scopes.to_string(),
            "dpop_bound_access_tokens": client.dpop_bound,
        }))
    }
}
