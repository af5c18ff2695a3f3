//! Words, as far as they tell what a text is about.

use std::collections::HashSet;

use unicode_segmentation::UnicodeSegmentation;

/// Words that stand in every text. What a text is about, others say.
const COMMON: &str = "a about after all also an and any are as at be because been before being but by can could did do \
    does each for from get had has have he her here his how i if in into is it its just like may me more most my no not \
    of on one only or other our out over she should so some such than that the their them then there these they this \
    those through to too under up us very was we were what when where which who whose why will with would you your";

/// The stems of the words of `text` that are not in every text, in order.
pub(super) fn stems(text: &str) -> Vec<String> {
    let common: HashSet<&str> = COMMON.split_whitespace().collect();
    let words = text.unicode_words().map(str::to_lowercase);
    words.filter(|word| !common.contains(word.as_str())).map(|word| stem(&word)).collect()
}

/// A word without its commonest English endings: enough that `charged` meets `charge`, and `invoices` `invoice`.
pub(super) fn stem(word: &str) -> String {
    let mut word = word.trim_end_matches("'s").to_owned();
    for ending in ["ing", "edly", "ed", "ies", "es", "s", "ly"] {
        let Some(rest) = word.strip_suffix(ending) else { continue };
        let is_plural_of_s = ending == "s" && rest.ends_with('s');
        if rest.chars().count() >= 3 && !is_plural_of_s {
            word = if ending == "ies" { format!("{rest}y") } else { rest.to_owned() };
            break;
        }
    }
    word.strip_suffix('e').map(str::to_owned).unwrap_or(word)
}

/// The sentences of `text`, without white space around them. A line break between paragraphs ends one too.
pub(super) fn sentences(text: &str) -> Vec<&str> {
    let paragraphs = text.split("\n\n");
    paragraphs.flat_map(|paragraph| paragraph.unicode_sentences()).map(str::trim).filter(|it| !it.is_empty()).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn words_that_belong_together_have_one_stem() {
        for (one, other) in [
            ("charged", "charge"),
            ("charges", "charging"),
            ("invoices", "invoice"),
            ("deliveries", "delivery"),
            ("parcel's", "parcel"),
            ("class", "class"),
        ] {
            assert_eq!(stem(one), stem(other), "{one} and {other}");
        }
        assert_eq!(stems("The invoice was not paid, and I am angry"), ["invoic", "paid", "am", "angry"]);
    }
}
