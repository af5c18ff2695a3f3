//! What `batch_operation` does to each item. An item that cannot be done is no reason to drop the others.

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};
use sha2::{Digest, Sha256};

use crate::digest::hex;

/// Longest item, in characters.
pub const MAX_ITEM_CHARS: usize = 10_000;

/// One of four things to do to a text.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "snake_case")]
#[schemars(inline)]
pub enum Operation {
    /// Upper case, by Unicode's rules.
    Uppercase,
    /// The characters from last to first.
    Reverse,
    /// Lower case letters and digits joined by `-`, as in URLs.
    Slugify,
    /// The SHA-256 digest of the UTF-8 bytes, in hexadecimal.
    Sha256,
}

/// What became of one item.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, JsonSchema)]
pub struct Outcome {
    /// Its place in the call, from 0.
    pub index: usize,
    /// What came out; absent where it failed.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub output: Option<String>,
    /// Why nothing came out.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub error: Option<String>,
}

impl Operation {
    /// Does it to one item.
    pub fn apply(self, index: usize, item: &str) -> Outcome {
        match self.output(item) {
            Ok(output) => Outcome { index, output: Some(output), error: None },
            Err(error) => Outcome { index, output: None, error: Some(error) },
        }
    }

    fn output(self, item: &str) -> Result<String, String> {
        if item.chars().count() > MAX_ITEM_CHARS {
            return Err(format!("longer than {MAX_ITEM_CHARS} characters"));
        }
        Ok(match self {
            Self::Uppercase => item.to_uppercase(),
            Self::Reverse => item.chars().rev().collect(),
            Self::Slugify => slug(item).ok_or("there is no letter or digit in it")?,
            Self::Sha256 => hex(&Sha256::digest(item.as_bytes())),
        })
    }
}

fn slug(text: &str) -> Option<String> {
    let words = text.split(|letter: char| !letter.is_alphanumeric()).filter(|word| !word.is_empty());
    let slug = words.map(str::to_lowercase).collect::<Vec<_>>().join("-");
    (!slug.is_empty()).then_some(slug)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn each_operation() {
        for (operation, item, output) in [
            (Operation::Uppercase, "straße", Ok("STRASSE")),
            (Operation::Reverse, "añb", Ok("bña")),
            (Operation::Reverse, "", Ok("")),
            (Operation::Slugify, "  Hello, Wörld! 2 ", Ok("hello-wörld-2")),
            (Operation::Slugify, " -- ", Err("there is no letter or digit in it")),
            (Operation::Sha256, "abc", Ok("ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad")),
        ] {
            let outcome = operation.apply(3, item);
            let found = outcome.output.as_deref().ok_or(outcome.error.as_deref().unwrap_or_default());
            assert_eq!((outcome.index, found), (3, output), "{operation:?} {item:?}");
        }
        assert!(Operation::Sha256.apply(0, &"x".repeat(MAX_ITEM_CHARS + 1)).error.is_some());
    }
}
