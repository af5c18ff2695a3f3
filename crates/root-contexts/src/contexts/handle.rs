//! Handles: 128 random bits, so that nobody finds one by guessing.

use rand::RngExt;

/// Characters of a handle.
pub const LENGTH: usize = 32;
/// Scheme of the URI of a context.
pub const SCHEME: &str = "context";

/// A new handle: 32 hexadecimal digits.
pub(super) fn random() -> String {
    let bits: u128 = rand::rng().random();
    format!("{bits:032x}")
}

/// Whether a text looks like a handle.
pub fn is_handle(text: &str) -> bool {
    text.len() == LENGTH && text.bytes().all(|byte| byte.is_ascii_digit() || (b'a'..=b'f').contains(&byte))
}

/// URI of a context.
pub fn uri(id: &str) -> String {
    format!("{SCHEME}://{id}")
}

/// URI of all messages of a context.
pub fn messages_uri(id: &str) -> String {
    format!("{SCHEME}://{id}/messages")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn handles_look_like_handles() {
        let all: std::collections::BTreeSet<String> = (0..1000).map(|_| random()).collect();
        assert_eq!(all.len(), 1000);
        assert!(all.iter().all(|id| is_handle(id)), "{all:?}");
        for bad in ["", "x", "0123456789abcdef0123456789ABCDEF", "0123456789abcdef0123456789abcdef0"] {
            assert!(!is_handle(bad), "{bad}");
        }
    }
}
