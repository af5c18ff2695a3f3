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
    let read = |id: &String| Interaction {
        id: id.clone(),
        kind: InteractionKind::Dwell,
        dwell_seconds: READ_SECONDS,
        at: now,
    };
    session.interactions = context.clicked.iter().map(read).collect();
    session.preferences.topics.clone_from(&context.topics);
    session.preferences.sources.clone_from(&context.sources);
    session.preferences.languages.clone_from(&context.languages);
    session.preferences.region = Some(context.region.clone()).filter(|region| !region.is_empty());
    session.domain = Some(context.domain.clone()).filter(|domain| !domain.is_empty());
    session.time.period = context.time_period;
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
mod tests;
