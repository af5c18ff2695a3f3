//! Who may ask for tokens, and how each proves who it is.

use jsonwebtoken::jwk::JwkSet;
use serde::{Deserialize, Serialize};

use super::{ErrorCode, OAuthError, redirect};
use crate::scope::{Scope, Scopes};

/// Longest name of a client that is shown, in characters.
pub const MAX_NAME_CHARS: usize = 80;
/// Redirect URIs of one client.
pub const MAX_REDIRECTS: usize = 10;

/// A client, however it came to be known.
#[derive(Debug, Clone, Serialize, Deserialize)]
pub struct Client {
    /// Its `client_id`; a URL when its metadata was fetched.
    pub id: String,
    /// What people call it. Whoever wrote the metadata chose it, so the consent page shows the host too.
    pub name: String,
    /// Where codes may be sent.
    pub redirect_uris: Vec<String>,
    /// How it proves who it is.
    pub authentication: Authentication,
    /// How it may get tokens.
    pub grants: Vec<Grant>,
    /// The most that it may ask for.
    pub scopes: Scopes,
    /// Whether it gets no token without a proof of a key (RFC 9449, section 5.2).
    #[serde(default)]
    pub dpop_bound: bool,
}

/// How a client proves who it is at the token endpoint.
#[derive(Debug, Clone, Serialize, Deserialize)]
pub enum Authentication {
    /// Not at all: a program on somebody's machine cannot keep a secret. PKCE protects its codes.
    None,
    /// `client_secret_basic`, with the hash of the secret.
    SecretBasic(String),
    /// `private_key_jwt` (RFC 7523), with its public keys.
    PrivateKeyJwt(Box<JwkSet>),
}

/// A way to get tokens.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Grant {
    /// A person approves in a browser.
    AuthorizationCode,
    /// A refresh token is exchanged for a new pair.
    RefreshToken,
    /// The client acts in its own name.
    ClientCredentials,
}

impl Client {
    /// Whether it keeps no secret and no key: anybody can say that it is this client.
    pub fn is_public(&self) -> bool {
        matches!(self.authentication, Authentication::None)
    }

    /// Checks that this client may use a grant.
    ///
    /// # Errors
    /// It may not.
    pub fn may(&self, grant: Grant) -> Result<(), OAuthError> {
        if self.grants.contains(&grant) {
            return Ok(());
        }
        Err(OAuthError::new(ErrorCode::UnauthorizedClient, "this client may not use this grant"))
    }

    /// The scopes that a request gets: what it asks for, or the least that is of use. Spec(RFC 6749, section 3.3): a server
    /// has a default or refuses; one that nobody has asked for should not be able to delete anything.
    ///
    /// # Errors
    /// One does not exist, or is not for this client.
    pub fn scopes(&self, asked: Option<&str>) -> Result<Scopes, OAuthError> {
        let invalid = |text: String| OAuthError::new(ErrorCode::InvalidScope, text);
        let asked: Scopes = match asked {
            Some(text) => text.parse().map_err(|error: crate::scope::UnknownScope| invalid(error.to_string()))?,
            None => [Scope::Access, Scope::Read].into_iter().filter(|scope| self.scopes.has(*scope)).collect(),
        };
        if asked.is_empty() || !asked.is_within(&self.scopes) {
            return Err(invalid(format!("this client may ask for: {}", self.scopes)));
        }
        Ok(asked)
    }
}

/// Client metadata as RFC 7591 names it: in a document behind a URL, or in a registration.
#[derive(Debug, Clone, Deserialize)]
pub(super) struct Metadata {
    pub(super) client_id: Option<String>,
    #[serde(default)]
    pub(super) client_name: Option<String>,
    #[serde(default)]
    pub(super) redirect_uris: Vec<String>,
    #[serde(default)]
    pub(super) grant_types: Option<Vec<String>>,
    #[serde(default)]
    pub(super) token_endpoint_auth_method: Option<String>,
    #[serde(default)]
    pub(super) application_type: Option<String>,
    #[serde(default)]
    pub(super) scope: Option<String>,
    #[serde(default)]
    pub(super) jwks: Option<JwkSet>,
    #[serde(default)]
    pub(super) dpop_bound_access_tokens: bool,
}

impl Metadata {
    /// The client that these metadata describe.
    pub(super) fn client(self, id: String) -> Result<Client, OAuthError> {
        let invalid = |what: &str| OAuthError::new(ErrorCode::InvalidClientMetadata, what);
        if self.redirect_uris.len() > MAX_REDIRECTS
            || !self.redirect_uris.iter().all(|uri| redirect::may_be_registered(uri))
        {
            return Err(invalid("redirect_uris holds one that is not allowed, or too many"));
        }
        let grants = self.grant_types.unwrap_or_else(|| vec!["authorization_code".to_owned()]);
        let mut known: Vec<Grant> = Vec::new();
        for (name, grant) in [("authorization_code", Grant::AuthorizationCode), ("refresh_token", Grant::RefreshToken)]
        {
            if grants.iter().any(|asked| asked == name) {
                known.push(grant);
            }
        }
        let authentication = match (self.token_endpoint_auth_method.as_deref(), self.jwks) {
            (None | Some("none"), _) => Authentication::None,
            (Some("private_key_jwt"), Some(jwks)) if (1..=8).contains(&jwks.keys.len()) => {
                Authentication::PrivateKeyJwt(Box::new(jwks))
            }
            (Some("private_key_jwt"), _) => return Err(invalid("private_key_jwt needs 1 to 8 keys in jwks")),
            // A secret in a public document is none.
            _ => return Err(invalid("token_endpoint_auth_method must be none or private_key_jwt")),
        };
        let scopes = match &self.scope {
            Some(text) => text.parse().map_err(|_| invalid("scope holds one that does not exist here"))?,
            None => Scopes::all(),
        };
        if self.redirect_uris.is_empty() || !known.contains(&Grant::AuthorizationCode) {
            return Err(invalid("a client needs redirect_uris and the grant authorization_code"));
        }
        let dpop_bound = self.dpop_bound_access_tokens;
        let name: String = self.client_name.unwrap_or_else(|| id.clone());
        let name = name.chars().filter(|letter| !letter.is_control()).take(MAX_NAME_CHARS).collect();
        Ok(Client { id, name, redirect_uris: self.redirect_uris, authentication, grants: known, scopes, dpop_bound })
    }
}
