//! Letters that only look like letters.

use mcp_realtime_search::corpus;

use crate::ex3_alphabets::mixes_alphabets;

#[test]
fn a_word_in_two_alphabets_is_suspicious() {
    for text in ["St\u{43e}rm Ilse", "p\u{430}ypal", "see \u{391}pple here", "caf\u{e9}\u{430}"] {
        assert!(mixes_alphabets(text), "{text}");
    }
}

#[test]
fn a_text_in_two_alphabets_is_not() {
    for text in ["The word \u{43c}\u{438}\u{440} means peace", "\u{3b2}-carotene", "Zürich, naïve", "", "3\u{3bc}"] {
        assert!(!mixes_alphabets(text), "{text}");
    }
}

#[test]
fn of_the_whole_corpus_only_the_forgery_is_flagged() {
    let all = corpus::archive().iter().chain(corpus::stories());
    let flagged: Vec<&str> = all
        .filter(|article| mixes_alphabets(&article.title) || mixes_alphabets(&article.text))
        .map(|article| article.id.as_str())
        .collect();
    assert_eq!(flagged, ["hostile-06"]);
}
