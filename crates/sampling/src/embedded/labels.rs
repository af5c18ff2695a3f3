//! One of several labels: the one whose words, and the words that go with them, the text holds.

use std::collections::HashMap;

use super::words::stems;

/// Which words speak for which label: a label, then words. Common labels only; any other speaks for itself.
const LEXICON: &str = "\
billing: bill invoice charge charged payment paid pay price refund money subscription fee card twice overcharged
payment: bill invoice charge paid pay price refund money card
technical: error crash bug broken login password slow fail failed server app install screen freeze timeout
bug: error crash broken fail failed wrong exception freeze unexpected
shipping: parcel package delivery deliver delivered arrive arrived late address courier lost tracking order
delivery: parcel package shipping arrive arrived late courier lost tracking
account: login password profile username sign email settings register
cancellation: cancel cancelled unsubscribe terminate quit leave end
feature: add wish would could support missing suggest idea request improve
question: how what when where why which who can does
complaint: angry unacceptable disappointed terrible worst complain bad late broken never rude
praise: great love excellent thank thanks wonderful perfect best happy
positive: great good love excellent thank thanks wonderful perfect best happy nice works fast easy recommend enjoy
negative: bad terrible broken worst late angry hate awful slow poor disappointed wrong fail useless never refund
urgent: urgent immediately now asap emergency down outage critical today deadline
spam: free winner click prize offer lottery guaranteed viagra loan casino
sport: match goal team game player coach league win score season
politics: government election minister vote parliament law president party
science: research study experiment theory data scientist discover physics cell
business: company market profit sales share customer revenue investor";

/// What speaks for a label.
#[derive(Debug, Clone, PartialEq)]
pub(super) struct Vote {
    /// The label, as it was given.
    pub(super) label: String,
    /// Its share of all evidence, 0 to 1.
    pub(super) share: f64,
}

/// The label with most evidence in `text`. `None` where there is no evidence, or as much for two labels.
pub(super) fn label(text: &str, labels: &[String]) -> Option<Vote> {
    let mut counts: HashMap<String, f64> = HashMap::new();
    for stem in stems(text) {
        *counts.entry(stem).or_default() += 1.0;
    }
    let evidence: Vec<f64> = labels.iter().map(|label| evidence(label, &counts)).collect();
    let total: f64 = evidence.iter().sum();
    let best = evidence.iter().copied().fold(0.0, f64::max);
    let mut winners = labels.iter().zip(&evidence).filter(|(_, found)| **found == best && best > 0.0);
    let (winner, found) = winners.next()?;
    winners.next().is_none().then(|| Vote { label: winner.clone(), share: found / total })
}

/// Words of the label itself count double: somebody chose them for these texts.
fn evidence(label: &str, counts: &HashMap<String, f64>) -> f64 {
    let own = stems(label);
    let found = |stem: &String| counts.get(stem).map_or(0.0, |count| 1.0 + count.ln());
    let named: f64 = own.iter().map(|stem| 2.0 * found(stem)).sum();
    let lines = LEXICON.lines().filter_map(|line| line.split_once(':'));
    let known = lines.filter(|(name, _)| stems(name).iter().any(|stem| own.contains(stem)));
    named + known.flat_map(|(_, words)| stems(words)).map(|stem| found(&stem)).sum::<f64>()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn chosen(text: &str, labels: &[&str]) -> Option<String> {
        let labels: Vec<String> = labels.iter().map(|label| (*label).to_owned()).collect();
        label(text, &labels).map(|vote| vote.label)
    }

    #[test]
    fn words_speak_for_labels() {
        let desk = ["billing", "technical", "shipping"];
        for (text, labels, expected) in [
            ("I was charged twice for one invoice", &desk[..], Some("billing")),
            ("The app crashes with an error on the login screen", &desk[..], Some("technical")),
            ("My parcel has not arrived", &desk[..], Some("shipping")),
            ("It says nothing of the kind", &desk[..], None),
            ("I love it, great work", &["positive", "negative"][..], Some("positive")),
            ("The tomato plants need water", &["roses", "tomatoes"][..], Some("tomatoes")),
            ("good and bad", &["positive", "negative"][..], None),
        ] {
            assert_eq!(chosen(text, labels).as_deref(), expected, "{text}");
        }
    }
}
