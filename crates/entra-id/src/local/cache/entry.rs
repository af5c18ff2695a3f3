//! What is kept: who has signed in, and the tokens that came with it.

use std::collections::BTreeSet;

use rand::RngExt;
use schemars::JsonSchema;
use secrecy::{ExposeSecret, SecretString, zeroize::Zeroizing};
use serde::{Deserialize, Serialize};

/// Who has signed in.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct Account {
    /// Id of the person in the directory (`oid`): a GUID.
    pub object_id: String,
    /// Id of the tenant (`tid`): a GUID.
    pub tenant_id: String,
    /// How the person signs in. It can change, so nothing is decided by it.
    pub username: Option<String>,
    /// Name for people.
    pub name: Option<String>,
}

/// An access token for Graph.
#[derive(Debug, Clone)]
pub struct AccessToken {
    /// The token.
    pub token: SecretString,
    /// Until when it is good, in seconds since 1970.
    pub expires_at: i64,
    /// What it allows.
    pub scopes: BTreeSet<String>,
}

/// The tokens of one account.
#[derive(Debug, Clone)]
pub struct Entry {
    revision: String,
    /// Whose they are.
    pub account: Account,
    /// The newest access token.
    pub access: AccessToken,
    /// For the next one.
    pub refresh_token: Option<SecretString>,
}

/// As it is written, and then encrypted.
#[derive(Serialize)]
struct Written<'a> {
    revision: &'a str,
    account: &'a Account,
    access_token: &'a str,
    expires_at: i64,
    scopes: &'a BTreeSet<String>,
    refresh_token: Option<&'a str>,
}

#[derive(Deserialize)]
struct Read {
    revision: String,
    account: Account,
    access_token: String,
    expires_at: i64,
    scopes: BTreeSet<String>,
    refresh_token: Option<String>,
}

impl Entry {
    /// Tokens as they have just come.
    pub fn new(account: Account, access: AccessToken, refresh_token: Option<SecretString>) -> Self {
        let revision = format!("{:032x}", rand::rng().random::<u128>());
        Self { revision, account, access, refresh_token }
    }

    /// Tells this version of the tokens from every other.
    pub fn revision(&self) -> &str {
        &self.revision
    }

    pub(super) fn write(&self) -> Zeroizing<Vec<u8>> {
        let written = Written {
            revision: &self.revision,
            account: &self.account,
            access_token: self.access.token.expose_secret(),
            expires_at: self.access.expires_at,
            scopes: &self.access.scopes,
            refresh_token: self.refresh_token.as_ref().map(SecretString::expose_secret),
        };
        // Texts and numbers can be written.
        Zeroizing::new(serde_json::to_vec(&written).unwrap_or_default())
    }

    /// `None` for anything that [`Entry::write`] has not written.
    pub(super) fn read(bytes: &[u8]) -> Option<Self> {
        let read: Read = serde_json::from_slice(bytes).ok()?;
        let access = AccessToken { token: read.access_token.into(), expires_at: read.expires_at, scopes: read.scopes };
        let refresh_token = read.refresh_token.map(Into::into);
        Some(Self { revision: read.revision, account: read.account, access, refresh_token })
    }
}
