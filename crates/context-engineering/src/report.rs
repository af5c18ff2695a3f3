//! The command `evaluate`: the lesson's table over the bundled questions, those for tuning and those held out apart.

use std::{io::Write as _, path::PathBuf};

use anyhow::Context as _;
use clap::Args;

use crate::{
    bundled::{Question, documents, questions},
    corpus::Corpus,
    evaluate::{BUDGETS, Row, evaluate, table},
    missed::missed,
    plot::plot,
    settings::Settings,
};

/// What to write.
#[derive(Debug, Clone, Args)]
pub struct EvaluateArgs {
    /// Write the plot of the questions that were held out into this file
    #[arg(long, value_name = "FILE")]
    pub svg: Option<PathBuf>,
    /// Say what became of the answers to the questions for tuning that the last strategy misses, at so many tokens
    #[arg(long, value_name = "TOKENS")]
    pub missed: Option<usize>,
}

/// Measures, and prints.
///
/// # Errors
/// The bundled corpus cannot be read, the embedder cannot be used, the file cannot be written, or nobody reads stdout.
pub async fn run(args: EvaluateArgs, settings: &Settings) -> anyhow::Result<()> {
    let corpus = Corpus::new(settings.encoding, settings.embedding().await?);
    let report = tokio::task::spawn_blocking(move || report(&args, corpus)).await??;
    let mut stdout = std::io::stdout().lock();
    stdout.write_all(report.as_bytes())?;
    Ok(stdout.flush()?)
}

fn report(args: &EvaluateArgs, mut corpus: Corpus) -> anyhow::Result<String> {
    corpus.ingest(documents()?)?;
    let all = questions()?;
    let mut report = format!("vectors: {}\n", corpus.embedder_name());
    for (held_out, name) in [(false, "for tuning"), (true, "held out")] {
        let part: Vec<&Question> = all.iter().filter(|question| question.held_out == held_out).collect();
        let rows = evaluate(&corpus, &part, &BUDGETS)?;
        report.push_str(&section(&format!("{} questions {name}", part.len()), &rows));
        if let Some(budget) = args.missed.filter(|_| !held_out) {
            report.push_str(&missed(&corpus, &part, budget)?);
        }
        if let Some(file) = args.svg.as_ref().filter(|_| held_out) {
            let title = format!("Whole answers in the context, {} questions that were held out", part.len());
            std::fs::write(file, plot(&rows, &title)).with_context(|| format!("cannot write {}", file.display()))?;
        }
    }
    Ok(report)
}

fn section(name: &str, rows: &[Row]) -> String {
    let slowest = rows.iter().flat_map(|row| &row.contexts).map(|context| context.milliseconds).fold(0.0, f64::max);
    format!("\n{name}\n\n{}\nfrom question to context: {slowest:.1} ms at most, in the mean\n", table(rows))
}
