//! Terms of a text: words, and pairs of neighbours.

/// Words that say nothing about the kind of a text. Pairs still hold them: "write a", "how does".
const STOP: [&str; 44] = [
    "a", "an", "the", "of", "to", "in", "on", "for", "with", "and", "or", "is", "are", "was", "be", "it", "this",
    "that", "my", "me", "i", "you", "your", "we", "at", "by", "as", "from", "into", "can", "could", "would", "please",
    "do", "does", "has", "have", "its", "their", "our", "there", "which", "so", "than",
];

/// The terms of a text, in order.
pub(super) fn features(text: &str) -> impl Iterator<Item = String> {
    let words = words(text);
    let pairs: Vec<String> = words.windows(2).map(|pair| format!("{} {}", pair[0], pair[1])).collect();
    words.into_iter().filter(|word| !STOP.contains(&word.as_str())).chain(pairs)
}

/// Lower-cased words without their commonest endings. `c++` and `c#` are words; an apostrophe ends nothing.
fn words(text: &str) -> Vec<String> {
    let lower = text.to_lowercase();
    let is_part = |letter: char| letter.is_alphanumeric() || "+#'_".contains(letter);
    let words = lower.split(|letter| !is_part(letter)).map(|word| word.trim_matches('\'').trim_end_matches("'s"));
    words.filter(|word| word.chars().any(char::is_alphanumeric)).map(stem).collect()
}

/// Cuts what grammar adds, not what makes another word: "functions" and "function" are one, "coding" and "code" are two.
fn stem(word: &str) -> String {
    let keeps = |end: &str| word.ends_with(end);
    let cut = match word.len() {
        ..=3 => word,
        _ if keeps("ss") || keeps("us") || keeps("is") => word,
        _ if keeps("ies") && word.len() > 4 => return format!("{}y", word.trim_end_matches("ies")),
        _ if keeps("sses") || keeps("xes") || keeps("ches") || keeps("shes") => &word[..word.len() - 2],
        _ if keeps("s") => &word[..word.len() - 1],
        _ => word,
    };
    cut.to_owned()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn words_without_endings() {
        assert_eq!(words("Functions, classes; C++ and C#!"), ["function", "class", "c++", "and", "c#"]);
        assert_eq!(words("the poet's studies — naïve"), ["the", "poet", "study", "naïve"]);
        assert_eq!(words("glass bus gas barcodes"), ["glass", "bus", "gas", "barcode"]);
        assert!(words("  ,;-- ' ").is_empty());
    }

    #[test]
    fn pairs_come_after_words() {
        let all: Vec<String> = features("write a poem").collect();
        assert_eq!(all, ["write", "poem", "write a", "a poem"]);
    }
}
