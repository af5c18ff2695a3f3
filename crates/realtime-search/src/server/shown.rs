//! What a client is shown of results: text from outside stands between marks, in the structure as in the text.

use schemars::JsonSchema;
use serde::Serialize;

use crate::{
    article::Outlets,
    dispatch::Report,
    pipeline::{
        Candidate, Parts,
        analyse::Analysis,
        cite,
        expand::Expansion,
        flag::Flag,
        plan::{Plan, warning},
    },
    search::Found,
    text,
};

/// Longest title that is shown, in characters.
const TITLE: usize = 160;
/// Outlets that are named as those of copies.
const COPIES: usize = 8;

/// One result.
#[derive(Debug, Clone, Serialize, JsonSchema)]
pub(super) struct Shown {
    /// From 1 on; what a citation such as `[1]` means.
    rank: usize,
    /// Id of the article, for `record_interaction`.
    id: String,
    /// Title, between `<<<` and `>>>`: it comes from outside.
    title: String,
    /// Where it can be read.
    url: String,
    /// The outlet.
    source: String,
    /// How far the outlet is trusted, from 0 to 1.
    trust: f64,
    /// When it was published (RFC 3339).
    published: Option<String>,
    /// Language (ISO 639-1).
    language: String,
    /// The sentences that answer best, between `<<<` and `>>>`: they come from outside.
    snippet: String,
    /// Outlets whose copies were left out, at most eight.
    copies: Vec<String>,
    /// What is suspicious about the text.
    flags: Vec<Flag>,
    /// The score in parts, where `explain` was asked for.
    score: Option<Parts>,
    /// Where it stood in the lists that were fused, where `explain` was asked for.
    places: Option<Vec<PlaceShown>>,
}

/// A place in a list.
#[derive(Debug, Clone, Serialize, JsonSchema)]
pub(super) struct PlaceShown {
    /// Source and kind of words, such as `own:synonyms`.
    list: String,
    /// From 1 on.
    rank: usize,
    /// What the list counts.
    weight: f64,
}

/// An answer to a search.
#[derive(Debug, Serialize, JsonSchema)]
pub(super) struct Answer {
    /// The query as it was understood.
    query: String,
    /// The results, the best first.
    results: Vec<Shown>,
    /// How many were ranked.
    considered: usize,
    /// How many copies were left out.
    duplicates: usize,
    /// What was made of the query, where `explain` was asked for.
    analysis: Option<Analysis>,
    /// Words besides those that were typed, where `explain` was asked for.
    expansion: Option<Expansion>,
    /// What came of each source that was asked.
    sources: Vec<Report>,
    /// The session, where there is one.
    pub(super) session: Option<String>,
    /// Whether queries and what is opened are remembered in it.
    pub(super) remembers: bool,
    /// What should be said with the results.
    pub(super) notes: Vec<String>,
    /// Milliseconds that it took.
    took_ms: f64,
}

impl Answer {
    pub(super) fn new(found: &Found, outlets: &Outlets, explain: bool, sources: Vec<Report>, took_ms: f64) -> Self {
        let plan = &found.plan;
        let results: Vec<Shown> = found
            .results
            .iter()
            .enumerate()
            .map(|(at, candidate)| Shown::new(at + 1, candidate, plan, outlets, explain))
            .collect();
        let mut notes = plan.notes();
        if results.is_empty() {
            notes.push("nothing was found: use other words, or a longer time_period".to_owned());
        }
        Self {
            query: plan.text.clone(),
            results,
            considered: found.considered,
            duplicates: found.duplicates.len(),
            analysis: explain.then(|| plan.analysis.clone()),
            expansion: explain.then(|| plan.expansion.clone()),
            sources,
            session: None,
            remembers: false,
            notes,
            took_ms,
        }
    }

    /// For people.
    pub(super) fn text(&self) -> String {
        let mut lines: Vec<String> = self.results.iter().map(Shown::text).collect();
        lines.extend(self.notes.iter().map(|note| format!("note: {note}")));
        lines.extend(self.sources.iter().filter_map(|report| {
            let reason = report.reason.as_ref()?;
            Some(format!("source {}: {reason}", report.source))
        }));
        if let Some(session) = &self.session {
            let remembers = if self.remembers { "remembers queries" } else { "remembers no queries" };
            lines.push(format!("session {session} ({remembers})"));
        }
        lines.join("\n")
    }
}

impl Shown {
    pub(super) fn new(rank: usize, candidate: &Candidate, plan: &Plan, outlets: &Outlets, explain: bool) -> Self {
        let indexed = &candidate.indexed;
        let article = &indexed.article;
        let places = candidate.places.iter().map(|place| PlaceShown {
            list: place.list.to_string(),
            rank: place.rank,
            weight: place.weight,
        });
        Self {
            rank,
            id: article.id.clone(),
            title: cite::marked(&text::shortened(&article.title, TITLE)),
            url: article.url.clone(),
            source: outlets.name(&article.source).to_owned(),
            trust: indexed.trust,
            published: indexed.published.and_then(cite::rfc3339),
            language: article.language.clone(),
            snippet: match cite::snippet(&article.text, &plan.stems()) {
                // Marks around nothing say nothing.
                snippet if snippet.trim().is_empty() => String::new(),
                snippet => cite::marked(&snippet),
            },
            copies: {
                let mut copies: Vec<&str> = candidate.duplicates.iter().map(|source| outlets.name(source)).collect();
                copies.sort_unstable();
                copies.dedup();
                copies.into_iter().take(COPIES).map(str::to_owned).collect()
            },
            flags: indexed.flags.iter().copied().collect(),
            score: explain.then_some(candidate.parts),
            places: explain.then(|| places.collect()),
        }
    }

    fn text(&self) -> String {
        let published = self.published.as_deref().unwrap_or("without a date");
        let mut text = format!("[{}] {} ({}, {published}) {}", self.rank, self.title, self.source, self.url);
        if !self.snippet.is_empty() {
            text.push_str(&format!("\n    {}", self.snippet));
        }
        for flag in &self.flags {
            text.push_str(&format!("\n    warning: {}", warning(*flag)));
        }
        if !self.copies.is_empty() {
            text.push_str(&format!("\n    also at {}", self.copies.join(", ")));
        }
        if let Some(parts) = &self.score {
            text.push_str(&format!(
                "\n    score {:.3} = fused {:.3} + recency {:.3} + trust {:.3} + preference {:.3} + context {:.3}; \
                 repetition -{:.3}",
                parts.total, parts.fused, parts.recency, parts.trust, parts.preference, parts.context, parts.repetition
            ));
        }
        text
    }
}
