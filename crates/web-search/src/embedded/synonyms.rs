//! Words of the same meaning: spellings of two countries, long and short forms, everyday and special names.

use super::lexicon::{Lexicon, Term};

/// Each line is one meaning. What the collection is written in stands beside what people type.
const MEANINGS: &[&[&str]] = &[
    &["tyre", "tire"],
    &["bicycle", "bike"],
    &["e-bike", "ebike", "electric bike"],
    &["wi-fi", "wifi", "wlan"],
    &["colour", "color"],
    &["grey", "gray"],
    &["yoghurt", "yogurt"],
    &["aluminium", "aluminum"],
    &["litre", "liter"],
    &["metre", "meter"],
    &["neighbour", "neighbor"],
    &["calliper", "caliper"],
    &["licence", "license"],
    &["picture", "photo", "photograph", "image"],
    &["child", "children", "kid", "kids"],
    &["repair", "fix", "mend"],
    &["delete", "remove"],
    &["puncture", "flat tyre", "flat tire"],
    &["slug", "snail"],
    &["mobile phone", "cell phone", "smartphone"],
    &["vpn", "virtual private network"],
    &["nas", "network attached storage"],
    &["dns", "domain name system"],
    &["jwt", "json web token"],
];

/// The meanings as stems.
#[derive(Debug)]
pub(super) struct Synonyms {
    meanings: Vec<Vec<Word>>,
}

#[derive(Debug)]
struct Word {
    text: &'static str,
    stems: Vec<String>,
}

impl Synonyms {
    pub(super) fn new(lexicon: &Lexicon) -> Self {
        let word = |text: &&'static str| Word { text, stems: lexicon.stems(text) };
        Self { meanings: MEANINGS.iter().map(|words| words.iter().map(word).collect()).collect() }
    }

    /// Other words for what stands in a question, and a note of them at its terms.
    pub(super) fn apply(&self, question: &[String], terms: &mut [Term]) -> Vec<String> {
        let mut others = Vec::new();
        for words in &self.meanings {
            // The longest word that is there: an electric bike is no bicycle first.
            let typed =
                words.iter().filter(|word| stands_in(&word.stems, question)).max_by_key(|word| word.stems.len());
            let Some(typed) = typed else { continue };
            for other in words.iter().filter(|other| other.stems != typed.stems) {
                others.push(other.text.to_owned());
                for term in terms.iter_mut().filter(|term| typed.stems.contains(&term.stem)) {
                    term.same.push(other.stems.clone());
                }
            }
        }
        others
    }
}

fn stands_in(words: &[String], question: &[String]) -> bool {
    question.windows(words.len().max(1)).any(|window| window == words)
}
