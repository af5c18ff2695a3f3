//! How good the ranking is: what people with a context want to find, and what they are given, with and without it.

mod judged;
mod measures;
mod report;

use std::{collections::HashMap, sync::Arc};

use anyhow::Context;

pub use self::{
    judged::{Judged, JudgedQuery, JudgedSession, Part},
    measures::Measures,
    report::table,
};
use crate::{
    corpus,
    library::Library,
    pipeline::{Weights, plan::Wanted},
    search,
    session::{Asked, Interaction, InteractionKind, Session},
};

/// Results that are looked at.
pub const DEPTH: usize = 10;
/// A person who has opened an article has read it for this long.
const READ_SECONDS: f64 = 20.0;

/// What is evaluated.
#[derive(Debug, Clone, clap::Args)]
pub struct EvaluateArgs {
    /// The held-out part too; leave it alone while you change weights
    #[arg(long)]
    pub held_out: bool,
    /// Each query on a line of its own
    #[arg(long)]
    pub queries: bool,
}

/// Prints the table.
///
/// # Errors
/// See [`evaluate`].
pub async fn run(args: &EvaluateArgs) -> anyhow::Result<()> {
    let only = (!args.held_out).then_some(Part::Tuning);
    let scored = tokio::task::spawn_blocking(move || evaluate(&Weights::default(), only)).await??;
    let table = table(&scored, args.queries)?;
    std::io::Write::write_all(&mut std::io::stdout().lock(), table.as_bytes())?;
    Ok(())
}

/// What one query has come to.
#[derive(Debug, Clone)]
pub struct Scored {
    /// Its id.
    pub query: String,
    /// What is hard about it.
    pub kind: String,
    /// Whether it means something else to somebody else.
    pub needs_context: bool,
    /// Which part of the set it is in.
    pub part: Part,
    /// Without the session.
    pub without: Measures,
    /// With it.
    pub with: Measures,
}

/// Asks every judged query of a part, or of both, with and without its session. Blocks.
///
/// # Errors
/// The judged set cannot be read, or the index fails.
pub fn evaluate(weights: &Weights, only: Option<Part>) -> anyhow::Result<Vec<Scored>> {
    let judged = Judged::read()?;
    let library = Library::new(corpus::archive().to_vec(), corpus::outlets())?;
    let copies = corpus::copies();
    let mut scored = Vec::new();
    for session in judged.sessions.iter().filter(|session| only.is_none_or(|part| part == session.part())) {
        let mut person = person(session, judged.now);
        for query in &session.queries {
            let ask = |person: Option<&Session>| -> anyhow::Result<Measures> {
                let wanted = Wanted { query: query.text.clone(), limit: DEPTH, ..Wanted::default() };
                let found = search::search(&library, wanted, person, weights, judged.now)?;
                Ok(Measures::of(&found.results, &query.grades, &copies, judged.now))
            };
            scored.push(Scored {
                query: query.id.clone(),
                kind: query.kind.clone(),
                needs_context: query.needs_context,
                part: session.part(),
                without: ask(None)?,
                with: ask(Some(&person))?,
            });
            person.remember_query(&query.text, judged.now);
        }
    }
    Ok(scored)
}

/// The session that a person of the judged set has.
fn person(judged: &JudgedSession, now: i64) -> Session {
    let mut session = Session::new(now, 3600);
    session.sources.history_consent = Some(true);
    let context = &judged.context;
    session.history = context.history.iter().map(|query| Asked { query: query.clone(), at: now }).collect();
    let read = |id: &String| Interaction { id: id.clone(), kind: InteractionKind::Dwell, dwell_seconds: READ_SECONDS, at: now };
    session.interactions = context.clicked.iter().map(read).collect();
    session.preferences.topics.clone_from(&context.topics);
    session.preferences.sources.clone_from(&context.sources);
    session.preferences.languages.clone_from(&context.languages);
    session.preferences.region = Some(context.region.clone()).filter(|region| !region.is_empty());
    session.domain = Some(context.domain.clone()).filter(|domain| !domain.is_empty());
    session.time.window = context.window(now);
    session
}

/// The mean of the measures of those queries that `choose` takes, without and with context.
pub fn mean(scored: &[Scored], choose: impl Fn(&Scored) -> bool) -> anyhow::Result<(Measures, Measures)> {
    let chosen: Vec<&Scored> = scored.iter().filter(|scored| choose(scored)).collect();
    let without = Measures::mean(chosen.iter().map(|scored| scored.without)).context("no query was chosen")?;
    let with = Measures::mean(chosen.iter().map(|scored| scored.with)).context("no query was chosen")?;
    Ok((without, with))
}

/// Which articles are copies of which.
pub type Copies = Arc<HashMap<String, String>>;

#[cfg(test)]
mod tune {
    use super::*;
    #[test]
    #[ignore]
    fn tune() {
        let base = Weights::default();
        let mut best = base;
        let score = |w: &Weights| {
            let s = evaluate(w, Some(Part::Tuning)).expect("x");
            let (a, b) = mean(&s, |_| true).expect("x");
            let (c, d) = mean(&s, |s| !s.needs_context).expect("x");
            (a.ndcg, b.ndcg, c.ndcg, d.ndcg)
        };
        let show = |name: &str, v: f64, s: (f64, f64, f64, f64)| eprintln!("{name} {v}: {:.3} -> {:.3} ({:+.1} %)  one thing {:.3} -> {:.3}", s.0, s.1, 100.0 * (s.1 / s.0 - 1.0), s.2, s.3);
        let mut top = score(&best);
        show("base", 0.0, top);
        type Set = fn(&mut Weights, f64);
        let sets: [(&str, Set, &[f64]); 9] = [
            ("own_words", |w, v| w.own_words = v, &[0.25, 1.0, 1.5, 2.5]),
            ("context", |w, v| w.context = v, &[0.3, 0.45, 0.8]),
            ("preference", |w, v| w.preference = v, &[0.15, 0.22, 0.4]),
            ("context_list", |w, v| w.context_list = v, &[0.3, 0.5, 1.2]),
            ("fusion_k", |w, v| w.fusion_k = v, &[5.0, 20.0, 40.0]),
            ("feedback", |w, v| w.feedback = v, &[0.0, 0.1, 0.4]),
            ("synonyms", |w, v| w.synonyms = v, &[0.0, 0.15, 0.5]),
            ("trust", |w, v| w.trust = v, &[0.08, 0.25, 0.35]),
            ("lambda", |w, v| w.lambda = v, &[0.8, 0.95, 1.0]),
        ];
        for (name, set, values) in sets {
            for &value in values {
                let mut w = best;
                set(&mut w, value);
                let s = score(&w);
                show(name, value, s);
                if s.1 + 0.25 * s.0 > top.1 + 0.25 * top.0 + 0.0005 {
                    top = s;
                    best = w;
                    eprintln!("   taken");
                }
            }
        }
        eprintln!("{best:?}");
    }
}
