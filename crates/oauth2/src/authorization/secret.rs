//! Random strings that are worth something, and the hashes under which they are kept.

use base64::{Engine, prelude::BASE64_URL_SAFE_NO_PAD as BASE64URL};
use rand::RngExt;
use sha2::{Digest, Sha256};

/// 256 random bits in base64url.
pub fn random() -> String {
    let bytes: [u8; 32] = rand::rng().random();
    BASE64URL.encode(bytes)
}

/// What is stored instead of a secret: whoever reads the database cannot use what stands in it. Only for random secrets;
/// passwords need a slow hash.
pub fn hash(secret: &str) -> String {
    BASE64URL.encode(Sha256::digest(secret))
}
