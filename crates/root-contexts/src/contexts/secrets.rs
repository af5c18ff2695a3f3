//! Secret metadata at rest: XChaCha20-Poly1305, with a key that the operator holds.
//!
//! What is stored: one byte for the format (1), four bytes that name the key, the nonce (24 bytes), then the ciphertext
//! with its tag. The nonce is random, which 192 bits allow for any number of values. The context's handle and the
//! field's name are bound in, so that a value moved to another row does not open.

use base64::{Engine, engine::general_purpose::STANDARD};
use chacha20poly1305::{
    XChaCha20Poly1305,
    aead::{Aead, KeyInit, Payload},
};
use rand::RngExt;
use secrecy::{ExposeSecret, SecretString};
use sha2::{Digest, Sha256};

const FORMAT: u8 = 1;
const KEY_ID: usize = 4;
const NONCE: usize = 24;
const HEAD: usize = 1 + KEY_ID + NONCE;

/// Why a secret cannot be kept or shown.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum SecretError {
    /// The setting is no list of keys.
    #[error("a key for secret metadata must be 32 bytes in base64; several are separated by commas, the newest first")]
    BadKey,
    /// The operator has set no key.
    #[error("this server has no key for secret metadata")]
    NoKey,
    /// The value was encrypted with a key that this server does not have.
    #[error("the value was encrypted with the key {key_id}, which this server does not have")]
    OtherKey {
        /// The key's name: the first bytes of a hash of it.
        key_id: String,
    },
    /// The stored bytes are not what was stored, or not where.
    #[error("the stored value is damaged, or was moved from another place")]
    Damaged,
}

/// The keys of this server: the first encrypts, each decrypts what it has encrypted.
#[derive(Clone, Default)]
pub struct Keys(Vec<(KeyId, XChaCha20Poly1305)>);

type KeyId = [u8; KEY_ID];

impl std::fmt::Debug for Keys {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "{} keys", self.0.len())
    }
}

impl Keys {
    /// Reads one or more keys, with commas between them, the newest first.
    ///
    /// # Errors
    /// [`SecretError::BadKey`].
    pub fn parse(setting: &SecretString) -> Result<Self, SecretError> {
        let keys = setting.expose_secret().split(',').map(|key| {
            let key = STANDARD.decode(key.trim()).map_err(|_| SecretError::BadKey)?;
            let cipher = XChaCha20Poly1305::new_from_slice(&key).map_err(|_| SecretError::BadKey)?;
            let digest = Sha256::new().chain_update(b"mcp-root-contexts/key-id/1").chain_update(&key).finalize();
            let mut id = KeyId::default();
            id.copy_from_slice(&digest[..KEY_ID]);
            Ok((id, cipher))
        });
        keys.collect::<Result<_, _>>().map(Self)
    }

    /// Whether there is a key to encrypt with.
    pub fn can_encrypt(&self) -> bool {
        !self.0.is_empty()
    }

    /// Encrypts the value of a field.
    ///
    /// # Errors
    /// [`SecretError::NoKey`].
    pub fn encrypt(&self, context_id: &str, field: &str, value: &SecretString) -> Result<Vec<u8>, SecretError> {
        let (id, cipher) = self.0.first().ok_or(SecretError::NoKey)?;
        let nonce: [u8; NONCE] = rand::rng().random();
        let payload = Payload { msg: value.expose_secret().as_bytes(), aad: &place(context_id, field) };
        // It fails for values of many gigabytes only.
        let ciphertext = cipher.encrypt(&nonce.into(), payload).map_err(|_| SecretError::Damaged)?;
        Ok([&[FORMAT][..], id, &nonce, &ciphertext].concat())
    }

    /// Decrypts what [`Keys::encrypt`] has made for the same field.
    ///
    /// # Errors
    /// The key is another one, or the bytes are not those that were stored there.
    pub fn decrypt(&self, context_id: &str, field: &str, stored: &[u8]) -> Result<SecretString, SecretError> {
        if stored.len() < HEAD || stored[0] != FORMAT {
            return Err(SecretError::Damaged);
        }
        if self.0.is_empty() {
            return Err(SecretError::NoKey);
        }
        let (id, nonce, ciphertext) = (&stored[1..=KEY_ID], &stored[1 + KEY_ID..HEAD], &stored[HEAD..]);
        let nonce: [u8; NONCE] = nonce.try_into().map_err(|_| SecretError::Damaged)?;
        let Some((_, cipher)) = self.0.iter().find(|(known, _)| known == id) else {
            let key_id = id.iter().map(|byte| format!("{byte:02x}")).collect();
            return Err(SecretError::OtherKey { key_id });
        };
        let payload = Payload { msg: ciphertext, aad: &place(context_id, field) };
        let value = cipher.decrypt(&nonce.into(), payload).map_err(|_| SecretError::Damaged)?;
        String::from_utf8(value).map(SecretString::from).map_err(|_| SecretError::Damaged)
    }
}

/// Where a value belongs. Handles have one length, so no two places are written alike.
fn place(context_id: &str, field: &str) -> Vec<u8> {
    format!("mcp-root-contexts/secret/1/{context_id}/{field}").into_bytes()
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    fn keys(bytes: &[u8]) -> Keys {
        let list: Vec<String> = bytes.iter().map(|byte| STANDARD.encode([*byte; 32])).collect();
        Keys::parse(&list.join(", ").into()).expect("keys")
    }

    fn opened(keys: &Keys, place: (&str, &str), stored: &[u8]) -> Result<String, SecretError> {
        keys.decrypt(place.0, place.1, stored).map(|value| value.expose_secret().to_owned())
    }

    #[test]
    fn a_value_opens_where_it_was_stored_with_the_key_it_was_stored_with() {
        let stored = keys(&[1]).encrypt("c1", "iban", &"DE00".into()).expect("encrypts");
        assert_eq!(opened(&keys(&[1]), ("c1", "iban"), &stored).as_deref(), Ok("DE00"));
        assert_eq!(opened(&keys(&[2, 1]), ("c1", "iban"), &stored).as_deref(), Ok("DE00"), "an older key still opens");
        assert_eq!(opened(&keys(&[1]), ("c2", "iban"), &stored), Err(SecretError::Damaged), "another context");
        assert_eq!(opened(&keys(&[1]), ("c1", "name"), &stored), Err(SecretError::Damaged), "another field");
        assert!(matches!(opened(&keys(&[2]), ("c1", "iban"), &stored), Err(SecretError::OtherKey { .. })));
        assert_eq!(opened(&Keys::default(), ("c1", "iban"), &stored), Err(SecretError::NoKey));
        let again = keys(&[1]).encrypt("c1", "iban", &"DE00".into()).expect("encrypts");
        assert_ne!(stored, again, "each value has a nonce of its own");
        assert_ne!(stored[1..5], keys(&[2, 1]).encrypt("c1", "iban", &"x".into()).expect("encrypts")[1..5]);
        for at in 5..stored.len() {
            let mut changed = stored.clone();
            changed[at] ^= 1;
            assert_eq!(opened(&keys(&[1]), ("c1", "iban"), &changed), Err(SecretError::Damaged), "byte {at}");
        }
        for short in [&stored[..HEAD - 1], &[], &[2; 60][..]] {
            assert_eq!(opened(&keys(&[1]), ("c1", "iban"), short), Err(SecretError::Damaged));
        }
    }

    #[test]
    fn keys_are_32_bytes_in_base64() {
        for bad in ["", "short", "AAAA", &STANDARD.encode([1; 31]), &format!("{},", STANDARD.encode([1; 32]))] {
            assert_eq!(Keys::parse(&bad.into()).err(), Some(SecretError::BadKey), "{bad}");
        }
        assert!(!Keys::default().can_encrypt());
        assert_eq!(Keys::default().encrypt("c", "f", &"x".into()), Err(SecretError::NoKey));
    }

    proptest! {
        #[test]
        fn what_goes_in_comes_out(value in "\\PC{0,300}", field in "[a-z]{1,20}") {
            let keys = keys(&[7]);
            let stored = keys.encrypt("0123", &field, &value.clone().into()).expect("encrypts");
            prop_assert_eq!(opened(&keys, ("0123", &field), &stored), Ok(value.clone()));
            let shows = stored.windows(value.len().max(1)).any(|bytes| bytes == value.as_bytes());
            prop_assert!(value.len() < 8 || !shows);
        }
    }
}
