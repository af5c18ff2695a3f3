//! Words of a text: what queries, articles and standing queries are compared by.

use std::{cell::RefCell, collections::HashMap};

use tantivy::tokenizer::{
    AsciiFoldingFilter, Language, LowerCaser, RemoveLongFilter, SimpleTokenizer, Stemmer, StopWordFilter, TextAnalyzer,
};

/// Longest word that counts, in bytes.
const LONGEST: usize = 40;
/// Words that are read of one text.
const MOST: usize = 20_000;

/// Words of questions, which the lists of stop words do not have.
const ASKED: [&str; 27] = [
    "when", "where", "who", "what", "why", "how", "which", "does", "do", "did", "has", "have", "had", "were", "can",
    "could", "would", "should", "been", "from", "than", "its", "our", "you", "your", "wann", "quand",
];

thread_local! {
    static STEMS: RefCell<TextAnalyzer> = RefCell::new(analyzer(true));
    static PLAIN: RefCell<TextAnalyzer> = RefCell::new(analyzer(false));
}

/// Stems of the words of a text in order: lower case, without accents, without stop words.
pub fn stems(text: &str) -> Vec<String> {
    STEMS.with_borrow_mut(|analyzer| read(analyzer, text))
}

/// Words of a text in order: lower case, without accents; nothing is left out.
pub fn words(text: &str) -> Vec<String> {
    PLAIN.with_borrow_mut(|analyzer| read(analyzer, text))
}

/// How often each stem occurs.
pub fn counted(text: &str) -> HashMap<String, u32> {
    let mut counts = HashMap::new();
    for stem in stems(text) {
        *counts.entry(stem).or_default() += 1;
    }
    counts
}

/// Sentences of a text: an end mark, white space, and a capital or a digit after it.
pub fn sentences(text: &str) -> Vec<&str> {
    let mut sentences = Vec::new();
    let mut from = 0;
    let mut letters = text.char_indices().peekable();
    let mut ended = false;
    while let Some((at, letter)) = letters.next() {
        let next = letters.peek().map(|(_, next)| *next);
        if matches!(letter, '.' | '!' | '?') && next.is_none_or(char::is_whitespace) {
            // "J. Smith" goes on after its full stop.
            let word = text[from..at].rsplit(char::is_whitespace).next().unwrap_or_default();
            ended = word.chars().count() > 1;
        } else if ended && letter.is_whitespace() && next.is_some_and(|next| !next.is_lowercase()) {
            sentences.push(text[from..at].trim());
            from = at;
            ended = false;
        } else if !letter.is_whitespace() {
            ended = ended && matches!(letter, '"' | '\'' | ')');
        }
    }
    sentences.push(text[from..].trim());
    sentences.retain(|sentence| !sentence.is_empty());
    sentences
}

/// The first `most` characters, cut between two words where that is possible.
pub fn shortened(text: &str, most: usize) -> String {
    let Some((end, _)) = text.char_indices().nth(most) else { return text.to_owned() };
    let cut = text[..end].rfind(char::is_whitespace).filter(|cut| *cut > end / 2).unwrap_or(end);
    format!("{}...", text[..cut].trim_end())
}

fn analyzer(stemmed: bool) -> TextAnalyzer {
    let words = TextAnalyzer::builder(SimpleTokenizer::default())
        .filter(RemoveLongFilter::limit(LONGEST))
        .filter(LowerCaser)
        .dynamic();
    if !stemmed {
        return words.filter_dynamic(AsciiFoldingFilter).build();
    }
    // Articles are mostly English; the stop words of the other languages say as little.
    let languages = [Language::English, Language::German, Language::Spanish, Language::French];
    let words =
        languages.into_iter().filter_map(StopWordFilter::new).fold(words, |words, stops| words.filter_dynamic(stops));
    let words = words.filter_dynamic(StopWordFilter::remove(ASKED.map(str::to_owned)));
    words.filter_dynamic(AsciiFoldingFilter).filter_dynamic(Stemmer::new(Language::English)).build()
}

fn read(analyzer: &mut TextAnalyzer, text: &str) -> Vec<String> {
    let mut tokens = analyzer.token_stream(text);
    let mut words = Vec::new();
    while words.len() < MOST && tokens.advance() {
        words.push(tokens.token().text.clone());
    }
    words
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn words_that_mean_the_same_have_one_stem() {
        assert_eq!(stems("The bridges are closing"), stems("bridge CLOSED"));
        assert_eq!(stems("Zürich"), ["zurich"]);
        assert!(stems("the of and der und el").is_empty());
        assert_eq!(words("The Café"), ["the", "cafe"]);
        assert_eq!(counted("jaguar jaguars").values().copied().collect::<Vec<_>>(), [2]);
    }

    #[test]
    fn sentences_end_where_they_end() {
        let text = "Dr. Lund spoke. J. Smith did not! \"Why?\" asked 3 people. version 2.1 is out";
        let found = sentences(text);
        assert_eq!(found.last(), Some(&"\"Why?\" asked 3 people. version 2.1 is out"), "{found:?}");
        assert!(found.contains(&"J. Smith did not!"), "{found:?}");
        assert!(sentences("").is_empty());
    }

    #[test]
    fn a_cut_is_made_between_words() {
        assert_eq!(shortened("one two three", 20), "one two three");
        assert_eq!(shortened("one two three", 9), "one two...");
        assert_eq!(shortened("äöüäöüäöü", 3), "äöü...");
    }
}
