//! (10) Evaluation: every strategy at every budget, over questions that people judged. Measured before anything is claimed.

use std::{
    collections::HashMap,
    ops::Range,
    time::{Duration, Instant},
};

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use crate::{
    bundled::Question,
    corpus::Corpus,
    document::Document,
    embedder::EmbedError,
    packing::{Candidate, Packed, fill, pack_without_notes},
    search::Filter,
    strategy::{Strategy, ranking},
};

/// The budgets of the lesson's table.
pub const BUDGETS: [usize; 3] = [500, 1000, 2000];
/// Grade from which on a document counts as relevant.
const RELEVANT: u8 = 2;

/// How one strategy did.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, JsonSchema)]
pub struct Row {
    /// Which strategy.
    pub strategy: Strategy,
    /// Share of the first five chunks that are of a relevant document (grade 2 or 3).
    pub precision_at_5: f64,
    /// Share of the relevant documents that are among the first ten chunks.
    pub recall_at_10: f64,
    /// Normalized discounted cumulative gain of the first ten documents, with gains of 2^grade - 1.
    pub ndcg_at_10: f64,
    /// For each budget, how the contexts were.
    pub contexts: Vec<Coverage>,
}

/// How the contexts of one strategy at one budget were.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, JsonSchema)]
pub struct Coverage {
    /// The budget, in tokens.
    pub budget: usize,
    /// Share of the questions whose whole answer is in the context.
    pub covered: f64,
    /// Mean share of the budget that was used.
    pub utilization: f64,
    /// Mean time from question to context, in milliseconds, without the search for contradictions.
    pub milliseconds: f64,
    /// Ids of the questions that are not covered.
    pub missed: Vec<String>,
}

/// Runs all strategies over the questions.
///
/// # Errors
/// A question has no vector.
pub fn evaluate(corpus: &Corpus, questions: &[&Question], budgets: &[usize]) -> Result<Vec<Row>, EmbedError> {
    Strategy::ALL.into_iter().map(|strategy| row(corpus, questions, budgets, strategy)).collect()
}

/// A table for people: a row for each strategy.
pub fn table(rows: &[Row]) -> String {
    let budgets = rows.first().map_or(&[][..], |row| row.contexts.as_slice());
    let mut text = String::from("| strategy | P@5 | R@10 | nDCG@10 |");
    text.extend(budgets.iter().map(|context| format!(" {} tokens |", context.budget)));
    text.push_str(&format!("\n|---|---:|---:|---:|{}\n", "---:|".repeat(budgets.len())));
    for row in rows {
        let (precision, recall, ndcg) = (row.precision_at_5, row.recall_at_10, row.ndcg_at_10);
        text.push_str(&format!("| {} | {precision:.2} | {recall:.2} | {ndcg:.2} |", row.strategy));
        text.extend(row.contexts.iter().map(|context| format!(" {:.0} % |", context.covered * 100.0)));
        text.push('\n');
    }
    text
}

fn row(corpus: &Corpus, questions: &[&Question], budgets: &[usize], strategy: Strategy) -> Result<Row, EmbedError> {
    let all = questions.len().max(1) as f64;
    let (mut precision, mut recall, mut ndcg) = (0.0, 0.0, 0.0);
    let mut contexts: Vec<Coverage> = budgets
        .iter()
        .map(|budget| Coverage {
            budget: *budget,
            covered: 0.0,
            utilization: 0.0,
            milliseconds: 0.0,
            missed: Vec::new(),
        })
        .collect();
    for question in questions {
        let started = Instant::now();
        let ranked = ranking(corpus, &question.question, strategy, &Filter::default())?;
        let ranking_took = started.elapsed();
        let documents: Vec<&str> =
            ranked.iter().map(|candidate| corpus.piece(candidate.at).document.id.as_str()).collect();
        precision += precision_at(&documents, question, 5);
        recall += recall_at(&documents, question, 10);
        ndcg += ndcg_at(&documents, question, 10);
        for context in &mut contexts {
            let (packed, took) = timed(corpus, &ranked, strategy, context.budget);
            context.milliseconds += (ranking_took + took).as_secs_f64() * 1000.0 / all;
            context.utilization += packed.tokens as f64 / context.budget as f64 / all;
            if is_covered(corpus, question, &packed) {
                context.covered += 1.0 / all;
            } else {
                context.missed.push(question.id.clone());
            }
        }
    }
    Ok(Row { strategy, precision_at_5: precision / all, recall_at_10: recall / all, ndcg_at_10: ndcg / all, contexts })
}

fn timed(corpus: &Corpus, ranked: &[Candidate], strategy: Strategy, budget: usize) -> (Packed, Duration) {
    let started = Instant::now();
    let packed = match strategy {
        Strategy::Packed => pack_without_notes(corpus, ranked, budget),
        _ => fill(corpus, &ranked.iter().map(|candidate| candidate.at).collect::<Vec<_>>(), budget),
    };
    (packed, started.elapsed())
}

fn grade(question: &Question, document: &str) -> u8 {
    question.relevant.iter().find(|relevant| relevant.document == document).map_or(0, |relevant| relevant.grade)
}

/// Share of the first `most` that are relevant.
pub fn precision_at(documents: &[&str], question: &Question, most: usize) -> f64 {
    let relevant = documents.iter().take(most).filter(|id| grade(question, id) >= RELEVANT).count();
    relevant as f64 / most as f64
}

/// Share of the relevant documents that are among the first `most`.
pub fn recall_at(documents: &[&str], question: &Question, most: usize) -> f64 {
    let wanted: Vec<&str> = question
        .relevant
        .iter()
        .filter(|relevant| relevant.grade >= RELEVANT)
        .map(|relevant| relevant.document.as_str())
        .collect();
    let found = wanted.iter().filter(|id| documents.iter().take(most).any(|other| other == *id)).count();
    if wanted.is_empty() { 1.0 } else { found as f64 / wanted.len() as f64 }
}

/// Normalized discounted cumulative gain (Järvelin and Kekäläinen, 2002) of the first `most` documents, each counted where
/// it comes first.
pub fn ndcg_at(documents: &[&str], question: &Question, most: usize) -> f64 {
    let mut distinct: Vec<&str> = Vec::new();
    for id in documents {
        if !distinct.contains(id) {
            distinct.push(id);
        }
    }
    let gain = |grade: u8| f64::from(2_u32.pow(u32::from(grade)) - 1);
    let discounted = |grades: &[u8]| -> f64 {
        grades.iter().take(most).enumerate().map(|(rank, grade)| gain(*grade) / (rank as f64 + 2.0).log2()).sum()
    };
    let found: Vec<u8> = distinct.iter().map(|id| grade(question, id)).collect();
    let mut ideal: Vec<u8> = question.relevant.iter().map(|relevant| relevant.grade).collect();
    ideal.sort_unstable_by(|a, b| b.cmp(a));
    let best = discounted(&ideal);
    if best > 0.0 { discounted(&found) / best } else { 1.0 }
}

/// Whether every line of the answers is in the context, whole.
pub fn is_covered(corpus: &Corpus, question: &Question, packed: &Packed) -> bool {
    let mut spans: HashMap<&str, Vec<Range<usize>>> = HashMap::new();
    for passage in &packed.passages {
        spans.entry(passage.document.id.as_str()).or_default().push(passage.span.clone());
    }
    question.answers.iter().all(|line| {
        line.iter().any(|answer| {
            let Some(document) = corpus.document(&answer.document) else { return false };
            let Some(spans) = spans.get(answer.document.as_str()) else { return false };
            let Some(place) = place(document, &answer.span) else { return false };
            let is_in = |at: usize| spans.iter().any(|span| span.contains(&at));
            document.text[place.clone()]
                .char_indices()
                .all(|(at, letter)| letter.is_whitespace() || is_in(place.start + at))
        })
    })
}

/// Where words stand in a document, however its lines are broken.
pub fn place(document: &Document, words: &str) -> Option<Range<usize>> {
    let wanted: Vec<char> = words.chars().filter(|letter| !letter.is_whitespace()).collect();
    let text: Vec<(usize, char)> = document.text.char_indices().filter(|(_, letter)| !letter.is_whitespace()).collect();
    let at =
        text.windows(wanted.len().max(1)).position(|window| window.iter().map(|(_, letter)| letter).eq(&wanted))?;
    let (last, letter) = text[at + wanted.len() - 1];
    Some(text[at].0..last + letter.len_utf8())
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::bundled::{Relevant, documents, questions};
    use crate::corpus::Corpus;

    fn question(grades: &[(&str, u8)]) -> Question {
        let relevant = grades.iter().map(|(id, grade)| Relevant { document: (*id).to_owned(), grade: *grade });
        Question {
            id: "q".to_owned(),
            kind: "number".to_owned(),
            held_out: false,
            question: "?".to_owned(),
            answers: Vec::new(),
            relevant: relevant.collect(),
        }
    }

    #[test]
    fn measures_are_those_of_their_formulas() {
        let question = question(&[("a", 3), ("b", 2), ("c", 1)]);
        assert!((precision_at(&["a", "a", "c", "x", "b"], &question, 5) - 0.6).abs() < 1e-9);
        assert!((recall_at(&["a", "x", "x"], &question, 10) - 0.5).abs() < 1e-9);
        assert!((ndcg_at(&["a", "a", "b", "c"], &question, 10) - 1.0).abs() < 1e-9);
        let gains = 3.0 + 7.0 / 3.0_f64.log2();
        let best = 7.0 + 3.0 / 3.0_f64.log2() + 1.0 / 4.0_f64.log2();
        assert!((ndcg_at(&["b", "a"], &question, 10) - gains / best).abs() < 1e-9);
    }

    /// The floor: what the page claims, less a little.
    #[test]
    fn answers_are_covered_as_the_page_says() {
        let mut corpus = Corpus::default();
        corpus.ingest(documents().expect("readable")).expect("fits");
        let all = questions().expect("readable");
        for (held_out, least) in [(false, [0.78, 0.84]), (true, [0.76, 0.82])] {
            let questions: Vec<&Question> = all.iter().filter(|question| question.held_out == held_out).collect();
            assert!(questions.len() > 50);
            let packed = row(&corpus, &questions, &[500, 1000], Strategy::Packed).expect("evaluates");
            for (context, least) in packed.contexts.iter().zip(least) {
                eprintln!("held out: {held_out}, {} tokens: {:.3}", context.budget, context.covered);
                assert!(context.covered > least, "{context:?}");
                assert!(context.utilization <= 1.0);
            }
        }
    }
}
