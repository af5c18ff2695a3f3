//! The authorization server: who gets a token, for what, and until when. No HTTP and no MCP here.
//!
//! Read [`requests`] (a client asks), [`decisions`] (a person answers), [`grants`] (a code, a refresh token or a secret
//! becomes a token) and [`tokens`] (what a token says, and how it ends); everything else serves these four.

pub mod binding;
pub mod client;
pub mod client_authentication;
pub mod decisions;
pub mod error;
pub mod grants;
mod just_done;
mod keys;
pub mod limits;
mod looking;
mod metadata_document;
pub mod pkce;
pub mod redirect;
mod registration;
pub mod requests;
pub mod secret;
pub mod store;
#[cfg(test)]
mod tests;
pub mod tokens;
pub mod users;

use std::sync::Arc;

use rusqlite::OptionalExtension;
use serde_json::Value;

pub use self::error::{ErrorCode, OAuthError};
use mcp_support::clock::Clock;

use self::{
    client::Client, just_done::JustDone, limits::Limit, metadata_document::Documents, store::Store, users::Users,
};

/// Where clients exchange what they have for tokens.
pub const TOKEN_PATH: &str = "/oauth2/token";

/// What an authorization server is made of.
pub struct Parts {
    /// Its identifier: an https origin, or http on loopback; no slash at its end.
    pub issuer: String,
    /// The resources that it issues tokens for.
    pub resources: Vec<String>,
    /// Clients that are known without asking; the first is the operator's own.
    pub clients: Vec<Client>,
    /// The people who can sign in.
    pub users: Users,
    /// The database.
    pub store: Store,
    /// The time.
    pub clock: Clock,
    /// Whether clients can register themselves.
    pub registration: bool,
    /// Hosts whose metadata documents are fetched although they are private, or over plain http.
    pub metadata_hosts: Vec<String>,
}

/// The authorization server. A clone is cheap.
#[derive(Clone)]
pub struct AuthorizationServer {
    shared: Arc<Shared>,
}

struct Shared {
    issuer: String,
    resources: Vec<String>,
    clients: Vec<Client>,
    settings_client: String,
    users: Users,
    store: Store,
    clock: Clock,
    registration: bool,
    documents: Documents,
    just_done: JustDone,
    token_requests: Limit,
    strangers: Limit,
    each_stranger: Limit,
    failures: Limit,
    sign_ins: Limit,
    asked: Limit,
    registrations: Limit,
}

impl AuthorizationServer {
    /// Puts the parts together, and makes signing keys where there are none. Blocks.
    ///
    /// # Errors
    /// The database cannot be written.
    pub fn new(parts: Parts) -> anyhow::Result<Self> {
        parts.store.blocking(keys::ensure)?;
        let settings_client = parts.clients.first().map(|client| client.id.clone()).unwrap_or_default();
        let shared = Shared {
            issuer: parts.issuer,
            resources: parts.resources,
            settings_client,
            clients: parts.clients,
            users: parts.users,
            store: parts.store,
            clock: parts.clock,
            registration: parts.registration,
            documents: Documents::new(parts.metadata_hosts),
            just_done: JustDone::default(),
            // Token requests of each known client, of all others together and of each, and the failed ones of each.
            token_requests: Limit::new(600, 60),
            strangers: Limit::new(6000, 60),
            each_stranger: Limit::new(600, 60),
            failures: Limit::new(30, 60),
            sign_ins: Limit::new(5, 300),
            asked: Limit::new(60, 60),
            registrations: Limit::new(20, 60),
        };
        Ok(Self { shared: Arc::new(shared) })
    }

    /// Its identifier.
    pub fn issuer(&self) -> &str {
        &self.shared.issuer
    }

    /// The public keys that its tokens are signed with, as a JWK set.
    ///
    /// # Errors
    /// The database fails.
    pub async fn jwks(&self) -> Result<Value, OAuthError> {
        let now = self.shared.clock.now();
        self.shared.store.run(move |transaction| keys::jwks(transaction, now)).await
    }

    /// Lets the next key sign, and returns its id.
    ///
    /// # Errors
    /// The database fails.
    pub async fn rotate_keys(&self) -> Result<String, OAuthError> {
        let now = self.shared.clock.now();
        self.shared.store.run(move |transaction| keys::rotate(transaction, now)).await
    }

    /// Deletes what has expired.
    ///
    /// # Errors
    /// The database fails.
    pub async fn sweep(&self) -> Result<(), OAuthError> {
        self.shared.store.sweep(self.shared.clock.now()).await
    }

    /// A client by its id: one that is known, one that has registered, or one whose id is the URL of its metadata.
    async fn client(&self, id: &str) -> Result<Client, OAuthError> {
        if let Some(client) = self.shared.clients.iter().find(|client| client.id == id) {
            return Ok(client.clone());
        }
        if metadata_document::is_url(id) {
            return self.shared.documents.client(id, self.shared.clock.now()).await;
        }
        let unknown = OAuthError::client("this client is unknown");
        if !self.shared.registration {
            return Err(unknown);
        }
        let id = id.to_owned();
        let work = move |transaction: &rusqlite::Transaction<'_>| {
            let sql = "SELECT document FROM clients WHERE id = ?1";
            let text: Option<String> = transaction.query_row(sql, [id], |row| row.get(0)).optional()?;
            text.map(|text| tokens::read(&text)).transpose()
        };
        self.shared.store.run(work).await?.ok_or(unknown)
    }

    /// The resource that a token will be good for.
    fn resource(&self, asked: Option<&str>) -> Result<String, OAuthError> {
        match (asked, self.shared.resources.as_slice()) {
            (Some(asked), known) if known.iter().any(|known| known == asked) => Ok(asked.to_owned()),
            // There is nothing to choose.
            (None, [only]) => Ok(only.clone()),
            _ => Err(OAuthError::new(ErrorCode::InvalidTarget, "no tokens are issued here for this resource")),
        }
    }
}
