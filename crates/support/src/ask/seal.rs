//! State that travels through the client and comes back as it was: signed, bound, and with an expiry.

use std::{
    collections::HashMap,
    sync::Mutex,
    time::{Duration, Instant},
};

use base64::{Engine, engine::general_purpose::STANDARD};
use rand::RngExt;
use rmcp::model::{RequestStateCodec, RequestStateError, SealOptions};
use secrecy::{ExposeSecret, SecretString};
use serde::{Serialize, de::DeserializeOwned};
use sha2::{Digest, Sha256};

use super::PATIENCE;

/// Why a sealed state was refused, or could not be made.
#[derive(Debug, thiserror::Error)]
pub enum SealError {
    /// The key is no base64, or shorter than 32 bytes.
    #[error("the state key must be at least 32 bytes in base64")]
    Key,
    /// The codec's own reason: tampered, expired, malformed.
    #[error(transparent)]
    Codec(#[from] RequestStateError),
    /// The state may be acted upon once, and has been.
    #[error("the state has been used already")]
    Spent,
    /// More states are being remembered than there is room for.
    #[error("too many states have been used lately")]
    Full,
}

/// States that are remembered as used, until they have expired.
const MAX_SPENT: usize = 100_000;

/// Seals and opens state with a key of this server (HMAC-SHA-256). The content is signed, not encrypted: never put a
/// secret into it.
pub struct Sealer {
    codec: RequestStateCodec,
    life: Duration,
    /// States that have been acted upon, and until when they have to be remembered.
    spent: Mutex<HashMap<String, Instant>>,
}

impl Sealer {
    /// A sealer with a random key: its state is worth nothing after a restart, nor in another process.
    pub fn random() -> Self {
        let key: [u8; 32] = rand::rng().random();
        Self::new(RequestStateCodec::new_unchecked(key.to_vec()))
    }

    /// A sealer with a key that several processes share: at least 32 bytes in base64.
    ///
    /// # Errors
    /// [`SealError::Key`].
    pub fn with_key(key: &SecretString) -> Result<Self, SealError> {
        let key = STANDARD.decode(key.expose_secret().trim()).map_err(|_| SealError::Key)?;
        let codec = RequestStateCodec::try_new(key).map_err(|_| SealError::Key)?;
        Ok(Self::new(codec))
    }

    fn new(codec: RequestStateCodec) -> Self {
        Self { codec, life: PATIENCE, spent: Mutex::default() }
    }

    /// The same sealer for state that lives for `life`.
    #[must_use]
    pub fn with_life(mut self, life: Duration) -> Self {
        self.life = life;
        self
    }

    /// Seals something that goes through the client, such as a cursor, for one principal and one purpose.
    ///
    /// # Errors
    /// `content` cannot be written as JSON.
    pub fn seal_for(&self, principal: &str, purpose: &str, content: &impl Serialize) -> Result<String, SealError> {
        self.seal(content, &binding(principal, purpose, &()))
    }

    /// Opens what [`Sealer::seal_for`] has sealed.
    ///
    /// # Errors
    /// It was tampered with, has expired, or was sealed for another principal or purpose.
    pub fn open_for<T: DeserializeOwned>(&self, principal: &str, purpose: &str, sealed: &str) -> Result<T, SealError> {
        self.open(sealed, &binding(principal, purpose, &()))
    }

    /// Refuses a state that was marked as used.
    pub(super) fn check_unspent(&self, number: &str) -> Result<(), SealError> {
        let is_spent = self.spent.lock().is_ok_and(|spent| spent.contains_key(number));
        if is_spent { Err(SealError::Spent) } else { Ok(()) }
    }

    /// Marks a state as used, by its number. In this process only: several processes that share a key need a store.
    pub(super) fn spend(&self, number: &str) -> Result<(), SealError> {
        let Ok(mut spent) = self.spent.lock() else { return Err(SealError::Full) };
        let now = Instant::now();
        if spent.len() >= MAX_SPENT {
            spent.retain(|_, until| *until > now);
        }
        if spent.contains_key(number) {
            return Err(SealError::Spent);
        }
        if spent.len() >= MAX_SPENT {
            return Err(SealError::Full);
        }
        spent.insert(number.to_owned(), now + self.life);
        Ok(())
    }

    pub(super) fn seal(&self, state: &impl Serialize, binding: &[u8]) -> Result<String, SealError> {
        let options = SealOptions::new().associated_data(binding).ttl(self.life);
        Ok(self.codec.seal_json_with(state, &options)?)
    }

    pub(super) fn open<T: DeserializeOwned>(&self, sealed: &str, binding: &[u8]) -> Result<T, SealError> {
        Ok(self.codec.open_json_with(sealed, binding)?)
    }
}

/// What a state is bound to. Each part goes in with its length, so that no two calls share a binding.
pub(super) fn binding(principal: &str, method: &str, arguments: &impl Serialize) -> Vec<u8> {
    // A type that cannot be serialized binds to nothing that it could be confused with.
    let arguments = serde_json::to_vec(arguments).unwrap_or_default();
    let mut hash = Sha256::new();
    for part in [principal.as_bytes(), method.as_bytes(), &arguments] {
        hash.update((part.len() as u64).to_be_bytes());
        hash.update(part);
    }
    hash.finalize().to_vec()
}

#[cfg(test)]
mod tests {
    use super::*;

    const CALL: &str = "tools/call delete";

    #[test]
    fn a_state_opens_only_where_it_was_sealed() {
        let sealer = Sealer::random();
        let bound = binding("alice", CALL, &("record", 7));
        let sealed = sealer.seal(&"state", &bound).expect("seals");
        assert_eq!(sealer.open::<String>(&sealed, &bound).expect("opens"), "state");

        for (what, other) in [
            ("another principal", binding("bob", CALL, &("record", 7))),
            ("another method", binding("alice", "tools/call keep", &("record", 7))),
            ("other arguments", binding("alice", CALL, &("record", 8))),
            ("shifted parts", binding("alicetools/call", " delete", &("record", 7))),
        ] {
            assert!(sealer.open::<String>(&sealed, &other).is_err(), "{what}");
        }
        assert!(sealer.open::<String>(&format!("{sealed}x"), &bound).is_err(), "tampered");
        assert!(Sealer::random().open::<String>(&sealed, &bound).is_err(), "another key");
    }

    #[test]
    fn a_state_is_spent_once() {
        let sealer = Sealer::random();
        assert!(sealer.spend("a").is_ok() && sealer.spend("b").is_ok());
        assert!(matches!(sealer.spend("a"), Err(SealError::Spent)));
    }

    #[test]
    fn a_cursor_is_for_one_principal_and_one_list() {
        let sealer = Sealer::random();
        let cursor = sealer.seal_for("alice", "resources/list", &7).expect("seals");
        assert_eq!(sealer.open_for::<u32>("alice", "resources/list", &cursor).expect("opens"), 7);
        assert!(sealer.open_for::<u32>("bob", "resources/list", &cursor).is_err());
        assert!(sealer.open_for::<u32>("alice", "tools/list", &cursor).is_err());
    }

    #[test]
    fn a_state_expires() {
        let sealer = Sealer::random().with_life(Duration::from_millis(1));
        let sealed = sealer.seal(&1, b"").expect("seals");
        while sealer.open::<i32>(&sealed, b"").is_ok() {
            std::thread::yield_now();
        }
        assert!(matches!(sealer.open::<i32>(&sealed, b""), Err(SealError::Codec(RequestStateError::Expired))));
    }

    #[test]
    fn keys_are_long_base64() {
        for bad in ["", "short", "AAAA", "%%%"] {
            assert!(matches!(Sealer::with_key(&bad.into()), Err(SealError::Key)), "{bad}");
        }
        let key: SecretString = STANDARD.encode([7_u8; 32]).into();
        let (one, two) = (Sealer::with_key(&key).expect("a key"), Sealer::with_key(&key).expect("a key"));
        let sealed = one.seal(&"x", b"b").expect("seals");
        assert_eq!(two.open::<String>(&sealed, b"b").expect("opens"), "x", "processes with one key share state");
    }
}
