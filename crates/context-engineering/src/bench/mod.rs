//! The command `bench`: how long a question takes when there are many chunks, beside a baseline from the same run.
//!
//! One thread asks, so the figures are those of one core. A time says little on a machine that others use too; the time
//! for which the thread had a core, and the ratio of two searches that were asked in turn, say more.

mod baseline;
mod texts;
mod times;

use std::{fmt::Write as _, io::Write as _, time::Instant};

use clap::Args;
use mcp_support::client::{cpu, memory_kib};

use self::times::Times;
pub use self::{
    baseline::BruteForce,
    texts::{Question, documents, questions},
};
use crate::{
    corpus::{Corpus, Embedding, MOST_CHUNKS},
    document::{About, Document, Kind},
    embedder::EmbedError,
    search::{Filter, Mode, search},
    strategy::{Strategy, context},
    tokens::Encoding,
};

/// Chunks that a search returns.
const FOUND: usize = 10;
/// Tokens of a packed context.
const BUDGET: usize = 1000;
/// What a question may take at 100 000 chunks, in milliseconds.
const GOAL: f64 = 20.0;
const SEED: u64 = 514;

/// How much.
#[derive(Debug, Clone, Args)]
pub struct BenchArgs {
    /// Chunks that are searched
    #[arg(long, default_value_t = 100_000, value_parser = clap::value_parser!(u64).range(100..=MOST_CHUNKS as u64))]
    pub chunks: u64,
    /// Questions that are asked in each way
    #[arg(long, default_value_t = 200, value_parser = clap::value_parser!(u64).range(10..=10_000))]
    pub rounds: u64,
}

/// Measures, and prints.
///
/// # Errors
/// The corpus does not take the texts, or nobody reads stdout.
pub async fn run(args: BenchArgs) -> anyhow::Result<()> {
    let report = tokio::task::spawn_blocking(move || report(&args)).await??;
    let mut stdout = std::io::stdout().lock();
    stdout.write_all(report.as_bytes())?;
    Ok(stdout.flush()?)
}

/// Measures, and says what was measured.
///
/// # Errors
/// The corpus does not take the texts.
pub fn report(args: &BenchArgs) -> anyhow::Result<String> {
    let texts = documents(usize::try_from(args.chunks)?, SEED);
    let questions = questions(&texts, usize::try_from(args.rounds)?, SEED);
    let (corpus, mut report) = indexed(texts)?;
    let rows = Mode::ALL.map(|mode| (mode, Row::default()));
    let measured = asked(&corpus, &questions, rows)?;
    report.push_str(&measured);
    Ok(report)
}

/// How one kind of search did.
#[derive(Debug, Default)]
struct Row {
    index: Times,
    baseline: Times,
    /// Chunks that both have found.
    same: usize,
    /// Chunks that the baseline has found.
    all: usize,
    /// Questions whose own document was found.
    own: usize,
}

fn indexed(texts: Vec<(String, String)>) -> anyhow::Result<(Corpus, String)> {
    let id = std::process::id();
    let (began, cpu_before, memory_before) = (Instant::now(), cpu(id).ok(), memory_kib(id).ok());
    let documents = texts
        .into_iter()
        .map(|(id, text)| Document::new(&id, Kind::Markdown, &text, About::default()))
        .collect::<Result<_, _>>()?;
    let mut corpus = Corpus::new(Encoding::default(), Embedding::Embedded);
    corpus.ingest(documents)?;
    let took = began.elapsed().as_secs_f64();
    let chunks = corpus.len();
    let tokens: usize = (0..chunks).map(|at| corpus.piece(at).chunk.tokens).sum();
    let (words, vectors) = corpus.index_bytes();
    let mut text = format!(
        "## {chunks} chunks of {} documents, {:.0} tokens each; {} words\n\n",
        corpus.documents().count(),
        tokens as f64 / chunks.max(1) as f64,
        corpus.keyword().words(),
    );
    let on_cores = cpu(id).ok().zip(cpu_before).map(|(after, before)| after.saturating_sub(before).as_secs_f64());
    let on_cores = on_cores.map_or_else(String::new, |time| format!(", {time:.1} s of a core"));
    // Writing to a string does not fail.
    let _ = writeln!(
        text,
        "Cleaned, cut, counted and indexed in {took:.1} s{on_cores}: {:.0} chunks a second.",
        chunks as f64 / took
    );
    let grown =
        memory_kib(id).ok().zip(memory_before).map(|(after, before)| after.saturating_sub(before) as f64 / 1024.0);
    let grown = grown.map_or_else(|| "not known here".to_owned(), |grown| format!("{grown:.0} MiB"));
    let mib = |bytes: usize| bytes as f64 / 1024.0 / 1024.0;
    let _ = writeln!(
        text,
        "Memory: {grown}, with the texts and with what indexing has needed and not given back yet;\n\
         {:.1} MiB of it for words, {:.1} MiB for vectors ({}).\n",
        mib(words),
        mib(vectors),
        corpus.embedder_name()
    );
    Ok((corpus, text))
}

fn asked(corpus: &Corpus, questions: &[Question], mut rows: [(Mode, Row); 3]) -> Result<String, EmbedError> {
    let all = BruteForce::new(corpus)?;
    let filter = Filter::default();
    let mut packed = Times::default();
    for question in questions {
        for (mode, row) in &mut rows {
            let hits = row.index.take(|| search(corpus, &question.text, *mode, &filter, FOUND))?;
            let baseline = row.baseline.take(|| all.search(&question.text, *mode, FOUND))?;
            row.all += baseline.len();
            row.same += hits.iter().filter(|hit| baseline.contains(&hit.at)).count();
            row.own += usize::from(hits.iter().any(|hit| corpus.piece(hit.at).document.id == question.document));
        }
        packed.take(|| context(corpus, &question.text, Strategy::Packed, &filter, BUDGET))?;
    }
    Ok(table(corpus.len(), questions.len(), &rows, &packed))
}

fn table(chunks: usize, questions: usize, rows: &[(Mode, Row)], packed: &Times) -> String {
    let mut text = format!(
        "## {questions} questions, asked one after the other on one core; times in milliseconds\n\n\
         | search | p50 | p99 | on a core | brute force: p50 | p99 | on a core | same chunks | own document |\n\
         |---|---:|---:|---:|---:|---:|---:|---:|---:|\n"
    );
    let cells = |times: &Times| {
        let on_core = times.on_core().map_or_else(|| "-".to_owned(), |time| format!("{time:.2}"));
        format!("{:.2} | {:.2} | {on_core}", times.quantile(0.5), times.quantile(0.99))
    };
    let percent = |part: usize, all: usize| format!("{:.0} %", part as f64 / all.max(1) as f64 * 100.0);
    for (mode, row) in rows {
        let (same, own) = (percent(row.same, row.all), percent(row.own, questions));
        let _ = writeln!(text, "| {mode} | {} | {} | {same} | {own} |", cells(&row.index), cells(&row.baseline));
    }
    let _ = writeln!(text, "| hybrid, packed into {BUDGET} tokens | {} | | | | | |", cells(packed));
    let slowest = rows.iter().map(|(_, row)| row.index.quantile(0.99)).fold(0.0, f64::max);
    let holds = if slowest < GOAL { "yes" } else { "NO" };
    let _ = writeln!(
        text,
        "\nBrute force has no index: it goes through the words of all {chunks} chunks, multiplies all their vectors in f32,\n\
         and sorts. `same chunks` is the share of its first {FOUND} that the index has found, `own document` how often that\n\
         of the question was among the first {FOUND}.\n\n\
         Every search within {GOAL:.0} ms, 99 of 100 times: {holds} ({slowest:.1} ms)."
    );
    text
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_indexes_find_what_brute_force_finds() {
        let texts = documents(600, 1);
        let questions = questions(&texts, 40, 1);
        let (corpus, about) = indexed(texts).expect("fits");
        assert_eq!((corpus.len(), corpus.documents().count()), (600, 60), "{about}");
        let tokens: usize = (0..600).map(|at| corpus.piece(at).chunk.tokens).sum();
        assert!((80 * 600..130 * 600).contains(&tokens), "{about}");
        let all = BruteForce::new(&corpus).expect("has vectors");
        for mode in Mode::ALL {
            let (mut same, mut all_found, mut own) = (0, 0, 0);
            for Question { text, document } in &questions {
                let hits = search(&corpus, text, mode, &Filter::default(), FOUND).expect("has a vector");
                let exact = all.search(text, mode, FOUND).expect("has a vector");
                assert_eq!(hits.len(), exact.len(), "{mode}: {text}");
                all_found += exact.len();
                same += hits.iter().filter(|hit| exact.contains(&hit.at)).count();
                own += usize::from(hits.iter().any(|hit| corpus.piece(hit.at).document.id == *document));
            }
            // A byte for a number is not exact, and equal scores have no order.
            assert!(all_found > 200 && same * 100 >= all_found * 95, "{mode}: {same} of {all_found}");
            assert!(own >= 32, "{mode}: {own}");
        }
    }

    #[test]
    fn a_report_says_what_was_measured() {
        let report = report(&BenchArgs { chunks: 100, rounds: 10 }).expect("measures");
        for part in
            ["## 100 chunks of 10 documents", "chunks a second", "Memory: ", "## 10 questions", "99 of 100 times"]
        {
            assert!(report.contains(part), "{part}: {report}");
        }
        let row = |name: &str| {
            let line = report.lines().find(|line| line.starts_with(&format!("| {name} |"))).expect("a row");
            line.split('|').map(str::trim).filter_map(|cell| cell.parse::<f64>().ok()).collect::<Vec<_>>()
        };
        for name in ["keyword", "vector", "hybrid"] {
            let times = row(name);
            assert!(times.len() >= 4 && times.iter().all(|time| *time >= 0.0), "{name}: {report}");
        }
    }
}
