//! What a client asks a person for, from the authorization request until the person's decision.
//!
//! A request lives ten minutes, belongs to the browser that brought it, and is decided once. A browser is known by a
//! random cookie, and carries no more than that: who has signed in stands in the database.

use mcp_support::web;
use rusqlite::{OptionalExtension, params};
use serde::{Deserialize, Serialize};
use subtle::ConstantTimeEq;

use super::{
    AuthorizationServer, ErrorCode, OAuthError,
    binding::Thumbprint,
    client::{Client, Grant},
    pkce, secret, tokens,
};
use crate::scope::Scopes;

/// Seconds that a person has to decide.
pub const REQUEST_SECONDS: i64 = 600;
/// Longest `state`, in bytes.
const MAX_STATE_BYTES: usize = 2048;

/// The parameters of an authorization request.
#[derive(Debug, Clone, Default)]
pub struct Asked {
    /// `client_id`
    pub client_id: Option<String>,
    /// `redirect_uri`
    pub redirect_uri: Option<String>,
    /// `response_type`
    pub response_type: Option<String>,
    /// `state`
    pub state: Option<String>,
    /// `scope`
    pub scope: Option<String>,
    /// `resource`
    pub resource: Option<String>,
    /// `code_challenge`
    pub code_challenge: Option<String>,
    /// `code_challenge_method`
    pub code_challenge_method: Option<String>,
    /// `dpop_jkt`
    pub dpop_jkt: Option<String>,
}

/// A request that a person is to decide.
#[derive(Debug, Clone, Serialize, Deserialize)]
pub struct Request {
    /// Who asks.
    pub client_id: String,
    /// What it calls itself.
    pub client_name: String,
    /// Where the code will go.
    pub redirect_uri: String,
    /// What the client wants back unchanged.
    pub state: Option<String>,
    /// What is asked for.
    pub scopes: Scopes,
    /// The server that the token will be good for.
    pub resource: String,
    pub(super) challenge: String,
    pub(super) refresh: bool,
    pub(super) dpop_jkt: Option<Thumbprint>,
}

/// Why there is no request to decide.
#[derive(Debug)]
pub enum Refused {
    /// The client or its redirect URI is not known: nothing may be sent there, so the person is told.
    ToPerson(OAuthError),
    /// The client is told, at its redirect URI.
    ToClient(String),
}

/// A request as its browser opens it.
#[derive(Debug, Clone)]
pub struct Opened {
    /// The request.
    pub request: Request,
    /// What its forms must send back.
    pub csrf: String,
    /// Who has signed in.
    pub user: Option<String>,
}

impl AuthorizationServer {
    /// Takes an authorization request for a browser, and returns its number.
    ///
    /// # Errors
    /// See [`Refused`].
    pub async fn ask(&self, asked: Asked, browser: &str) -> Result<String, Refused> {
        let missing = |name: &str| Refused::ToPerson(OAuthError::request(format!("{name} is missing")));
        let id = asked.client_id.as_deref().ok_or_else(|| missing("client_id"))?;
        self.shared.asked.count(browser, self.shared.clock.now()).map_err(Refused::ToPerson)?;
        let client = self.client(id).await.map_err(Refused::ToPerson)?;
        let redirect_uri = asked.redirect_uri.clone().ok_or_else(|| missing("redirect_uri"))?;
        if !web::is_registered(&redirect_uri, &client.redirect_uris) {
            // Spec(OAuth 2.1, section 4.1.2.1): never redirect to a URI that is not registered.
            let text = "redirect_uri is not one of this client's";
            return Err(Refused::ToPerson(OAuthError::request(text)));
        }
        let state = asked.state.clone();
        let request = self.check(&client, asked, redirect_uri.clone());
        let request =
            request.map_err(|error| Refused::ToClient(self.error_redirect(&redirect_uri, state.as_deref(), &error)))?;
        let (id, csrf, browser) = (secret::random(), secret::random(), secret::hash(browser));
        let (number, expires) = (id.clone(), self.shared.clock.now() + REQUEST_SECONDS);
        let work = move |transaction: &rusqlite::Transaction<'_>| {
            transaction.execute(
                "INSERT INTO requests (id, browser, csrf, document, expires) VALUES (?1, ?2, ?3, ?4, ?5)",
                params![id, browser, csrf, tokens::document(&request)?, expires],
            )
        };
        self.shared.store.run(work).await.map_err(Refused::ToPerson)?;
        Ok(number)
    }

    fn check(&self, client: &Client, asked: Asked, redirect_uri: String) -> Result<Request, OAuthError> {
        client.may(Grant::AuthorizationCode)?;
        if asked.response_type.as_deref() != Some("code") {
            return Err(OAuthError::new(ErrorCode::UnsupportedResponseType, "response_type must be code"));
        }
        if asked.state.as_ref().is_some_and(|state| state.len() > MAX_STATE_BYTES) {
            return Err(OAuthError::request("state is too long"));
        }
        let challenge = pkce::check_challenge(asked.code_challenge.as_deref(), asked.code_challenge_method.as_deref())?;
        let dpop_jkt = asked.dpop_jkt.as_deref().map(str::parse).transpose();
        let dpop_jkt = dpop_jkt.map_err(|error| OAuthError::request(format!("dpop_jkt: {error}")))?;
        if asked.resource.is_none() {
            return Err(OAuthError::new(ErrorCode::InvalidTarget, "resource is missing"));
        }
        Ok(Request {
            client_id: client.id.clone(),
            client_name: client.name.clone(),
            redirect_uri,
            state: asked.state,
            scopes: client.scopes(asked.scope.as_deref())?,
            resource: self.resource(asked.resource.as_deref())?,
            challenge,
            refresh: client.grants.contains(&Grant::RefreshToken),
            dpop_jkt,
        })
    }

    /// Opens a request in the browser that brought it; none when it is over, decided, or another browser's.
    ///
    /// # Errors
    /// The database fails.
    pub async fn open(&self, number: &str, browser: &str) -> Result<Option<Opened>, OAuthError> {
        let (number, browser, now) = (number.to_owned(), secret::hash(browser), self.shared.clock.now());
        let work = move |transaction: &rusqlite::Transaction<'_>| {
            let sql = "SELECT document, csrf FROM requests WHERE id = ?1 AND browser = ?2 AND expires > ?3";
            let row = |row: &rusqlite::Row<'_>| Ok((row.get::<_, String>(0)?, row.get::<_, String>(1)?));
            let found = transaction.query_row(sql, params![number, browser, now], row).optional()?;
            let Some((document, csrf)) = found else { return Ok(None) };
            let sql = "SELECT user FROM browsers WHERE hash = ?1 AND expires > ?2";
            let user = transaction.query_row(sql, params![browser, now], |row| row.get(0)).optional()?;
            Ok(Some(Opened { request: tokens::read(&document)?, csrf, user }))
        };
        self.shared.store.run(work).await
    }

    pub(super) fn error_redirect(&self, uri: &str, state: Option<&str>, error: &OAuthError) -> String {
        self.redirect(uri, &[("error", error.code.as_str()), ("error_description", &error.description)], state)
    }

    pub(super) fn redirect(&self, uri: &str, parameters: &[(&str, &str)], state: Option<&str>) -> String {
        let Ok(mut url) = url::Url::parse(uri) else { return uri.to_owned() };
        url.query_pairs_mut().extend_pairs(parameters);
        if let Some(state) = state {
            url.query_pairs_mut().append_pair("state", state);
        }
        // Spec(RFC 9207): a client of two servers sees which one answered, so that neither gets the other's codes.
        url.query_pairs_mut().append_pair("iss", &self.shared.issuer);
        url.into()
    }
}

impl Opened {
    /// Whether a form came from the page that this server made for this request.
    pub fn is_own_form(&self, csrf: &str) -> bool {
        self.csrf.as_bytes().ct_eq(csrf.as_bytes()).into()
    }
}
