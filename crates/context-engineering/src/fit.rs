//! (10) Fits the weights of [`relevance`](crate::relevance) to the questions for tuning: `mcp-context-engineering fit`.
//!
//! Logistic regression over the units of a question: those with the answer should be among the first few, so the loss is
//! `ln(1 + sum of exp(other - answer) / FEW)`; with `FEW` at 1 it is a softmax (ListNet; Cao and others, 2007). To say
//! how far the weights can be trusted, they are fitted on four fifths of the questions and tried on the rest, five times.

use std::{io::Write as _, ops::Range};

use crate::{
    bundled::{Answer, Question, documents, questions},
    corpus::Corpus,
    evaluate::{is_covered, place},
    packing::pack_without_notes,
    relevance::{Weights, judged, weighed},
    search::{Filter, Mode, POOL, search},
    settings::Settings,
    signals::{NAMES, SIGNALS, Unit},
};

/// How many wrong units may stand before the answer without much harm.
const FEW: f32 = 4.0;
/// What large weights cost: there are few questions.
const RIDGE: f32 = 0.003;
const STEPS: usize = 400;
const RATE: f32 = 0.05;
/// Parts that the questions are dealt into.
const PARTS: usize = 5;
/// Tokens of the contexts that are tried.
const BUDGET: usize = 1000;

/// A question with its units, and for each line of its answer the numbers of the units that have it.
struct Example<'a> {
    question: &'a Question,
    units: Vec<Unit<'a>>,
    answers: Vec<Vec<usize>>,
}

/// Fits, and prints the weights as they stand in the source.
///
/// # Errors
/// The bundled corpus cannot be read, the embedder cannot be used, or nobody reads stdout.
pub async fn run(settings: &Settings) -> anyhow::Result<()> {
    let (embedding, encoding) = (settings.embedding().await?, settings.encoding);
    let report = tokio::task::spawn_blocking(move || {
        let mut corpus = Corpus::new(encoding, embedding);
        corpus.ingest(documents()?)?;
        let all = questions()?;
        let tuning: Vec<&Question> = all.iter().filter(|question| !question.held_out).collect();
        report(&corpus, &tuning)
    });
    let report = report.await??;
    let mut stdout = std::io::stdout().lock();
    stdout.write_all(report.as_bytes())?;
    Ok(stdout.flush()?)
}

fn report(corpus: &Corpus, questions: &[&Question]) -> anyhow::Result<String> {
    let examples = questions.iter().map(|question| example(corpus, question)).collect::<Result<Vec<_>, _>>()?;
    let lines: usize = examples.iter().map(|example| example.answers.len()).sum();
    let lost = examples.iter().flat_map(|example| &example.answers).filter(|units| units.is_empty()).count();
    let mut report = format!("vectors: {}\n", corpus.embedder_name());
    report +=
        &format!("{} questions, {lines} lines of answers, {lost} of them in no unit that was found\n", examples.len());
    let covered = |examples: &[&Example<'_>], weights: &Weights| {
        let covers = |example: &&&Example<'_>| {
            let packed = pack_without_notes(corpus, &weighed(&example.units, weights), BUDGET);
            is_covered(corpus, example.question, &packed)
        };
        examples.iter().filter(covers).count() as f32
    };
    let mut tried = 0.0;
    for part in 0..PARTS {
        let (rest, others): (Vec<(usize, &Example<'_>)>, Vec<_>) =
            examples.iter().enumerate().partition(|(at, _)| at % PARTS == part);
        let (rest, others) = (without(rest), without(others));
        tried += covered(&rest, &fitted(&others)) / examples.len() as f32;
    }
    let all: Vec<&Example<'_>> = examples.iter().collect();
    let weights = fitted(&all);
    let own = covered(&all, &weights) / examples.len() as f32;
    report +=
        &format!("covered at {BUDGET} tokens: {own:.3}; by weights that have not seen the question: {tried:.3}\n\n");
    for (name, weight) in NAMES.iter().zip(weights) {
        report += &format!("{weight:6.2}  {name}\n");
    }
    let source: Vec<String> = weights.iter().map(|weight| format!("{weight:.2}")).collect();
    Ok(report + &format!("\n[{}]\n", source.join(", ")))
}

fn without<'a, 'b>(numbered: Vec<(usize, &'a Example<'b>)>) -> Vec<&'a Example<'b>> {
    numbered.into_iter().map(|(_, example)| example).collect()
}

fn example<'a>(corpus: &'a Corpus, question: &'a Question) -> anyhow::Result<Example<'a>> {
    let hits = search(corpus, &question.question, Mode::Hybrid, &Filter::default(), 2 * POOL)?;
    let units = judged(corpus, &question.question, &hits)?;
    let of = |line: &Vec<Answer>| {
        let places: Vec<(&str, Range<usize>)> = line.iter().filter_map(|answer| found(corpus, answer)).collect();
        let has = |unit: &Unit<'_>| {
            let piece = corpus.piece(unit.at);
            let span = &piece.chunk.units[unit.number].span;
            let is_in = |place: &Range<usize>| place.start < span.end && span.start < place.end;
            places.iter().any(|(document, place)| *document == piece.document.id && is_in(place))
        };
        (0..units.len()).filter(|at| has(&units[*at])).collect()
    };
    Ok(Example { question, answers: question.answers.iter().map(of).collect(), units })
}

fn found<'a>(corpus: &Corpus, answer: &'a Answer) -> Option<(&'a str, Range<usize>)> {
    let document = corpus.document(&answer.document)?;
    Some((&answer.document, place(document, &answer.span)?))
}

/// Gradient descent with momentum and a step of its own for each weight (Adam; Kingma and Ba, 2015).
fn fitted(examples: &[&Example<'_>]) -> Weights {
    let (mut weights, mut mean, mut square) = ([0.0_f32; SIGNALS], [0.0_f32; SIGNALS], [0.0_f32; SIGNALS]);
    for step in 1..=STEPS {
        let mut gradient = weights.map(|weight| RIDGE * weight);
        for example in examples {
            add_gradient(example, &weights, 1.0 / examples.len() as f32, &mut gradient);
        }
        for at in 0..SIGNALS {
            mean[at] = 0.9 * mean[at] + 0.1 * gradient[at];
            square[at] = 0.999 * square[at] + 0.001 * gradient[at] * gradient[at];
            let (unbiased, scale) = (1.0 - 0.9_f32.powi(step as i32), 1.0 - 0.999_f32.powi(step as i32));
            weights[at] -= RATE * (mean[at] / unbiased) / ((square[at] / scale).sqrt() + 1e-8);
        }
    }
    weights
}

fn add_gradient(example: &Example<'_>, weights: &Weights, share: f32, gradient: &mut Weights) {
    let scores: Vec<f32> = example
        .units
        .iter()
        .map(|unit| unit.signals.iter().zip(weights).map(|(signal, weight)| signal * weight).sum())
        .collect();
    let best = scores.iter().copied().fold(f32::MIN, f32::max);
    let exp: Vec<f32> = scores.iter().map(|score| (score - best).exp()).collect();
    for units in example.answers.iter().filter(|units| !units.is_empty()) {
        let right: f32 = units.iter().map(|at| exp[*at]).sum();
        let wrong = exp.iter().sum::<f32>() - right;
        // ln(1 + wrong / (FEW right)): the share of the wrong ones in it pulls both sides.
        let pull = share / example.answers.len() as f32 * wrong / (wrong + FEW * right).max(1e-20);
        for (at, unit) in example.units.iter().enumerate() {
            let part = if units.contains(&at) { -exp[at] / right.max(1e-20) } else { exp[at] / wrong.max(1e-20) };
            gradient.iter_mut().zip(&unit.signals).for_each(|(to, signal)| *to += pull * part * signal);
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::{
        document::{About, Document, Kind},
        missed::missed,
    };

    #[test]
    fn weights_put_the_answer_first_and_a_small_budget_is_said_to_miss_it() {
        let text = "# Dock\n\nA dock of the harbour has twelve places, and nobody may stay there overnight.\n\n\
                    | part | weight |\n|---|---|\n| lamp of a dock | 3 kg |\n| lock of a dock | 9 kg |\n";
        let mut corpus = Corpus::default();
        let document = Document::new("dock.md", Kind::Markdown, text, About::default()).expect("a document");
        corpus.ingest(vec![document]).expect("fits");
        let answer = Answer { document: "dock.md".to_owned(), span: "| lamp of a dock | 3 kg |".to_owned() };
        let question = Question {
            id: "lamp".to_owned(),
            kind: "number".to_owned(),
            held_out: false,
            question: "How heavy is the lamp?".to_owned(),
            answers: vec![vec![answer]],
            relevant: Vec::new(),
        };
        let example = example(&corpus, &question).expect("has vectors");
        let [right] = example.answers[0][..] else { panic!("{:?}", example.answers) };
        let first = weighed(&example.units, &fitted(&[&example]))[0];
        assert_eq!((first.at, first.unit), (example.units[right].at, Some(example.units[right].number)));
        let told = |budget| missed(&corpus, &[&question], budget).expect("has vectors");
        assert!(told(10).contains("NotChosen, number: 1"), "{}", told(10));
        assert!(!told(500).contains("number"), "{}", told(500));
    }
}
