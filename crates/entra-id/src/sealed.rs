//! Tokens at rest: AES-256-GCM, with a key that only this process, or only this user, has.

use std::{io, path::Path};

use aws_lc_rs::aead::{AES_256_GCM, Aad, Nonce, RandomizedNonceKey};
use mcp_support::private_file;

/// Bytes of a key.
pub(crate) const KEY_BYTES: usize = 32;
/// Bytes of a nonce, which stands in front.
const NONCE_BYTES: usize = 12;
/// The file with the key, in the folder of what it seals.
const KEY_FILE: &str = "key";

/// A key that seals. What is sealed says nothing, and opens only for the same name.
pub struct Sealer(RandomizedNonceKey);

impl Sealer {
    /// With a key that ends with this process.
    ///
    /// # Errors
    /// There is no randomness.
    pub fn of_process() -> io::Result<Self> {
        Self::new(&random_key()?)
    }

    /// With the key in this folder, in a file of mode 0600; a new one where there is none. It blocks.
    ///
    /// # Errors
    /// The file cannot be read or written, or holds something else.
    pub fn of_folder(folder: &Path) -> io::Result<Self> {
        let path = private_file::make(folder, KEY_FILE)?;
        let known = std::fs::read(&path)?;
        if known.is_empty() {
            let key = random_key()?;
            std::fs::write(&path, key)?;
            return Self::new(&key);
        }
        Self::new(&known)
    }

    /// With a key that is kept elsewhere.
    pub(crate) fn new(key: &[u8]) -> io::Result<Self> {
        let key = RandomizedNonceKey::new(&AES_256_GCM, key);
        key.map(Self).map_err(|_| io::Error::new(io::ErrorKind::InvalidData, "the key file holds no key"))
    }

    /// Seals for a name.
    ///
    /// # Errors
    /// There is no randomness.
    pub fn seal(&self, name: &[u8], plain: &[u8]) -> io::Result<Vec<u8>> {
        let mut sealed = plain.to_vec();
        let nonce = self.0.seal_in_place_append_tag(Aad::from(name), &mut sealed);
        let nonce = nonce.map_err(|_| io::Error::other("cannot encrypt"))?;
        Ok([nonce.as_ref().as_slice(), &sealed].concat())
    }

    /// Opens what was sealed for this name with this key; nothing else.
    pub fn open(&self, name: &[u8], sealed: &[u8]) -> Option<Vec<u8>> {
        let (nonce, sealed) = sealed.split_at_checked(NONCE_BYTES)?;
        let mut bytes = sealed.to_vec();
        let nonce = Nonce::try_assume_unique_for_key(nonce).ok()?;
        let plain = self.0.open_in_place(nonce, Aad::from(name), &mut bytes).ok()?;
        Some(plain.to_vec())
    }
}

pub(crate) fn random_key() -> io::Result<[u8; KEY_BYTES]> {
    let mut key = [0; KEY_BYTES];
    aws_lc_rs::rand::fill(&mut key).map_err(|_| io::Error::other("no randomness"))?;
    Ok(key)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn opens_for_its_name_and_key_only() {
        let sealer = Sealer::of_process().expect("a key");
        let sealed = sealer.seal(b"ada", b"a token").expect("sealed");
        assert_eq!(sealer.open(b"ada", &sealed).as_deref(), Some(b"a token".as_slice()));
        assert_ne!(sealer.seal(b"ada", b"a token").expect("sealed"), sealed, "another nonce each time");
        assert_eq!(sealer.open(b"grace", &sealed), None, "another's");
        assert_eq!(Sealer::of_process().expect("a key").open(b"ada", &sealed), None, "another key");
        for end in [0, 5, NONCE_BYTES, sealed.len() - 1] {
            assert_eq!(sealer.open(b"ada", &sealed[..end]), None, "cut to {end}");
        }
    }

    #[cfg(unix)]
    #[test]
    fn the_key_file_is_private_and_stays() {
        use std::os::unix::fs::PermissionsExt;
        let folder = tempfile::tempdir().expect("a folder");
        let sealed = Sealer::of_folder(folder.path()).expect("a key").seal(b"", b"x").expect("sealed");
        let file = folder.path().join(KEY_FILE);
        assert_eq!(std::fs::metadata(&file).expect("a file").permissions().mode() & 0o777, 0o600);
        assert!(Sealer::of_folder(folder.path()).expect("the key").open(b"", &sealed).is_some());
        std::fs::write(&file, "no key").expect("written");
        assert!(Sealer::of_folder(folder.path()).is_err());
    }
}
