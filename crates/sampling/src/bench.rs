//! What the embedded model has learned, in figures: beside a model that knows nothing, and models that know less.

use std::{
    fmt::Write as _,
    io::Write as _,
    time::{Duration, Instant},
};

use mcp_support::llm::{
    ChatModel, ChatRequest, Message, Sampling,
    embedded::{
        Embedded, NgramModel,
        corpus::{HELD_OUT, training},
    },
};

/// Answers that are timed.
const ANSWERS: u64 = 20;
/// Tokens of each.
const TOKENS: u32 = 100;

/// Prints the figures: perplexity on text that no model was trained on, and times.
///
/// # Errors
/// The model fails.
pub async fn run() -> anyhow::Result<()> {
    let mut out = String::new();
    let text = training();
    writeln!(out, "trained on {} bytes, measured on {} others\n", text.len(), HELD_OUT.len())?;
    writeln!(out, "model                        perplexity    training")?;
    let vocabulary = NgramModel::train(&text, 1).vocabulary_size();
    writeln!(out, "{:<28} {vocabulary:>10.1}", "every word as likely")?;
    for (order, name) in [(1, "1-gram: no context"), (2, "2-gram"), (3, "3-gram, which is used"), (4, "4-gram")] {
        let (model, took) = timed(|| NgramModel::train(&text, order));
        writeln!(out, "{name:<28} {:>10.1} {:>8} ms", model.perplexity(HELD_OUT), took.as_millis())?;
    }
    writeln!(out, "\nwords that it does not know count as one word; less is better")?;

    let model = Embedded::shared();
    let began = Instant::now();
    let mut written = 0;
    for seed in 0..ANSWERS {
        let chat = ChatRequest {
            messages: vec![Message::user("The server")],
            sampling: Sampling { max_tokens: Some(TOKENS), seed: Some(seed), ..Sampling::default() },
            ..ChatRequest::default()
        };
        written += model.chat(&chat).await?.usage.output_tokens;
    }
    let rate = written as f64 / began.elapsed().as_secs_f64();
    writeln!(out, "{written} tokens written, {rate:.0} a second")?;
    // A reader that has seen enough closes the pipe.
    let _ = std::io::stdout().write_all(out.as_bytes());
    Ok(())
}

fn timed<T>(work: impl FnOnce() -> T) -> (T, Duration) {
    let began = Instant::now();
    let done = work();
    (done, began.elapsed())
}
