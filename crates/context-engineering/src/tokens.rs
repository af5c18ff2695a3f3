//! Exact token counts, for named encodings. A budget that is guessed is a budget that is exceeded.

use std::{fmt, str::FromStr};

use tiktoken_rs::CoreBPE;

/// A named byte-pair encoding, whose table is part of this program.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Hash)]
pub enum Encoding {
    /// `o200k_base`, of OpenAI's models since GPT-4o.
    #[default]
    O200kBase,
    /// `cl100k_base`, of GPT-4 and GPT-3.5.
    Cl100kBase,
}

impl Encoding {
    /// All, in the order in which they are offered.
    pub const ALL: [Self; 2] = [Self::O200kBase, Self::Cl100kBase];

    /// Its name.
    pub fn name(self) -> &'static str {
        match self {
            Self::O200kBase => "o200k_base",
            Self::Cl100kBase => "cl100k_base",
        }
    }

    /// The number of tokens that `text` takes in a prompt. Names of special tokens in it count as the text that they are.
    ///
    /// The text has to be [clean](crate::untrusted::clean): runs of a million spaces are beyond what the tables' regular
    /// expressions can take.
    pub fn count(self, text: &str) -> usize {
        self.table().count_ordinary(text)
    }

    /// The table, built once a process.
    fn table(self) -> &'static CoreBPE {
        match self {
            Self::O200kBase => tiktoken_rs::o200k_base_singleton(),
            Self::Cl100kBase => tiktoken_rs::cl100k_base_singleton(),
        }
    }
}

impl fmt::Display for Encoding {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.name())
    }
}

/// No encoding has this name.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("unknown encoding '{0}': use o200k_base or cl100k_base")]
pub struct UnknownEncoding(String);

impl FromStr for Encoding {
    type Err = UnknownEncoding;

    fn from_str(name: &str) -> Result<Self, UnknownEncoding> {
        let known = Self::ALL.into_iter().find(|encoding| encoding.name() == name);
        known.ok_or_else(|| UnknownEncoding(name.chars().take(40).collect()))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn counts_are_those_of_the_published_tables() {
        let known = [
            ("", 0, 0),
            ("antidisestablishmentarianism", 6, 6),
            ("2 + 2 = 4", 7, 7),
            ("お誕生日おめでとう", 8, 9),
            ("<|endoftext|>", 7, 7),
        ];
        for (text, o200k, cl100k) in known {
            assert_eq!(Encoding::O200kBase.count(text), o200k, "{text}");
            assert_eq!(Encoding::Cl100kBase.count(text), cl100k, "{text}");
        }
        assert_eq!("p50k".parse::<Encoding>(), Err(UnknownEncoding("p50k".to_owned())));
    }
}
