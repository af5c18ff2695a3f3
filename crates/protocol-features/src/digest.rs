//! What `process_large_file` measures: bytes, lines, words and the SHA-256 digest, chunk by chunk.

use schemars::JsonSchema;
use serde::Serialize;
use sha2::{Digest as _, Sha256};

/// What is known of a file once all of it has been read.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, JsonSchema)]
pub struct Digest {
    /// Bytes read.
    pub bytes: u64,
    /// Line feeds, and one more for a last line without one.
    pub lines: u64,
    /// Runs of bytes between ASCII white space, as `wc -w` counts them in the C locale.
    pub words: u64,
    /// SHA-256 (FIPS 180-4) in hexadecimal.
    pub sha256: String,
}

/// Measures chunk by chunk: the result does not depend on where the chunks end.
#[derive(Default)]
pub struct Meter {
    hash: Sha256,
    bytes: u64,
    line_feeds: u64,
    words: u64,
    is_in_word: bool,
    ends_with_line_feed: bool,
}

impl Meter {
    /// Measures the next chunk.
    pub fn update(&mut self, chunk: &[u8]) {
        self.hash.update(chunk);
        self.bytes += chunk.len() as u64;
        for byte in chunk {
            let is_space = byte.is_ascii_whitespace() || *byte == 0x0b;
            self.words += u64::from(!is_space && !self.is_in_word);
            self.is_in_word = !is_space;
            self.line_feeds += u64::from(*byte == b'\n');
        }
        if let Some(last) = chunk.last() {
            self.ends_with_line_feed = *last == b'\n';
        }
    }

    /// What was measured.
    pub fn finish(self) -> Digest {
        let has_rest = self.bytes > 0 && !self.ends_with_line_feed;
        Digest {
            bytes: self.bytes,
            lines: self.line_feeds + u64::from(has_rest),
            words: self.words,
            sha256: hex(&self.hash.finalize()),
        }
    }
}

/// Bytes in hexadecimal, lower case.
pub fn hex(bytes: &[u8]) -> String {
    const DIGITS: &[u8; 16] = b"0123456789abcdef";
    let digit = |value: u8| char::from(DIGITS[usize::from(value & 15)]);
    bytes.iter().flat_map(|byte| [digit(byte >> 4), digit(*byte)]).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn of(chunks: &[&[u8]]) -> Digest {
        let mut meter = Meter::default();
        chunks.iter().for_each(|chunk| meter.update(chunk));
        meter.finish()
    }

    #[test]
    fn known_values() {
        // The digests are those of FIPS 180-4's examples.
        let empty = of(&[]);
        assert_eq!((empty.bytes, empty.lines, empty.words), (0, 0, 0));
        assert_eq!(empty.sha256, "e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855");
        let abc = of(&[b"abc"]);
        assert_eq!((abc.bytes, abc.lines, abc.words), (3, 1, 1));
        assert_eq!(abc.sha256, "ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad");
        let text = of(&[b"one two\nthree\n\n  four"]);
        assert_eq!((text.lines, text.words), (4, 4));
    }

    #[test]
    fn chunks_do_not_matter() {
        let text = "the quick brown\nfox jumps\n\nover the lazy dog\n".as_bytes();
        for size in 1..text.len() {
            assert_eq!(of(&text.chunks(size).collect::<Vec<_>>()), of(&[text]), "{size}");
        }
    }
}
