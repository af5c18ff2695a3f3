//! The key of the cache: in the operating system's keyring, or in a file that only its owner may read.
//!
//! The keyring holds the key and not the tokens: Windows' keeps at most 2560 bytes an entry, which Entra's tokens exceed,
//! and none of them lets two processes take turns. A file beside it does both.

use std::path::Path;

use base64::{Engine, prelude::BASE64_STANDARD};
use mcp_support::private_file;
use secrecy::{ExposeSecret, SecretSlice, SecretString};

use super::CacheError;
use crate::sealed::{KEY_BYTES, Sealer, random_key};

/// How the keyring files the key: under this service and user.
const SERVICE: &str = env!("CARGO_PKG_NAME");
const USER: &str = "key of the token cache";
/// The file with the key.
const FILE: &str = "key";

/// Where the key is.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum KeySource {
    Keyring,
    File,
}

/// Whether there is a keyring. It is not unlocked, which may need the person, before a call needs it.
pub(super) fn keyring() -> Result<(), CacheError> {
    match keyring::Entry::store_status() {
        Ok(()) => Ok(()),
        Err(error) => Err(CacheError::NoKeyring(error.to_string())),
    }
}

impl KeySource {
    /// The key, if there is one.
    pub(super) fn load(self, folder: &Path) -> Result<Option<Sealer>, CacheError> {
        let bytes = match self {
            Self::Keyring => from_keyring()?,
            Self::File => from_file(folder)?,
        };
        // A damaged key is a lost one.
        Ok(bytes.and_then(|bytes| Sealer::new(bytes.expose_secret()).ok()))
    }

    /// The key; a new one where there is none. Only whoever holds the lock may call it.
    pub(super) fn load_or_make(self, folder: &Path) -> Result<Sealer, CacheError> {
        if let Some(key) = self.load(folder)? {
            return Ok(key);
        }
        let bytes = SecretSlice::from(random_key()?.to_vec());
        match self {
            Self::Keyring => {
                // As text: some keyrings, such as KDE's, keep nothing else.
                let text = SecretString::from(BASE64_STANDARD.encode(bytes.expose_secret()));
                entry()?.set_password(text.expose_secret())?;
            }
            Self::File => private_file::replace(&folder.join(FILE), bytes.expose_secret())?,
        }
        Ok(Sealer::new(bytes.expose_secret())?)
    }
}

fn entry() -> Result<keyring::Entry, keyring::Error> {
    keyring::Entry::new(SERVICE, USER)
}

fn from_keyring() -> Result<Option<SecretSlice<u8>>, CacheError> {
    match entry()?.get_password() {
        Ok(text) => {
            let text = SecretString::from(text);
            Ok(BASE64_STANDARD.decode(text.expose_secret()).ok().map(SecretSlice::from))
        }
        Err(keyring::Error::NoEntry) => Ok(None),
        Err(error) => Err(error.into()),
    }
}

fn from_file(folder: &Path) -> Result<Option<SecretSlice<u8>>, CacheError> {
    use std::io::Read;
    let file = match std::fs::File::open(folder.join(FILE)) {
        Ok(file) => file,
        Err(error) if error.kind() == std::io::ErrorKind::NotFound => return Ok(None),
        Err(error) => return Err(error.into()),
    };
    let mut bytes = Vec::with_capacity(KEY_BYTES + 1);
    file.take(KEY_BYTES as u64 + 1).read_to_end(&mut bytes)?;
    Ok(Some(bytes.into()))
}
