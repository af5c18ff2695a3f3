//! What a word is.

use std::str::CharIndices;

use tantivy::{
    Index,
    tokenizer::{
        AsciiFoldingFilter, Language, LowerCaser, RemoveLongFilter, Stemmer, StopWordFilter, TextAnalyzer, Token,
        TokenStream, Tokenizer,
    },
};

use super::schema::{STEMS, WORDS};

/// Longer words are no words: they are left out.
const MAX_WORD_BYTES: usize = 64;

/// Takes text apart into words.
#[derive(Clone)]
pub struct Analyzer {
    stems: TextAnalyzer,
    without_stop_words: TextAnalyzer,
    words: TextAnalyzer,
}

impl std::fmt::Debug for Analyzer {
    fn fmt(&self, formatter: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        formatter.debug_struct("Analyzer").finish_non_exhaustive()
    }
}

impl Analyzer {
    /// For texts in this language; without one, words stay as they are.
    pub fn new(language: Option<Language>) -> Self {
        Self {
            stems: chain(language, false, true),
            without_stop_words: chain(language, true, true),
            words: chain(language, true, false),
        }
    }

    /// The words that are matched: in lower case, without accents and endings, stop words included.
    pub fn stems(&self, text: &str) -> Vec<String> {
        self.positioned(text).into_iter().map(|(_, stem)| stem).collect()
    }

    /// The words as they are written, in lower case, without stop words.
    pub fn words(&self, text: &str) -> Vec<String> {
        tokens(&self.words, text).into_iter().map(|(_, word)| word).collect()
    }

    pub(super) fn positioned(&self, text: &str) -> Vec<(usize, String)> {
        tokens(&self.stems, text)
    }

    pub(super) fn positioned_without_stop_words(&self, text: &str) -> Vec<(usize, String)> {
        tokens(&self.without_stop_words, text)
    }
}

pub(super) fn register(index: &Index, language: Option<Language>) {
    index.tokenizers().register(STEMS, chain(language, false, true));
    index.tokenizers().register(WORDS, chain(None, false, false));
}

fn chain(language: Option<Language>, drops_stop_words: bool, stems: bool) -> TextAnalyzer {
    let long = RemoveLongFilter::limit(MAX_WORD_BYTES);
    let mut chain = TextAnalyzer::builder(Words::default()).filter_dynamic(long).filter_dynamic(LowerCaser);
    if drops_stop_words && let Some(filter) = language.and_then(StopWordFilter::new) {
        chain = chain.filter_dynamic(filter);
    }
    if stems {
        chain = chain.filter_dynamic(AsciiFoldingFilter);
        if let Some(language) = language {
            chain = chain.filter_dynamic(Stemmer::new(language));
        }
    }
    chain.build()
}

fn tokens(analyzer: &TextAnalyzer, text: &str) -> Vec<(usize, String)> {
    // The analyzer writes into itself while it reads.
    let mut analyzer = analyzer.clone();
    let mut stream = analyzer.token_stream(text);
    let mut tokens = Vec::new();
    while stream.advance() {
        let token = stream.token();
        tokens.push((token.position, token.text.clone()));
    }
    tokens
}

/// Letters and digits that stand together. `C++`, `C#` and the like keep their signs; the `'s` of `user's` is dropped.
#[derive(Clone, Default)]
struct Words {
    token: Token,
}

struct WordStream<'a> {
    text: &'a str,
    chars: CharIndices<'a>,
    token: &'a mut Token,
}

impl Tokenizer for Words {
    type TokenStream<'a> = WordStream<'a>;

    fn token_stream<'a>(&'a mut self, text: &'a str) -> WordStream<'a> {
        self.token.reset();
        WordStream { text, chars: text.char_indices(), token: &mut self.token }
    }
}

impl TokenStream for WordStream<'_> {
    fn advance(&mut self) -> bool {
        self.token.text.clear();
        self.token.position = self.token.position.wrapping_add(1);
        let Some((start, _)) = self.chars.by_ref().find(|(_, c)| c.is_alphanumeric()) else { return false };
        let rest = &self.text[start..];
        let letters = rest.find(|c: char| !c.is_alphanumeric()).unwrap_or(rest.len());
        let mut length = letters;
        let after = &rest[letters..];
        let mut dropped = 0;
        if rest[..letters].chars().count() == 1 {
            length += if after.starts_with("++") { 2 } else { usize::from(after.starts_with('#')) };
        } else if let Some(ending) = after.strip_prefix(['\'', '\u{2019}']) {
            let is_possessive = ending.starts_with(['s', 'S']) && !ending[1..].starts_with(char::is_alphanumeric);
            dropped = if is_possessive { after.len() - ending.len() + 1 } else { 0 };
        }
        self.token.offset_from = start;
        self.token.offset_to = start + length;
        self.token.text.push_str(&rest[..length]);
        let next = start + length + dropped;
        while self.chars.clone().next().is_some_and(|(at, _)| at < next) {
            self.chars.next();
        }
        true
    }

    fn token(&self) -> &Token {
        self.token
    }

    fn token_mut(&mut self) -> &mut Token {
        self.token
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn words_of_many_kinds() {
        let analyzer = Analyzer::new(None);
        for (text, expected) in [
            ("C++ and C#, not F# or g++", vec!["c++", "and", "c#", "not", "f#", "or", "g++"]),
            ("The user's tea\u{2019}s cups' rim", vec!["the", "user", "tea", "cups", "rim"]),
            ("don't", vec!["don", "t"]),
            ("Café wi-fi 802.11ax", vec!["cafe", "wi", "fi", "802", "11ax"]),
            ("a\u{301}", vec!["a"]),
            ("#1 +2 ++", vec!["1", "2"]),
            ("", vec![]),
        ] {
            assert_eq!(analyzer.stems(text), expected, "{text}");
        }
        assert_eq!(analyzer.stems(&"x".repeat(100)), Vec::<String>::new());
        assert_eq!(Analyzer::new(Some(Language::English)).stems("Brewing teas"), ["brew", "tea"]);
        assert_eq!(Analyzer::new(Some(Language::English)).words("The teas of Kyoto"), ["teas", "kyoto"]);
    }
}
