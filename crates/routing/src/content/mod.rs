//! The content router: which of four kinds a text is, how sure that is, and which words say so.
//!
//! A multinomial naive Bayes classifier (Manning, Raghavan, Schütze: "Introduction to Information Retrieval", 2008,
//! chapter 13), trained at start on the examples in `examples.txt`. It counts words and pairs of words, so "barcode" is
//! not "code"; and where two kinds are nearly as likely, or no word is known, it says `general` rather than guess.

mod words;

use std::{collections::HashMap, sync::LazyLock};

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use self::words::features;

/// Examples, one a line: a category, a tab, a text.
const EXAMPLES: &str = include_str!("examples.txt");
/// Added to each count, so that a word that one category has not seen rules it out no more than it should.
const SMOOTHING: f64 = 0.3;
/// Words come in company, so naive Bayes counts the same evidence several times and is too sure of itself. The sum of
/// logarithms is divided by this; with it, what is called 90 % likely is right at
/// least that often on examples that were held out.
const TEMPERATURE: f64 = 2.0;
/// A best category that leads by less than this is a guess.
const LEAST_MARGIN: f64 = 0.2;
/// Terms of an explanation.
const SHOWN_TERMS: usize = 6;
/// Longest text that is looked at, in bytes; the first words say what a text is.
pub const MAX_TEXT: usize = 8 * 1024;

/// The four kinds of the course.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "lowercase")]
pub enum Category {
    /// Programs: writing, reading, mending them.
    Code,
    /// Stories, poems, slogans, songs.
    Creative,
    /// Nature, measurement, proof, method.
    Scientific,
    /// Everything else, and whatever is not clear.
    General,
}

impl Category {
    /// All, in the order of reports.
    pub const ALL: [Self; 4] = [Self::Code, Self::Creative, Self::Scientific, Self::General];

    /// The name, as in `routes.toml`.
    pub fn name(self) -> &'static str {
        match self {
            Self::Code => "code",
            Self::Creative => "creative",
            Self::Scientific => "scientific",
            Self::General => "general",
        }
    }

    fn named(name: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|category| category.name() == name)
    }
}

/// How likely a category is.
#[derive(Debug, Clone, Copy, PartialEq, Serialize, JsonSchema)]
pub struct Likelihood {
    /// The category.
    pub category: Category,
    /// From 0 to 1; all four sum to 1.
    pub probability: f64,
}

/// A term that speaks for the best category and against the second best.
#[derive(Debug, Clone, PartialEq, Serialize, JsonSchema)]
pub struct Evidence {
    /// A word, or two that stand side by side.
    pub term: String,
    /// The logarithm of how much more likely the best category makes it than the second: negative speaks against.
    pub weight: f64,
}

/// What a text is.
#[derive(Debug, Clone, PartialEq, Serialize, JsonSchema)]
pub struct Classification {
    /// Where it goes.
    pub category: Category,
    /// All four, the likeliest first.
    pub likelihoods: Vec<Likelihood>,
    /// By how much the likeliest leads.
    pub margin: f64,
    /// Whether nothing was clear, so that the text went to `general` whatever the likeliest is.
    pub abstained: bool,
    /// What weighed most, the heaviest first.
    pub evidence: Vec<Evidence>,
}

/// A trained classifier.
#[derive(Debug)]
pub struct Classifier {
    /// How often each term occurs in each category.
    counts: HashMap<String, [f64; 4]>,
    totals: [f64; 4],
    priors: [f64; 4],
}

impl Classifier {
    /// The classifier of the bundled examples. Trained once.
    pub fn bundled() -> &'static Self {
        static BUNDLED: LazyLock<Classifier> = LazyLock::new(|| Classifier::train(bundled_examples()));
        &BUNDLED
    }

    /// Counts the terms of examples.
    pub fn train<'a>(examples: impl IntoIterator<Item = (Category, &'a str)>) -> Self {
        let (mut counts, mut totals, mut texts) = (HashMap::<String, [f64; 4]>::new(), [0.0; 4], [0.0; 4]);
        for (category, text) in examples {
            let index = category as usize;
            texts[index] += 1.0;
            for term in features(text) {
                counts.entry(term).or_default()[index] += 1.0;
                totals[index] += 1.0;
            }
        }
        let all: f64 = texts.iter().sum();
        Self { counts, totals, priors: texts.map(|texts: f64| (texts.max(1.0) / all.max(1.0)).ln()) }
    }

    /// What `text` is.
    pub fn classify(&self, text: &str) -> Classification {
        let text = &text[..text.floor_char_boundary(MAX_TEXT)];
        let known: Vec<(String, [f64; 4])> = features(text)
            .filter_map(|term| Some((self.weights(&term)?, term)).map(|(weights, term)| (term, weights)))
            .collect();
        let mut scores = self.priors;
        for (_, weights) in &known {
            for (score, weight) in scores.iter_mut().zip(weights) {
                *score += weight / TEMPERATURE;
            }
        }
        let mut likelihoods = probabilities(scores);
        likelihoods.sort_by(|one, other| other.probability.total_cmp(&one.probability));
        let (best, second) = (likelihoods[0], likelihoods[1]);
        let margin = best.probability - second.probability;
        let abstained = known.is_empty() || margin < LEAST_MARGIN;
        Classification {
            category: if abstained { Category::General } else { best.category },
            evidence: evidence(known, best.category, second.category),
            likelihoods,
            margin,
            abstained,
        }
    }

    /// The logarithm of how likely each category makes a term; none for a term that no example has.
    fn weights(&self, term: &str) -> Option<[f64; 4]> {
        let counts = self.counts.get(term)?;
        let terms = self.counts.len() as f64;
        Some(std::array::from_fn(|at| ((counts[at] + SMOOTHING) / (self.totals[at] + SMOOTHING * terms)).ln()))
    }
}

/// Exponentials that sum to one, without overflow.
fn probabilities(scores: [f64; 4]) -> Vec<Likelihood> {
    let most = scores.iter().copied().fold(f64::NEG_INFINITY, f64::max);
    let parts = scores.map(|score| (score - most).exp());
    let sum: f64 = parts.iter().sum();
    Category::ALL.iter().zip(parts).map(|(&category, part)| Likelihood { category, probability: part / sum }).collect()
}

fn evidence(known: Vec<(String, [f64; 4])>, best: Category, second: Category) -> Vec<Evidence> {
    let mut sums: HashMap<String, f64> = HashMap::new();
    for (term, weights) in known {
        *sums.entry(term).or_default() += weights[best as usize] - weights[second as usize];
    }
    let mut all: Vec<Evidence> = sums.into_iter().map(|(term, weight)| Evidence { term, weight }).collect();
    // By weight, then by name: the same text always gets the same explanation.
    all.sort_by(|one, other| other.weight.abs().total_cmp(&one.weight.abs()).then_with(|| one.term.cmp(&other.term)));
    all.truncate(SHOWN_TERMS);
    all
}

/// The bundled examples; lines that are malformed would be a mistake of ours, which a test looks for.
fn bundled_examples() -> impl Iterator<Item = (Category, &'static str)> {
    EXAMPLES
        .lines()
        .filter_map(|line| line.split_once('\t'))
        .filter_map(|(name, text)| Some((Category::named(name)?, text)))
}

#[cfg(test)]
mod tests;
