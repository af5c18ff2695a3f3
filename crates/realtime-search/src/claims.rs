//! Claims: which sentences speak of the same thing, and whether they say the same of it. Words, numbers and negations
//! are compared; nothing here understands a text, and a verdict is a reason to read the evidence.

use std::collections::BTreeSet;

use mcp_support::search::index::IndexError;
use schemars::JsonSchema;
use serde::Serialize;

use crate::{
    article::Indexed,
    library::Library,
    pipeline::{
        Candidate, Weights,
        analyse::Intent,
        cite,
        plan::{Safe, Wanted},
        recency,
    },
    search, text,
};

/// Articles that are looked at.
const LOOKED_AT: usize = 20;
/// A sentence with less of a claim's words does not speak of it.
const LEAST_COVERAGE: f64 = 0.55;
/// Weights below this, together, are no evidence.
const LEAST_WEIGHT: f64 = 0.35;
/// A share of the evidence from which on it decides.
const DECISIVE: f64 = 0.7;

const NEGATIONS: [&str; 23] = [
    "not", "no", "never", "none", "nobody", "nothing", "without", "neither", "nor", "cannot", "denied", "denies",
    "deny", "false", "untrue", "wrong", "didn", "isn", "wasn", "doesn", "nicht", "kein", "keine",
];
/// Pairs of which one excludes the other.
const OPPOSITES: [(&str, &str); 18] = [
    ("open", "closed"),
    ("open", "shut"),
    ("reopen", "closed"),
    ("won", "lost"),
    ("win", "lose"),
    ("approved", "rejected"),
    ("confirmed", "denied"),
    ("rise", "fall"),
    ("rose", "fell"),
    ("safe", "dangerous"),
    ("alive", "dead"),
    ("guilty", "innocent"),
    ("increase", "decrease"),
    ("before", "after"),
    ("cancelled", "held"),
    ("found", "missing"),
    ("stolen", "returned"),
    ("success", "failure"),
];
/// Words of a report about what is only said.
const HEARSAY: [&str; 9] =
    ["rumour", "rumours", "rumoured", "allegedly", "reportedly", "gossip", "supposedly", "unconfirmed", "anonymous"];
/// Words of a report that puts another right.
const CORRECTS: [&str; 8] =
    ["correction", "corrected", "corrects", "retracted", "retracts", "clarification", "erratum", "berichtigung"];

/// How a sentence stands to a claim.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, JsonSchema)]
#[serde(rename_all = "snake_case")]
#[schemars(inline)]
pub enum Stance {
    /// It says the same.
    Supports,
    /// It says the opposite, or other numbers.
    Contradicts,
    /// It speaks of it, and says neither.
    Mentions,
}

/// What the evidence comes to.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, JsonSchema)]
#[serde(rename_all = "snake_case")]
#[schemars(inline)]
pub enum Verdict {
    /// Most of it supports the claim.
    Supported,
    /// Most of it contradicts the claim.
    Contradicted,
    /// There is much on both sides.
    Disputed,
    /// There is too little.
    NotEnough,
}

/// A sentence, and what it is worth.
#[derive(Debug, Clone, PartialEq, Serialize, JsonSchema)]
pub struct Evidence {
    /// What a citation such as `[1]` means.
    pub number: usize,
    /// How it stands to the claim.
    pub stance: Stance,
    /// The sentence, between `<<<` and `>>>`: it comes from outside.
    pub quote: String,
    /// Id of the article.
    pub id: String,
    /// Where it can be read.
    pub url: String,
    /// The outlet.
    pub source: String,
    /// When it was published (RFC 3339).
    pub published: Option<String>,
    /// What it counts: trust, how much of the claim it covers, how new it is; hearsay counts less, a correction more.
    pub weight: f64,
}

/// A claim, and what is known of it.
#[derive(Debug, Clone, PartialEq, Serialize, JsonSchema)]
pub struct Checked {
    /// The claim.
    pub claim: String,
    /// What the evidence comes to.
    pub verdict: Verdict,
    /// Weight of what supports it.
    pub supports: f64,
    /// Weight of what contradicts it.
    pub contradicts: f64,
    /// Outlets with evidence; copies of one report count once.
    pub outlets: usize,
    /// The evidence, the weightiest first.
    pub evidence: Vec<Evidence>,
}

/// Checks a claim against all articles. Blocks.
///
/// # Errors
/// The index is damaged.
pub fn check(library: &Library, claim: &str, weights: &Weights, now: i64) -> Result<Checked, IndexError> {
    let wanted = Wanted { query: claim.to_owned(), limit: LOOKED_AT, safe: Safe::Moderate, ..Wanted::default() };
    // The order is by words alone here: neither fresh nor trusted articles may push others out of sight.
    let found = search::search(library, wanted, None, &Weights { trust: 0.0, lambda: 1.0, ..*weights }, now)?;
    let mut evidence: Vec<Evidence> = Vec::new();
    for candidate in &found.results {
        if let Some((sentence, coverage)) = closest(library, claim, candidate) {
            let stance = stance(claim, &sentence);
            let weight = worth(candidate, coverage, now);
            let article = &candidate.indexed.article;
            evidence.push(Evidence {
                number: 0,
                stance,
                quote: cite::marked(&text::shortened(&sentence, cite::SNIPPET)),
                id: article.id.clone(),
                url: article.url.clone(),
                source: library.outlets().name(&article.source).to_owned(),
                published: candidate.indexed.published.and_then(cite::rfc3339),
                weight,
            });
        }
    }
    evidence.sort_by(|one, other| other.weight.total_cmp(&one.weight).then(one.id.cmp(&other.id)));
    evidence.iter_mut().enumerate().for_each(|(at, evidence)| evidence.number = at + 1);
    // The sum of no numbers is -0.
    let sum = |stance| evidence.iter().filter(|one| one.stance == stance).fold(0.0, |sum, one| sum + one.weight);
    let (supports, contradicts) = (sum(Stance::Supports), sum(Stance::Contradicts));
    let outlets: BTreeSet<&String> = evidence.iter().map(|evidence| &evidence.source).collect();
    let share = supports / (supports + contradicts);
    let verdict = match share {
        _ if supports + contradicts < LEAST_WEIGHT => Verdict::NotEnough,
        share if share >= DECISIVE => Verdict::Supported,
        share if share <= 1.0 - DECISIVE => Verdict::Contradicted,
        _ => Verdict::Disputed,
    };
    let outlets = outlets.len();
    Ok(Checked { claim: claim.to_owned(), verdict, supports, contradicts, outlets, evidence })
}

/// The sentence of an article that covers most of a claim, and how much: what is rare counts more.
fn closest(library: &Library, claim: &str, candidate: &Candidate) -> Option<(String, f64)> {
    let wanted: BTreeSet<String> = text::stems(claim).into_iter().collect();
    let all: f64 = wanted.iter().map(|stem| library.rarity(stem)).sum();
    let article = &candidate.indexed.article;
    // A title counts with the sentence: it often names what the sentence calls "it".
    let title: BTreeSet<String> = text::stems(&article.title).into_iter().collect();
    let covered = |sentence: &str| {
        let own: BTreeSet<String> = text::stems(sentence).into_iter().collect();
        let weight = |stem: &&String| match (own.contains(*stem), title.contains(*stem)) {
            (true, _) => library.rarity(stem),
            (false, true) => 0.6 * library.rarity(stem),
            _ => 0.0,
        };
        wanted.iter().map(|stem| weight(&stem)).sum::<f64>() / all.max(f64::MIN_POSITIVE)
    };
    let sentences = text::sentences(&article.text).into_iter().chain([article.title.as_str()]);
    let best =
        sentences.map(|sentence| (sentence, covered(sentence))).max_by(|one, other| one.1.total_cmp(&other.1))?;
    (best.1 >= LEAST_COVERAGE).then(|| (best.0.to_owned(), best.1.min(1.0)))
}

fn worth(candidate: &Candidate, coverage: f64, now: i64) -> f64 {
    let indexed = &candidate.indexed;
    let words = text::words(&format!("{} {}", indexed.article.title, indexed.article.text));
    let has = |list: &[&str]| words.iter().any(|word| list.contains(&word.as_str()));
    let hearsay = if has(&HEARSAY) { 0.5 } else { 1.0 };
    let corrects = if has(&CORRECTS) { 1.5 } else { 1.0 };
    let flagged = if indexed.flags.is_empty() { 1.0 } else { 0.2 };
    let fresh = 0.5 + 0.5 * recency::freshness(indexed.published, now, Intent::News);
    indexed.trust * coverage * fresh * hearsay * corrects * flagged
}

/// How a sentence stands to a claim.
pub fn stance(claim: &str, sentence: &str) -> Stance {
    let (one, other) = (text::words(claim), text::words(sentence));
    let (numbers, others) = (numbers(claim), numbers(sentence));
    if !numbers.is_empty() && !others.is_empty() && numbers.is_disjoint(&others) {
        return Stance::Contradicts;
    }
    let negations = |words: &[String]| words.iter().filter(|word| NEGATIONS.contains(&word.as_str())).count();
    let negated = negations(&one) + negations(&other);
    let stemmed = |words: Vec<String>| -> Vec<(String, Vec<String>)> {
        words.into_iter().map(|word| (text::stems(&word), word)).map(|(stems, word)| (word, stems)).collect()
    };
    let (one, other) = (stemmed(one), stemmed(other));
    let opposite = OPPOSITES.iter().any(|(left, right)| {
        let has = |words: &[(String, Vec<String>)], word: &str| {
            let stem = text::stems(word);
            words.iter().any(|(known, stems)| known == word || (!stem.is_empty() && *stems == stem))
        };
        let turned =
            |this: &str, that: &str| has(&one, this) && !has(&one, that) && has(&other, that) && !has(&other, this);
        turned(left, right) || turned(right, left)
    });
    let turned = (negated + usize::from(opposite)) % 2 == 1;
    let shared = shared(claim, sentence);
    match turned {
        true if shared >= 0.3 => Stance::Contradicts,
        false if shared >= 0.5 || !numbers.is_empty() && !numbers.is_disjoint(&others) => Stance::Supports,
        _ => Stance::Mentions,
    }
}

/// Share of a claim's words that a sentence has.
pub fn shared(claim: &str, sentence: &str) -> f64 {
    let own: BTreeSet<String> = text::stems(sentence).into_iter().collect();
    share(claim, |stem| own.contains(stem))
}

/// Share of a claim's words that an article has, whose stems are known.
pub fn shared_with(claim: &str, indexed: &Indexed) -> f64 {
    share(claim, |stem| indexed.stems.contains_key(stem))
}

fn share(claim: &str, has: impl Fn(&str) -> bool) -> f64 {
    let wanted: BTreeSet<String> = text::stems(claim).into_iter().collect();
    let found = wanted.iter().filter(|stem| has(stem)).count();
    if wanted.is_empty() { 0.0 } else { found as f64 / wanted.len() as f64 }
}

/// Numbers of a text, without separators: `1,200` and `1200` are one. Small ones may be written as words.
pub fn numbers(text: &str) -> BTreeSet<String> {
    const WORDS: [&str; 13] =
        ["zero", "one", "two", "three", "four", "five", "six", "seven", "eight", "nine", "ten", "eleven", "twelve"];
    let mut numbers = BTreeSet::new();
    for word in text.split(|letter: char| letter.is_whitespace() || "()-/:;\"'%$€".contains(letter)) {
        let word = word.trim_matches(|letter: char| !letter.is_alphanumeric()).to_lowercase();
        // "one" is seldom a number.
        if let Some(number) = WORDS.iter().position(|known| *known == word && *known != "one") {
            numbers.insert(number.to_string());
        } else if word.chars().next().is_some_and(|letter| letter.is_ascii_digit()) {
            let digits: String = word.chars().filter(|letter| letter.is_ascii_digit() || *letter == '.').collect();
            numbers.insert(digits.trim_end_matches('.').to_owned());
        }
    }
    numbers
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn stances() {
        for (claim, sentence, expected) in [
            ("the bridge is closed", "The harbour bridge stays closed until Friday.", Stance::Supports),
            ("the bridge is closed", "The bridge is open again.", Stance::Contradicts),
            ("the bridge is closed", "The bridge is not closed, the port said.", Stance::Contradicts),
            ("the trial had 300 patients", "In the trial were 240 patients.", Stance::Contradicts),
            ("the trial had 1,200 patients", "1200 patients took part in the trial.", Stance::Supports),
            ("six hangers have cracks", "Cracks were found in 6 hangers.", Stance::Supports),
            ("the museum theft was an inside job", "The museum opens at noon.", Stance::Mentions),
        ] {
            assert_eq!(stance(claim, sentence), expected, "{claim} / {sentence}");
        }
    }

    #[test]
    fn numbers_are_read() {
        assert_eq!(
            numbers("At 9:30, 1,200 bikes (a quarter) and twelve vans, 3.5 %"),
            BTreeSet::from(["9", "30", "1200", "12", "3.5"].map(str::to_owned))
        );
        assert!(numbers("one of them").is_empty());
    }
}
