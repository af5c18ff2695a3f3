//! (4) Search: by words, by vectors, or both, fused by rank; and a choice among the found that does not repeat itself.

use std::{cmp::Ordering, collections::HashMap, fmt, str::FromStr};

use chrono::NaiveDate;
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use crate::{corpus::Corpus, document::Document, embedder::EmbedError, thesaurus::expanded};

/// Chunks that each of the two searches contributes.
pub const POOL: usize = 100;
/// The constant of reciprocal rank fusion (Cormack, Clarke and Büttcher, 2009): how little the first ranks stand out.
const FUSION: f32 = 60.0;
/// What relevance weighs against novelty in [`diverse`].
const RELEVANCE: f32 = 0.6;

/// How to search.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "lowercase")]
#[schemars(inline)]
pub enum Mode {
    /// BM25: finds identifiers, numbers and rare words exactly.
    Keyword,
    /// Nearest vectors: finds other forms of words, and words that go together.
    Vector,
    /// Both, fused by rank.
    #[default]
    Hybrid,
}

impl Mode {
    /// All.
    pub const ALL: [Self; 3] = [Self::Keyword, Self::Vector, Self::Hybrid];

    /// Its name.
    pub fn name(self) -> &'static str {
        match self {
            Self::Keyword => "keyword",
            Self::Vector => "vector",
            Self::Hybrid => "hybrid",
        }
    }
}

impl fmt::Display for Mode {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.name())
    }
}

impl FromStr for Mode {
    type Err = String;

    fn from_str(name: &str) -> Result<Self, String> {
        let known = Self::ALL.into_iter().find(|mode| mode.name() == name);
        known.ok_or_else(|| "use keyword, vector or hybrid".to_owned())
    }
}

/// Which documents may be found. What is not set lets all through; a document without a date is in no range of dates.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Filter {
    /// Only of this category.
    pub category: Option<String>,
    /// Only from this source.
    pub source: Option<String>,
    /// Written on this day or later.
    pub since: Option<NaiveDate>,
    /// Written on this day or earlier.
    pub until: Option<NaiveDate>,
}

impl Filter {
    /// Whether a document may be found.
    pub fn lets_through(&self, document: &Document) -> bool {
        let is = |wanted: &Option<String>, there: &str| wanted.as_deref().is_none_or(|wanted| wanted == there);
        let about = &document.about;
        is(&self.category, &about.category)
            && is(&self.source, &about.source)
            && self.since.is_none_or(|since| about.date.is_some_and(|date| date >= since))
            && self.until.is_none_or(|until| about.date.is_some_and(|date| date <= until))
    }
}

/// A chunk that was found.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Hit {
    /// The chunk's number in its corpus.
    pub at: usize,
    /// By what the hits are ordered: BM25, cosine, or the sum of reciprocal ranks.
    pub score: f32,
    /// BM25; 0 where it was not found by its words.
    pub keyword: f32,
    /// Cosine; 0 where it was not found by its vector.
    pub similarity: f32,
}

/// Searches. The best come first, equal ones in the order in which they were added.
///
/// # Errors
/// The question has no vector.
pub fn search(
    corpus: &Corpus,
    question: &str,
    mode: Mode,
    filter: &Filter,
    most: usize,
) -> Result<Vec<Hit>, EmbedError> {
    let pool = POOL.max(most);
    let may = |at: usize| filter.lets_through(&corpus.piece(at).document);
    let mut hits: HashMap<usize, Hit> = HashMap::new();
    let empty = |at: usize| Hit { at, score: 0.0, keyword: 0.0, similarity: 0.0 };
    if mode != Mode::Vector {
        for (rank, found) in corpus.keyword().search(&expanded(question), pool, may).into_iter().enumerate() {
            let hit = hits.entry(found.at).or_insert_with(|| empty(found.at));
            hit.keyword = found.score;
            hit.score += if mode == Mode::Hybrid { reciprocal(rank) } else { found.score };
        }
    }
    if mode != Mode::Keyword
        && let Some(embedder) = corpus.embedder()
    {
        let vector = embedder.embed(&[question])?.into_iter().next().unwrap_or_default();
        for (rank, found) in corpus.vectors().nearest(&vector, pool, may).into_iter().enumerate() {
            let hit = hits.entry(found.at).or_insert_with(|| empty(found.at));
            hit.similarity = found.similarity;
            hit.score += if mode == Mode::Hybrid { reciprocal(rank) } else { found.similarity };
        }
    }
    let mut hits: Vec<Hit> = hits.into_values().collect();
    hits.sort_unstable_by(best_first);
    hits.truncate(most);
    Ok(hits)
}

/// What a rank, counted from 0, adds to a fused score.
pub(crate) fn reciprocal(rank: usize) -> f32 {
    1.0 / (FUSION + 1.0 + rank as f32)
}

fn best_first(a: &Hit, b: &Hit) -> Ordering {
    b.score.total_cmp(&a.score).then(a.at.cmp(&b.at))
}

/// Maximal marginal relevance (Carbonell and Goldstein, 1998): takes the best, then always the one that is relevant and
/// least like those taken. `hits` are in the order of their scores.
pub fn diverse(corpus: &Corpus, hits: &[Hit], most: usize) -> Vec<Hit> {
    let best = hits.first().map_or(1.0, |hit| hit.score.max(f32::MIN_POSITIVE));
    let mut left: Vec<(Hit, f32)> = hits.iter().map(|hit| (*hit, 0.0)).collect();
    let mut taken: Vec<Hit> = Vec::new();
    while taken.len() < most && !left.is_empty() {
        let worth = |(hit, likeness): &(Hit, f32)| RELEVANCE * hit.score / best - (1.0 - RELEVANCE) * likeness;
        let next = (1..left.len()).fold(0, |next, at| if worth(&left[at]) > worth(&left[next]) { at } else { next });
        let (hit, _) = left.remove(next);
        for (other, likeness) in &mut left {
            *likeness = likeness.max(corpus.vectors().between(hit.at, other.at));
        }
        taken.push(hit);
    }
    taken
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::document::{About, Kind, date};

    fn corpus() -> Corpus {
        let texts = [
            ("a", "Batteries of docks are charged overnight.", "guide", "2026-01-01"),
            ("b", "The code of the alarm is E-4711.", "runbook", "2026-02-01"),
            ("c", "Docks charge their batteries overnight.", "guide", "2026-03-01"),
            ("d", "Invoices are due in thirty days.", "policy", ""),
        ];
        let mut corpus = Corpus::default();
        let documents = texts.map(|(id, text, category, day)| {
            let about = About { category: category.to_owned(), date: date(day).ok(), ..About::default() };
            Document::new(id, Kind::Text, text, about).expect("a document")
        });
        corpus.ingest(documents.to_vec()).expect("fits");
        corpus
    }

    fn found(question: &str, mode: Mode, filter: &Filter) -> Vec<String> {
        let corpus = corpus();
        let hits = search(&corpus, question, mode, filter, 10).expect("searches");
        hits.iter().map(|hit| corpus.piece(hit.at).document.id.clone()).collect()
    }

    #[test]
    fn each_mode_finds_what_it_is_good_at() {
        for mode in Mode::ALL {
            assert_eq!(found("alarm E-4711", mode, &Filter::default())[0], "b", "{mode}");
            let first = found("charging the battery of a dock", mode, &Filter::default());
            assert!(["a", "c"].contains(&first[0].as_str()), "{mode}: {first:?}");
        }
        assert_eq!("fast".parse::<Mode>(), Err("use keyword, vector or hybrid".to_owned()));
    }

    #[test]
    fn filters_are_about_documents() {
        let since = Filter { since: date("2026-02-01").ok(), ..Filter::default() };
        assert_eq!(found("docks charge batteries overnight", Mode::Keyword, &since), ["c"]);
        let until = Filter { until: date("2026-02-01").ok(), category: Some("guide".to_owned()), ..Filter::default() };
        assert_eq!(found("docks charge batteries overnight", Mode::Hybrid, &until), ["a"]);
        assert!(found("invoices", Mode::Keyword, &since).is_empty(), "no date is in no range");
    }

    #[test]
    fn what_says_the_same_comes_later() {
        let corpus = corpus();
        let hits =
            search(&corpus, "docks charge batteries overnight, code of the alarm", Mode::Hybrid, &Filter::default(), 4)
                .expect("searches");
        let ids = |hits: &[Hit]| hits.iter().map(|hit| corpus.piece(hit.at).document.id.clone()).collect::<Vec<_>>();
        let plain = ids(&hits);
        assert!(plain[..2].iter().all(|id| ["a", "c"].contains(&id.as_str())), "{plain:?}");
        let diverse = ids(&diverse(&corpus, &hits, 3));
        assert_eq!(diverse[0], plain[0]);
        assert!(!["a", "c"].contains(&diverse[1].as_str()), "{diverse:?} {hits:?}");
    }
}
