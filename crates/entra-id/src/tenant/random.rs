//! Random names and secrets, and how they are compared.

use std::fmt::Write as _;

use base64::{Engine, prelude::BASE64_URL_SAFE_NO_PAD as BASE64URL};
use rand::RngExt;
use sha2::{Digest, Sha256};
use subtle::ConstantTimeEq;

/// 256 random bits in base64url.
pub(super) fn secret() -> String {
    BASE64URL.encode(rand::rng().random::<[u8; 32]>())
}

/// A random GUID (version 4).
pub(super) fn guid() -> String {
    let mut bytes: [u8; 16] = rand::rng().random();
    bytes[6] = bytes[6] & 0x0f | 0x40;
    bytes[8] = bytes[8] & 0x3f | 0x80;
    let mut text = String::with_capacity(36);
    for (index, byte) in bytes.iter().enumerate() {
        if [4, 6, 8, 10].contains(&index) {
            text.push('-');
        }
        let _ = write!(text, "{byte:02x}");
    }
    text
}

/// Whether a text has the form of a GUID.
pub(super) fn is_guid(text: &str) -> bool {
    let is_at_home = |(index, byte): (usize, u8)| match index {
        8 | 13 | 18 | 23 => byte == b'-',
        _ => byte.is_ascii_hexdigit(),
    };
    text.len() == 36 && text.bytes().enumerate().all(is_at_home)
}

/// Whether two secrets are the same. Takes the same time wherever they differ, and whatever their lengths are.
pub(super) fn is_same(one: &str, other: &str) -> bool {
    Sha256::digest(one).ct_eq(&Sha256::digest(other)).into()
}

/// SHA-256 in base64url.
pub(super) fn digest(text: &str) -> String {
    BASE64URL.encode(Sha256::digest(text))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn guids() {
        assert!(is_guid(&guid()) && guid() != guid());
        assert!(!is_guid("common") && !is_guid(&"-".repeat(36)));
    }
}
