//! SHA-256 in the implementation that verifies signatures too.

use aws_lc_rs::digest;
use base64::{Engine as _, engine::general_purpose::URL_SAFE_NO_PAD};

pub(super) type Digest = [u8; 32];

pub(super) fn sha256(text: &str) -> Digest {
    let mut bytes = [0; 32];
    bytes.copy_from_slice(digest::digest(&digest::SHA256, text.as_bytes()).as_ref());
    bytes
}

/// The same in base64url, as it stands in tokens.
pub(super) fn sha256_base64(text: &str) -> String {
    URL_SAFE_NO_PAD.encode(sha256(text))
}
