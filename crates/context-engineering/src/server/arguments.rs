//! What several tools take, and how it is checked.

use mcp_support::refusal::{Refusal, quoted, within};
use schemars::JsonSchema;
use serde::Deserialize;

use crate::{
    document::{About, Document, Kind, date},
    packing::MOST_TOKENS,
    search::Filter,
};

/// Longest question, in characters.
pub(super) const MOST_QUESTION: usize = 2000;
/// Most documents of a call.
pub(super) const MOST_INLINE: usize = 200;
/// Least budget.
pub(super) const LEAST_TOKENS: usize = 50;
/// The budget where none is given.
pub(super) const TOKENS: usize = 1000;

#[derive(Debug, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
#[schemars(inline)]
pub(super) struct DocumentArgument {
    /// Its name: letters, digits, and any of `._/-`.
    #[schemars(length(min = 1, max = 200))]
    id: String,
    /// What it says.
    #[schemars(length(min = 1, max = 1048576))]
    text: String,
    /// How it is written; told from the end of the id where it is absent, such as `.md`.
    #[serde(default)]
    kind: Option<Kind>,
    /// What it is called; taken from the text where it is absent.
    #[serde(default)]
    #[schemars(length(max = 200))]
    title: Option<String>,
    /// Where it comes from, such as `wiki`.
    #[serde(default)]
    #[schemars(length(max = 200))]
    source: Option<String>,
    /// What sort of document it is, such as `decision`.
    #[serde(default)]
    #[schemars(length(max = 200))]
    category: Option<String>,
    /// When it was written, as `YYYY-MM-DD`.
    #[serde(default)]
    #[schemars(length(max = 10))]
    date: Option<String>,
}

#[derive(Debug, Default, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
#[schemars(inline)]
pub(super) struct FilterArgument {
    /// Only documents of this category.
    #[serde(default)]
    #[schemars(length(max = 200))]
    category: Option<String>,
    /// Only documents from this source.
    #[serde(default)]
    #[schemars(length(max = 200))]
    source: Option<String>,
    /// Only documents of this day or later, as `YYYY-MM-DD`.
    #[serde(default)]
    #[schemars(length(max = 10))]
    since: Option<String>,
    /// Only documents of this day or earlier, as `YYYY-MM-DD`.
    #[serde(default)]
    #[schemars(length(max = 10))]
    until: Option<String>,
}

/// (1) Cleans and checks documents. None is taken when one of them is none.
pub(super) fn documents(given: Vec<DocumentArgument>) -> Result<Vec<Document>, Refusal> {
    within("the number of documents", given.len(), 0, MOST_INLINE)?;
    let documents = given.into_iter().map(|given| {
        let day = given.date.as_deref().map(date).transpose();
        let day = day.map_err(|error| Refusal::argument(error.to_string(), "leave it out where it is not known"))?;
        let about = About {
            title: given.title.unwrap_or_default(),
            source: given.source.unwrap_or_default(),
            category: given.category.unwrap_or_default(),
            date: day,
        };
        let kind = given.kind.unwrap_or_else(|| Kind::of(given.id.as_ref()));
        Document::new(&given.id, kind, &given.text, about)
            .map_err(|error| Refusal::argument(error.to_string(), "mend this document, or leave it out"))
    });
    documents.collect()
}

impl FilterArgument {
    /// The filter that it asks for.
    pub(super) fn filter(self) -> Result<Filter, Refusal> {
        let day = |text: Option<String>| {
            text.as_deref()
                .map(date)
                .transpose()
                .map_err(|error| Refusal::argument(error.to_string(), "give a day, such as 2026-03-31"))
        };
        Ok(Filter { category: self.category, source: self.source, since: day(self.since)?, until: day(self.until)? })
    }
}

pub(super) fn question(text: &str) -> Result<String, Refusal> {
    let text = text.trim();
    within("the length of query", text.chars().count(), 1, MOST_QUESTION)?;
    Ok(text.to_owned())
}

pub(super) fn budget(tokens: Option<usize>) -> Result<usize, Refusal> {
    within("token_budget", tokens.unwrap_or(TOKENS), LEAST_TOKENS, MOST_TOKENS)
}

/// A handle as `open_context` gives it out.
pub(super) fn handle(text: &str) -> Result<String, Refusal> {
    let is_handle = text.len() == 32 && text.bytes().all(|byte| byte.is_ascii_hexdigit());
    let hint = "open_context gives out handles: 32 hexadecimal digits";
    if is_handle { Ok(text.to_owned()) } else { Err(Refusal::argument(format!("{} is no handle", quoted(text)), hint)) }
}
