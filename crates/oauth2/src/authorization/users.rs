//! The people who can sign in, and the hash of their password.

use argon2::{
    Argon2,
    password_hash::{PasswordHash, PasswordHasher, PasswordVerifier, SaltString, rand_core::OsRng},
};
use tokio::sync::Semaphore;

use super::OAuthError;

/// Passwords that are checked at a time: each takes 19 MiB and a core for some 30 ms.
const CHECKS: usize = 2;
/// Longest password, in bytes.
pub const MAX_PASSWORD_BYTES: usize = 200;

/// The demo users, with one password.
// Production: the demo users share one password that is set by a variable. Put a directory and a second factor here.
pub struct Users {
    names: Vec<String>,
    hash: String,
    checks: Semaphore,
}

impl Users {
    /// Users with these names. Blocks for as long as a check does.
    ///
    /// # Errors
    /// The hash cannot be computed.
    pub fn new(names: Vec<String>, password: &str) -> anyhow::Result<Self> {
        let salt = SaltString::generate(&mut OsRng);
        let hash = Argon2::default().hash_password(password.as_bytes(), &salt);
        let hash = hash.map_err(|error| anyhow::anyhow!("cannot hash the password: {error}"))?.to_string();
        Ok(Self { names, hash, checks: Semaphore::new(CHECKS) })
    }

    /// Whether this name has this password. Takes as long for a name that nobody has.
    pub(super) async fn check(&self, name: &str, password: String) -> Result<bool, OAuthError> {
        let failed = |error: &dyn std::fmt::Display| OAuthError::internal("checking a password", error);
        let _turn = self.checks.acquire().await.map_err(|error| failed(&error))?;
        let hash = self.hash.clone();
        let is_right = tokio::task::spawn_blocking(move || {
            let hash = PasswordHash::new(&hash).ok()?;
            Some(Argon2::default().verify_password(password.as_bytes(), &hash).is_ok())
        });
        let is_right = is_right.await.map_err(|error| failed(&error))?;
        Ok(is_right == Some(true) && self.names.iter().any(|known| known == name))
    }
}
