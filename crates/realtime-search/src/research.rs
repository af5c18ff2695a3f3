//! Research: a question is asked in several ways, what is found is read, and a report cites each sentence it takes.

use std::collections::{BTreeSet, HashMap};

use mcp_support::search::index::IndexError;
use schemars::JsonSchema;
use serde::Serialize;

use crate::{
    claims::{self, Stance},
    library::Library,
    pipeline::{
        Candidate, Weights, cite,
        diversity::similarity,
        plan::{Safe, Wanted},
    },
    search,
    session::Session,
    suggest, text,
};

/// Results of each query.
const EACH: usize = 10;
/// Sentences that are taken from one article.
const SENTENCES: usize = 2;
/// Two sentences that are this similar say the same.
const SAME: f64 = 0.65;
/// A sentence that is to the point by less than this share of the best is left out.
const LEAST: f64 = 0.4;
/// Words that are not longer seldom name anything.
const SHORT: usize = 3;
/// `k` of the fusion of queries.
const FUSION_K: f64 = 20.0;

/// A question that is being looked into.
pub struct Research<'a> {
    /// What is read.
    pub library: &'a Library,
    /// Whose context counts.
    pub session: Option<&'a Session>,
    /// What each stage counts.
    pub weights: &'a Weights,
    /// When it is asked.
    pub now: i64,
}

/// A sentence that is quoted.
#[derive(Debug, Clone, PartialEq, Serialize, JsonSchema)]
pub struct Finding {
    /// The sentence, between `<<<` and `>>>`: it comes from outside.
    pub quote: String,
    /// The source that it is from, as in `[1]`.
    pub source: usize,
}

/// A source.
#[derive(Debug, Clone, PartialEq, Serialize, JsonSchema)]
pub struct Cited {
    /// What a citation such as `[1]` means.
    pub number: usize,
    /// Id of the article.
    pub id: String,
    /// Title, between `<<<` and `>>>`.
    pub title: String,
    /// Where it can be read.
    pub url: String,
    /// The outlet.
    pub outlet: String,
    /// How far the outlet is trusted, from 0 to 1.
    pub trust: f64,
    /// When it was published (RFC 3339).
    pub published: Option<String>,
}

/// Two sources that do not agree.
#[derive(Debug, Clone, PartialEq, Serialize, JsonSchema)]
pub struct Disagreement {
    /// One source.
    pub one: usize,
    /// The other.
    pub other: usize,
    /// What both say, in two quotes between `<<<` and `>>>`.
    pub quotes: [String; 2],
}

/// A cited report.
#[derive(Debug, Clone, PartialEq, Serialize, JsonSchema)]
pub struct Report {
    /// The question.
    pub question: String,
    /// What was asked for it.
    pub queries: Vec<String>,
    /// What was found, the most to the point first.
    pub findings: Vec<Finding>,
    /// Where sources do not agree.
    pub disagreements: Vec<Disagreement>,
    /// Words of the question that no source has.
    pub gaps: Vec<String>,
    /// The sources.
    pub sources: Vec<Cited>,
}

impl Research<'_> {
    /// What else to ask for a question. Blocks.
    ///
    /// # Errors
    /// The index is damaged.
    pub fn queries(&self, question: &str, most: usize) -> Result<Vec<String>, IndexError> {
        let more = suggest::suggest(self.library, question, self.session, self.weights, self.now, most)?;
        Ok(std::iter::once(question.to_owned()).chain(more.into_iter().map(|suggestion| suggestion.query)).collect())
    }

    /// Asks one of them. Blocks.
    ///
    /// # Errors
    /// The index is damaged.
    pub fn ask(&self, query: &str) -> Result<Vec<Candidate>, IndexError> {
        let wanted = Wanted { query: query.to_owned(), limit: EACH, safe: Safe::Strict, ..Wanted::default() };
        Ok(search::search(self.library, wanted, self.session, self.weights, self.now)?.results)
    }

    /// Reads what the queries have found, and writes the report. Blocks.
    pub fn report(&self, question: &str, queries: Vec<String>, found: &[Vec<Candidate>], most: usize) -> Report {
        let chosen = fused(question, found, most);
        let stems = text::stems(question);
        let mut sentences: Vec<(usize, String, f64)> = Vec::new();
        for (at, candidate) in chosen.iter().enumerate() {
            for (sentence, score) in to_the_point(&candidate.indexed.article.text, &stems, self.library) {
                sentences.push((at + 1, sentence, score * (0.5 + candidate.indexed.trust)));
            }
        }
        sentences.sort_by(|one, other| other.2.total_cmp(&one.2).then(one.0.cmp(&other.0)));
        let enough = sentences.first().map_or(0.0, |best| LEAST * best.2);
        let mut kept: Vec<(usize, String)> = Vec::new();
        for (source, sentence, _) in sentences.into_iter().filter(|sentence| sentence.2 >= enough) {
            let counted = text::counted(&sentence);
            if kept.iter().all(|(_, known)| similarity(&text::counted(known), &counted) < SAME) {
                kept.push((source, sentence));
            }
        }
        kept.truncate(2 * most);
        let has: BTreeSet<&String> = chosen.iter().flat_map(|candidate| candidate.indexed.stems.keys()).collect();
        let is_missing =
            |word: &&String| word.len() > SHORT && text::stems(word).iter().any(|stem| !has.contains(stem));
        Report {
            question: question.to_owned(),
            disagreements: disagreements(&kept),
            findings: kept
                .iter()
                .map(|(source, sentence)| Finding { quote: cite::marked(sentence), source: *source })
                .collect(),
            gaps: text::words(question).iter().filter(is_missing).cloned().collect(),
            sources: chosen.iter().enumerate().map(|(at, candidate)| self.cited(at + 1, candidate)).collect(),
            queries,
        }
    }

    fn cited(&self, number: usize, candidate: &Candidate) -> Cited {
        let article = &candidate.indexed.article;
        Cited {
            number,
            id: article.id.clone(),
            title: cite::marked(&article.title),
            url: article.url.clone(),
            outlet: self.library.outlets().name(&article.source).to_owned(),
            trust: candidate.indexed.trust,
            published: candidate.indexed.published.and_then(cite::rfc3339),
        }
    }
}

impl Report {
    /// For people, in Markdown.
    pub fn text(&self) -> String {
        let mut lines = vec![format!("# {}", self.question), String::new()];
        for finding in &self.findings {
            lines.push(format!("- {} [{}]", finding.quote, finding.source));
        }
        if self.findings.is_empty() {
            lines.push("Nothing was found that answers the question.".to_owned());
        }
        if !self.disagreements.is_empty() {
            lines.extend([String::new(), "## Sources do not agree".to_owned()]);
            for Disagreement { one, other, quotes: [first, second] } in &self.disagreements {
                lines.push(format!("- {first} [{one}], but {second} [{other}]"));
            }
        }
        if !self.gaps.is_empty() {
            lines.extend([String::new(), format!("No source says anything of: {}", self.gaps.join(", "))]);
        }
        lines.extend([String::new(), "## Sources".to_owned()]);
        for source in &self.sources {
            let published = source.published.as_deref().unwrap_or("without a date");
            lines
                .push(format!("[{}] {}, {published}: {} <{}>", source.number, source.outlet, source.title, source.url));
        }
        lines.push(format!("\nAsked: {}", self.queries.join(" | ")));
        lines.join("\n")
    }
}

/// The articles that most queries have found high up. The question itself counts twice.
fn fused<'a>(question: &str, found: &'a [Vec<Candidate>], most: usize) -> Vec<&'a Candidate> {
    let mut scores: HashMap<&str, (f64, &Candidate)> = HashMap::new();
    for (at, results) in found.iter().enumerate() {
        let weight = if at == 0 { 2.0 } else { 1.0 };
        for (rank, candidate) in results.iter().enumerate() {
            scores.entry(candidate.id()).or_insert((0.0, candidate)).0 += weight / (FUSION_K + rank as f64);
        }
    }
    let mut ranked: Vec<(f64, &Candidate)> = scores.into_values().collect();
    ranked.sort_by(|one, other| other.0.total_cmp(&one.0).then(one.1.id().cmp(other.1.id())));
    // A further query may lead astray: an article has to have half of what was asked.
    let is_about = |candidate: &&Candidate| claims::shared_with(question, &candidate.indexed) >= 0.5;
    ranked.into_iter().map(|(_, candidate)| candidate).filter(is_about).take(most).collect()
}

fn to_the_point(article: &str, stems: &[String], library: &Library) -> Vec<(String, f64)> {
    let scored = |sentence: &str| {
        let own = text::stems(sentence);
        let score: f64 = stems.iter().filter(|stem| own.contains(stem)).map(|stem| library.rarity(stem)).sum();
        score / (6.0 + own.len() as f64).sqrt()
    };
    let mut ranked: Vec<(String, f64)> = text::sentences(article)
        .into_iter()
        .map(|sentence| (text::shortened(sentence, cite::SNIPPET), scored(sentence)))
        .filter(|(_, score)| *score > 0.0)
        .collect();
    ranked.sort_by(|one, other| other.1.total_cmp(&one.1));
    ranked.truncate(SENTENCES);
    ranked
}

fn disagreements(kept: &[(usize, String)]) -> Vec<Disagreement> {
    let mut found = Vec::new();
    for (at, (one, first)) in kept.iter().enumerate() {
        for (other, second) in &kept[at + 1..] {
            let same_matter = claims::shared(first, second).min(claims::shared(second, first)) >= 0.4;
            if one != other && same_matter && claims::stance(first, second) == Stance::Contradicts {
                let quotes = [cite::marked(first), cite::marked(second)];
                found.push(Disagreement { one: *one, other: *other, quotes });
            }
        }
    }
    found.truncate(5);
    found
}
