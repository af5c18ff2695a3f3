//! The cache as an encrypted file. Several processes may use it: readers see one version or the next, writers take turns.

use std::{
    fs::{File, OpenOptions, TryLockError},
    io::{ErrorKind, Read},
    path::PathBuf,
    time::{Duration, Instant},
};

use mcp_support::private_file;
use sha2::{Digest, Sha256};

use super::{CacheError, Entry, key::KeySource};
use crate::settings::Directory;

/// Longest file that is read, in bytes.
const MAX_BYTES: u64 = 1024 * 1024;
/// How long a writer waits for its turn.
const PATIENCE: Duration = Duration::from_secs(5);
const LOCK: &str = "lock";

pub(super) struct SealedFile {
    folder: PathBuf,
    path: PathBuf,
    key: KeySource,
    /// Whose tokens these are: bound in, so that a file under another name does not open.
    place: String,
}

impl SealedFile {
    pub(super) fn new(folder: PathBuf, key: KeySource, directory: &Directory) -> Result<Self, CacheError> {
        private_file::make_folder(&folder)?;
        let place = format!("{} {}", directory.authority.issuer(), directory.client_id);
        let hash = Sha256::digest(place.as_bytes());
        let name: String = hash.iter().take(8).map(|byte| format!("{byte:02x}")).collect();
        // Each key has its own file: who loses sight of the keyring for one run keeps what it guards.
        let kind = if key == KeySource::Keyring { "keyring" } else { "file" };
        let path = folder.join(format!("tokens-{name}.{kind}"));
        Ok(Self { folder, path, key, place })
    }

    pub(super) fn describe(&self) -> String {
        let key = match self.key {
            KeySource::Keyring => "in the operating system's keyring",
            KeySource::File => "in a file beside it that only you can read",
        };
        format!("encrypted in {}; the key is {key}", self.path.display())
    }

    pub(super) fn load(&self) -> Result<Option<Entry>, CacheError> {
        let Some(sealed) = self.read()? else { return Ok(None) };
        if let Some(entry) = self.opened(&sealed)? {
            return Ok(Some(entry));
        }
        // Perhaps another process was about to write both the key and the file: look again when nobody writes.
        let _lock = self.lock()?;
        let Some(sealed) = self.read()? else { return Ok(None) };
        let entry = self.opened(&sealed)?;
        if entry.is_none() {
            tracing::warn!(path = %self.path.display(), "the token cache does not open any more; it is as if signed out");
            std::fs::remove_file(&self.path)?;
        }
        Ok(entry)
    }

    /// Writes `entry`, if what it was made from (if anything) is still there.
    pub(super) fn replace(&self, made_from: Option<&str>, entry: &Entry) -> Result<bool, CacheError> {
        let _lock = self.lock()?;
        if made_from.is_some() && self.revision()?.as_deref() != made_from {
            return Ok(false);
        }
        let key = self.key.load_or_make(&self.folder)?;
        private_file::replace(&self.path, &key.seal(self.place.as_bytes(), &entry.write())?)?;
        Ok(true)
    }

    /// Forgets everything, or only this version.
    pub(super) fn forget(&self, only: Option<&str>) -> Result<bool, CacheError> {
        let _lock = self.lock()?;
        if only.is_some() && self.revision()?.as_deref() != only {
            return Ok(false);
        }
        match std::fs::remove_file(&self.path) {
            Ok(()) => Ok(true),
            Err(error) if error.kind() == ErrorKind::NotFound => Ok(false),
            Err(error) => Err(error.into()),
        }
    }

    /// Which version is there. Only whoever holds the lock may act on it.
    fn revision(&self) -> Result<Option<String>, CacheError> {
        let Some(sealed) = self.read()? else { return Ok(None) };
        Ok(self.opened(&sealed)?.map(|entry| entry.revision().to_owned()))
    }

    fn opened(&self, sealed: &[u8]) -> Result<Option<Entry>, CacheError> {
        let key = self.key.load(&self.folder)?;
        let bytes = key.and_then(|key| key.open(self.place.as_bytes(), sealed));
        Ok(bytes.and_then(|bytes| Entry::read(&bytes)))
    }

    fn read(&self) -> Result<Option<Vec<u8>>, CacheError> {
        let file = match File::open(&self.path) {
            Ok(file) => file,
            Err(error) if error.kind() == ErrorKind::NotFound => return Ok(None),
            Err(error) => return Err(error.into()),
        };
        let mut bytes = Vec::new();
        file.take(MAX_BYTES).read_to_end(&mut bytes)?;
        Ok(Some(bytes))
    }

    /// Held until it is dropped; the system lets go of it when the process ends, however it ends.
    fn lock(&self) -> Result<File, CacheError> {
        private_file::make_folder(&self.folder)?;
        let path = private_file::make(&self.folder, LOCK)?;
        let file = OpenOptions::new().write(true).open(path)?;
        let until = Instant::now() + PATIENCE;
        loop {
            match file.try_lock() {
                Ok(()) => return Ok(file),
                Err(TryLockError::WouldBlock) if Instant::now() < until => {
                    std::thread::sleep(Duration::from_millis(10));
                }
                Err(TryLockError::WouldBlock) => return Err(CacheError::Busy),
                Err(TryLockError::Error(error)) => return Err(error.into()),
            }
        }
    }
}
