//! What lies on a disk is encrypted: AES-256-GCM, each time with a new nonce.
//!
//! Sealed bytes are one byte for the format (1), the nonce (12 bytes), and the ciphertext with its tag.

use aws_lc_rs::aead::{AES_256_GCM, Aad, NONCE_LEN, Nonce, RandomizedNonceKey};
use rand::RngExt;
use secrecy::{SecretSlice, zeroize::Zeroizing};

const FORMAT: u8 = 1;
/// Bytes of a key.
pub const KEY_BYTES: usize = 32;

/// Why something cannot be sealed or opened.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum SealError {
    /// A key has 32 bytes.
    #[error("the key is damaged")]
    Key,
    /// The bytes are not what was sealed, or were sealed with another key or for another place.
    #[error("the content is damaged, was moved here, or was sealed with another key")]
    Damaged,
}

/// A key that seals and opens.
pub struct Key(RandomizedNonceKey);

impl Key {
    /// The bytes of a new key.
    pub fn generate() -> SecretSlice<u8> {
        rand::rng().random::<[u8; KEY_BYTES]>().to_vec().into()
    }

    /// The key that has these bytes.
    ///
    /// # Errors
    /// [`SealError::Key`].
    pub fn new(bytes: &[u8]) -> Result<Self, SealError> {
        RandomizedNonceKey::new(&AES_256_GCM, bytes).map(Self).map_err(|_| SealError::Key)
    }

    /// Seals `content`. It opens only with the same `place`, so that it cannot be moved to another.
    ///
    /// # Errors
    /// The content is longer than the cipher allows.
    pub fn seal(&self, content: &[u8], place: &[u8]) -> Result<Vec<u8>, SealError> {
        // Room for the tag, so that nothing in clear is left behind when it grows.
        let mut bytes = Vec::with_capacity(content.len() + AES_256_GCM.tag_len());
        bytes.extend_from_slice(content);
        let nonce = self.0.seal_in_place_append_tag(Aad::from(place), &mut bytes).map_err(|_| SealError::Damaged)?;
        Ok([&[FORMAT][..], nonce.as_ref(), &bytes].concat())
    }

    /// Opens what was sealed for `place`.
    ///
    /// # Errors
    /// [`SealError::Damaged`].
    pub fn open(&self, sealed: &[u8], place: &[u8]) -> Result<Zeroizing<Vec<u8>>, SealError> {
        let (&format, rest) = sealed.split_first().ok_or(SealError::Damaged)?;
        let (nonce, content) = rest.split_at_checked(NONCE_LEN).ok_or(SealError::Damaged)?;
        let nonce = Nonce::try_assume_unique_for_key(nonce).map_err(|_| SealError::Damaged)?;
        if format != FORMAT {
            return Err(SealError::Damaged);
        }
        let mut content = Zeroizing::new(content.to_vec());
        let opened = self.0.open_in_place(nonce, Aad::from(place), &mut content).map_err(|_| SealError::Damaged)?;
        let length = opened.len();
        content.truncate(length);
        Ok(content)
    }
}

#[cfg(test)]
mod tests {
    use secrecy::ExposeSecret;

    use super::*;

    #[test]
    fn opens_with_the_same_key_at_the_same_place_and_unchanged() {
        let key = |bytes: &SecretSlice<u8>| Key::new(bytes.expose_secret()).expect("32 bytes");
        let (one, two) = (Key::generate(), Key::generate());
        let sealed = key(&one).seal(b"a token", b"here").expect("seals");
        assert_eq!(key(&one).open(&sealed, b"here").expect("opens").as_slice(), b"a token");
        assert!(!sealed.windows(5).any(|window| window == b"token"), "nothing in clear");
        assert_ne!(key(&one).seal(b"a token", b"here").expect("seals"), sealed, "another nonce");
        assert_eq!(key(&two).open(&sealed, b"here"), Err(SealError::Damaged));
        assert_eq!(key(&one).open(&sealed, b"there"), Err(SealError::Damaged));
        for index in 0..sealed.len() {
            let mut changed = sealed.clone();
            changed[index] ^= 1;
            assert_eq!(key(&one).open(&changed, b"here"), Err(SealError::Damaged), "byte {index}");
            assert_eq!(key(&one).open(&sealed[..index], b"here"), Err(SealError::Damaged), "{index} bytes");
        }
        assert!(matches!(Key::new(b"short"), Err(SealError::Key)));
    }
}
