//! What a person wants besides a topic: a price, the newest, the cheapest.

use std::sync::LazyLock;

use mcp_support::search::clean;
use regex::Regex;

/// Amounts as people type them: `300`, `1,299.50`, `1.299,50`, `€ 300`, `300 euros`.
const AMOUNT: &str = r"(?:[€$£]\s*)?(\d+(?:[.,]\d+)*)\s*(?:euros?|eur|dollars?|usd|pounds?|gbp|€|\$|£)?";

static BETWEEN: LazyLock<Regex> = LazyLock::new(|| {
    Regex::new(&format!(r"(?i)\b(?:between|from)\s+{AMOUNT}\s+(?:and|to)\s+{AMOUNT}"))
        .expect("an expression of this file")
});
static AT_MOST: LazyLock<Regex> = LazyLock::new(|| {
    let words = r"under|below|less than|up to|at most|cheaper than|no more than|max(?:imum)?|not over";
    Regex::new(&format!(r"(?i)\b(?:{words})\s+{AMOUNT}")).expect("an expression of this file")
});
static AT_LEAST: LazyLock<Regex> = LazyLock::new(|| {
    let words = r"over|above|more than|at least|from|starting at|min(?:imum)?";
    Regex::new(&format!(r"(?i)\b(?:{words})\s+{AMOUNT}")).expect("an expression of this file")
});
static NEWEST: LazyLock<Regex> = LazyLock::new(|| {
    Regex::new(r"(?i)\b(?:latest|newest|recent(?:ly)?|today|now)\b").expect("an expression of this file")
});
static CHEAP: LazyLock<Regex> = LazyLock::new(|| {
    Regex::new(r"(?i)\b(?:cheap(?:est)?|inexpensive|affordable|budget|low[- ]cost)\b")
        .expect("an expression of this file")
});

/// Wishes, and the words that are left.
#[derive(Debug, Clone, PartialEq, Default)]
pub(super) struct Wishes {
    pub(super) topic: String,
    pub(super) at_least: Option<f64>,
    pub(super) at_most: Option<f64>,
    pub(super) newest: bool,
    pub(super) cheap: bool,
}

/// Of a search for something that has a price.
pub(super) fn of_a_buyer(text: &str) -> Wishes {
    let mut wishes = of_anybody(text);
    let amount = |found: Option<regex::Match<'_>>| clean::number(found?.as_str());
    let topic = std::mem::take(&mut wishes.topic);
    let mut rest = topic.clone();
    if let Some(found) = BETWEEN.captures(&topic) {
        let (one, other) = (amount(found.get(1)), amount(found.get(2)));
        wishes.at_least = one.zip(other).map(|(one, other)| one.min(other));
        wishes.at_most = one.zip(other).map(|(one, other)| one.max(other));
        rest = BETWEEN.replace(&topic, " ").into_owned();
    } else {
        for (wish, bound) in [(&AT_MOST, &mut wishes.at_most), (&AT_LEAST, &mut wishes.at_least)] {
            if let Some(found) = wish.captures(&rest).and_then(|found| amount(found.get(1))) {
                *bound = Some(found);
                rest = wish.replace(&rest, " ").into_owned();
            }
        }
    }
    wishes.cheap = CHEAP.is_match(&rest);
    rest = CHEAP.replace_all(&rest, " ").into_owned();
    // Whoever wants nothing but a price wants any product.
    wishes.topic = rest.split_whitespace().collect::<Vec<_>>().join(" ");
    wishes
}

/// Of any other search.
pub(super) fn of_anybody(text: &str) -> Wishes {
    let newest = NEWEST.is_match(text);
    let rest = NEWEST.replace_all(text, " ");
    let rest = rest.split_whitespace().collect::<Vec<_>>().join(" ");
    // A question about nothing but the present is about that word.
    let topic = if rest.is_empty() { text.trim().to_owned() } else { rest };
    Wishes { topic, newest, ..Wishes::default() }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn prices_as_people_type_them() {
        for (text, topic, at_least, at_most, cheap) in [
            ("telescope under 300 euros", "telescope", None, Some(300.0), false),
            ("camera below €1,500", "camera", None, Some(1500.0), false),
            ("e-bike between 3000 and 2000", "e-bike", Some(2000.0), Some(3000.0), false),
            ("tripod from 100 to 200 eur with ball head", "tripod with ball head", Some(100.0), Some(200.0), false),
            ("knife over 100", "knife", Some(100.0), None, false),
            ("more than 50 less than 90.50 pot", "pot", Some(50.0), Some(90.5), false),
            ("cheap router", "router", None, None, true),
            ("10x50 binoculars", "10x50 binoculars", None, None, false),
            ("under the bed", "under the bed", None, None, false),
            ("less than 20", "", None, Some(20.0), false),
            ("e-bike under 1.500,50 eur", "e-bike", None, Some(1500.5), false),
            ("light below 12,50 €", "light", None, Some(12.5), false),
            ("kernel above 6.1.2", "kernel above 6.1.2", None, None, false),
            ("sofa under 1.500", "sofa", None, Some(1500.0), false),
        ] {
            let wishes = of_a_buyer(text);
            assert_eq!(
                (wishes.topic.as_str(), wishes.at_least, wishes.at_most, wishes.cheap),
                (topic, at_least, at_most, cheap),
                "{text}"
            );
        }
    }

    #[test]
    fn the_newest() {
        let wishes = of_anybody("latest flood news");
        assert_eq!((wishes.topic.as_str(), wishes.newest), ("flood news", true));
        assert_eq!(of_anybody("today"), Wishes { topic: "today".to_owned(), newest: true, ..Wishes::default() });
        assert!(!of_anybody("renewable nowhere").newest);
    }
}
