//! (10) What became of the answers that a packed context does not have: not found, found but not chosen, or cut.

use std::{
    collections::{BTreeMap, BTreeSet},
    fmt::Write as _,
    ops::Range,
};

use crate::{
    bundled::{Answer, Question},
    corpus::Corpus,
    embedder::EmbedError,
    evaluate::{is_covered, place},
    packing::{Candidate, Packed, pack_without_notes},
    search::Filter,
    strategy::{Strategy, ranking},
};

/// Where an answer got lost.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
enum Stage {
    /// None of its units is among the candidates.
    NotFound,
    /// It is, and others were worth more for their tokens.
    NotChosen,
    /// Some of its units are in the context, and some are not.
    Cut,
}

/// A table of the questions whose whole answer is not in the packed context, by stage and kind.
///
/// # Errors
/// A question has no vector.
pub fn missed(corpus: &Corpus, questions: &[&Question], budget: usize) -> Result<String, EmbedError> {
    let mut lines: BTreeMap<(Stage, &str), Vec<String>> = BTreeMap::new();
    let (mut passages, mut sources, mut of_text, mut of_all) = (0, 0, 0, 0);
    for question in questions {
        let ranked = ranking(corpus, &question.question, Strategy::Packed, &Filter::default())?;
        let packed = pack_without_notes(corpus, &ranked, budget);
        passages += packed.passages.len();
        sources += packed.passages.iter().map(|passage| &passage.document.id).collect::<BTreeSet<_>>().len();
        of_text += packed.passages.iter().map(|passage| corpus.encoding().count(passage.text())).sum::<usize>();
        of_all += packed.tokens;
        if is_covered(corpus, question, &packed) {
            continue;
        }
        for line in &question.answers {
            let alone = Question { answers: vec![line.clone()], ..(*question).clone() };
            if is_covered(corpus, &alone, &packed) {
                continue;
            }
            let (stage, ranks) = lost(corpus, line, &ranked, &packed);
            let told = format!("{}: {:?}, rank {ranks:?} of {}", question.id, question.question, ranked.len());
            lines.entry((stage, &question.kind)).or_default().push(told);
        }
    }
    let all = questions.len().max(1) as f64;
    let mut text = format!(
        "\na context of {budget} tokens has {:.1} passages of {:.1} sources; {:.0} % of its tokens are their text\n\nlines of \
         answers that are not in it\n",
        passages as f64 / all,
        sources as f64 / all,
        100.0 * of_text as f64 / (of_all as f64).max(1.0)
    );
    for ((stage, kind), lines) in lines {
        // Writing to a string cannot fail.
        let _ = writeln!(text, "\n{stage:?}, {kind}: {}\n  {}", lines.len(), lines.join("\n  "));
    }
    Ok(text)
}

/// The stage, and the ranks of the units of the alternative that came nearest.
fn lost(corpus: &Corpus, line: &[Answer], ranked: &[Candidate], packed: &Packed) -> (Stage, Vec<usize>) {
    let mut nearest: (Stage, Vec<usize>) = (Stage::NotFound, Vec::new());
    for answer in line {
        let Some(document) = corpus.document(&answer.document) else { continue };
        let Some(place) = place(document, &answer.span) else { continue };
        let is_of = |span: &Range<usize>| span.start < place.end && place.start < span.end;
        let has = |candidate: &Candidate| {
            let piece = corpus.piece(candidate.at);
            piece.document.id == document.id && is_of(&candidate.span(corpus))
        };
        let ranks: Vec<usize> = (0..ranked.len()).filter(|at| has(&ranked[*at])).map(|at| at + 1).collect();
        let is_begun = packed.passages.iter().any(|passage| passage.document.id == document.id && is_of(&passage.span));
        let stage = match (is_begun, ranks.is_empty()) {
            (true, _) => Stage::Cut,
            (false, false) => Stage::NotChosen,
            (false, true) => continue,
        };
        if nearest.1.is_empty() || ranks.first() < nearest.1.first() {
            nearest = (stage, ranks);
        }
    }
    nearest
}
