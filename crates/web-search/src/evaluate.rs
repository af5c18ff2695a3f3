//! How good the search of the bundled collection is, in figures, over queries that people have judged.
//!
//! A third of the queries is held out: nothing is tuned on them, and they are reported apart. A figure that is only
//! good on what it was tuned on is worth nothing.

use std::{
    collections::{BTreeMap, HashMap, HashSet},
    fmt,
    io::Write as _,
};

use anyhow::Context as _;
use mcp_support::search::provider::{ProviderRequest, Vertical};
use serde::{Deserialize, Serialize};

use crate::embedded::Embedded;

const JUDGED: &str = include_str!("../corpus/judged.toml");
/// Results that are looked at.
const DEPTH: usize = 10;

/// Judged queries.
#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Judged {
    /// Near copies, each with its original: one of them counts, the second adds nothing.
    pub copies: HashMap<String, String>,
    /// The queries.
    pub query: Vec<JudgedQuery>,
}

/// A query as a person types it, with the documents that help.
#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct JudgedQuery {
    /// What is typed.
    pub text: String,
    /// What is searched.
    pub vertical: Vertical,
    /// In which language, where it is asked for.
    pub language: Option<String>,
    /// Whether nobody looks at its results while tuning.
    #[serde(default)]
    pub held_out: bool,
    /// By id: 3 answers it, 2 in part, 1 is of some help. What is missing is of none.
    pub grades: BTreeMap<String, u8>,
}

impl Judged {
    /// Those that are bundled.
    ///
    /// # Errors
    /// The file cannot be read.
    pub fn bundled() -> anyhow::Result<Self> {
        toml::from_str(JUDGED).context("the judged queries cannot be read")
    }
}

/// What a query was worth.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct Row {
    /// The query.
    pub query: String,
    /// What was searched.
    pub vertical: Vertical,
    /// Whether it is held out.
    pub held_out: bool,
    /// Normalized discounted cumulative gain of the first ten: 0 to 1.
    pub ndcg: f64,
    /// One divided by the rank of the first result that helps; 0 without one.
    pub reciprocal_rank: f64,
    /// The share of the documents that help which is among the first ten.
    pub recall: f64,
    /// What came first: the ids of three.
    pub first: Vec<String>,
}

/// The means of some rows.
#[derive(Debug, Clone, Copy, PartialEq, Default, Serialize)]
pub struct Means {
    /// How many queries.
    pub queries: usize,
    /// See [`Row::ndcg`].
    pub ndcg: f64,
    /// See [`Row::reciprocal_rank`].
    pub mrr: f64,
    /// See [`Row::recall`].
    pub recall: f64,
}

/// All figures.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct Report {
    /// Of the queries that the search may be tuned on.
    pub tuning: Means,
    /// Of the others.
    pub held_out: Means,
    /// Of the tuning queries, by what is searched.
    pub verticals: BTreeMap<&'static str, Means>,
    /// Each query.
    pub rows: Vec<Row>,
}

/// Asks every judged query and counts. Blocks.
///
/// # Errors
/// The judged queries cannot be read, or a search fails.
pub fn evaluate(embedded: &Embedded) -> anyhow::Result<Report> {
    let judged = Judged::bundled()?;
    let rows = judged.query.iter().map(|query| row(query, &judged.copies, embedded)).collect::<Result<Vec<_>, _>>()?;
    let mut verticals = BTreeMap::new();
    for vertical in Vertical::ALL {
        verticals.insert(vertical.as_str(), means(rows.iter().filter(|row| !row.held_out && row.vertical == vertical)));
    }
    let part = |held_out: bool| means(rows.iter().filter(|row| row.held_out == held_out));
    Ok(Report { tuning: part(false), held_out: part(true), verticals, rows })
}

/// Prints the table.
///
/// # Errors
/// As [`evaluate`], or nobody reads stdout.
pub async fn run() -> anyhow::Result<()> {
    let report = tokio::task::spawn_blocking(|| evaluate(&Embedded::in_memory()?)).await??;
    let mut stdout = std::io::stdout().lock();
    write!(stdout, "{report}")?;
    Ok(stdout.flush()?)
}

fn row(query: &JudgedQuery, copies: &HashMap<String, String>, embedded: &Embedded) -> anyhow::Result<Row> {
    let mut request = ProviderRequest::new(query.vertical, query.text.as_str());
    request.count = DEPTH;
    request.language.clone_from(&query.language);
    let found = embedded.ids(&request)?;
    let mut seen = HashSet::new();
    let gains: Vec<u8> = found
        .iter()
        .map(|id| {
            let original = copies.get(*id).map_or(*id, String::as_str);
            let grade = query.grades.get(original).copied().unwrap_or(0);
            if seen.insert(original) { grade } else { 0 }
        })
        .collect();
    let helpful = query.grades.values().filter(|grade| **grade > 0).count();
    let hit = gains.iter().filter(|grade| **grade > 0).count();
    Ok(Row {
        query: query.text.clone(),
        vertical: query.vertical,
        held_out: query.held_out,
        ndcg: ndcg(&gains, query.grades.values().copied()),
        reciprocal_rank: gains.iter().position(|grade| *grade > 0).map_or(0.0, |place| 1.0 / (place + 1) as f64),
        recall: if helpful == 0 { 1.0 } else { hit as f64 / helpful as f64 },
        first: found.iter().take(3).map(|id| (*id).to_owned()).collect(),
    })
}

/// nDCG as Burges et al. define it ("Learning to rank using gradient descent", 2005): a gain of 2^grade - 1, discounted
/// by the logarithm of the rank, over that of the best order there could be.
fn ndcg(gains: &[u8], grades: impl Iterator<Item = u8>) -> f64 {
    let mut best: Vec<u8> = grades.collect();
    best.sort_unstable_by(|a, b| b.cmp(a));
    let ideal = dcg(&best);
    if ideal > 0.0 { dcg(gains) / ideal } else { 0.0 }
}

fn dcg(gains: &[u8]) -> f64 {
    let gain = |(place, grade): (usize, &u8)| (f64::from(*grade).exp2() - 1.0) / ((place + 2) as f64).log2();
    gains.iter().take(DEPTH).enumerate().map(gain).sum()
}

fn means<'a>(rows: impl Iterator<Item = &'a Row>) -> Means {
    let mut means = Means::default();
    for row in rows {
        means.queries += 1;
        means.ndcg += row.ndcg;
        means.mrr += row.reciprocal_rank;
        means.recall += row.recall;
    }
    let count = means.queries.max(1) as f64;
    Means { ndcg: means.ndcg / count, mrr: means.mrr / count, recall: means.recall / count, ..means }
}

/// A table for people. Single queries of the held-out part stay out of sight.
impl fmt::Display for Report {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        writeln!(formatter, "provider embedded, judged queries\n")?;
        writeln!(formatter, "{:<18} {:>7} {:>8} {:>6} {:>10}", "part", "queries", "nDCG@10", "MRR", "recall@10")?;
        let mut line = |name: &str, means: &Means| {
            let Means { queries, ndcg, mrr, recall } = means;
            writeln!(formatter, "{name:<18} {queries:>7} {ndcg:>8.3} {mrr:>6.3} {recall:>10.3}")
        };
        line("tuning", &self.tuning)?;
        for (vertical, means) in self.verticals.iter().filter(|(_, means)| means.queries > 0) {
            line(&format!("  {vertical}"), means)?;
        }
        line("held out", &self.held_out)?;
        let mut weak: Vec<&Row> = self.rows.iter().filter(|row| !row.held_out && row.ndcg < 0.75).collect();
        weak.sort_by(|a, b| a.ndcg.total_cmp(&b.ndcg));
        if !weak.is_empty() {
            writeln!(formatter, "\nweakest of the tuning part")?;
        }
        for row in weak.iter().take(20) {
            writeln!(formatter, "  {:.2}  {}  ->  {}", row.ndcg, row.query, row.first.join(", "))?;
        }
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_figure_is_the_one_of_the_paper() {
        let all = || [3, 2, 3, 0, 1, 2].into_iter();
        assert!((ndcg(&[3, 2, 3, 0, 1, 2], all()) - 0.948_81).abs() < 1e-4, "{}", ndcg(&[3, 2, 3, 0, 1, 2], all()));
        assert!((ndcg(&[3, 3, 2, 2, 1], all()) - 1.0).abs() < 1e-9);
        assert!(ndcg(&[0; 10], all()).abs() < 1e-9);
        assert!(ndcg(&[3], std::iter::empty()).abs() < 1e-9);
    }

    #[test]
    fn enough_is_judged_and_held_out() {
        let judged = Judged::bundled().expect("a file of this crate");
        let held_out = judged.query.iter().filter(|query| query.held_out).count();
        assert!(judged.query.len() >= 72 && held_out * 3 >= judged.query.len() - 2, "{held_out}");
        let embedded = Embedded::in_memory().expect("an index");
        for query in &judged.query {
            assert!(query.grades.values().all(|grade| (1..=3).contains(grade)), "{}", query.text);
            for id in query.grades.keys().chain(judged.copies.keys()).chain(judged.copies.values()) {
                assert!(embedded.has(id), "{}: no document is called {id}", query.text);
            }
        }
    }

    #[test]
    fn the_search_is_as_good_as_it_was() {
        let report = evaluate(&Embedded::in_memory().expect("an index")).expect("a report");
        assert!(report.tuning.ndcg >= 0.9, "{report}");
        assert!(report.held_out.ndcg >= 0.75, "{report}");
    }
}
