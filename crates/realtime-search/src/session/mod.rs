//! A session: what the server remembers between calls, in an explicit handle that belongs to one caller.
//!
//! The seven parts are the course's: history, preferences, interactions, filters, domain, time, sources. A session
//! ends a while after it was last used, can be exported whole, and is gone from the disk when it is forgotten.

mod store;

use std::collections::BTreeMap;

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

pub use self::store::{MAX_SESSIONS, Sessions, StoreError};
use crate::pipeline::plan::Period;

/// Queries that are remembered; the oldest goes first.
pub const MAX_HISTORY: usize = 50;
/// Interactions that are remembered; the oldest goes first.
pub const MAX_INTERACTIONS: usize = 200;
/// Entries of one list of preferences or filters.
pub const MAX_LIST: usize = 20;
/// Longest entry of such a list, in characters.
pub const MAX_ENTRY: usize = 100;

/// What is remembered.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize, JsonSchema)]
pub struct Session {
    /// Queries, the oldest first. Stays empty unless the person has agreed.
    pub history: Vec<Asked>,
    /// What is wanted.
    pub preferences: Preferences,
    /// What was opened and how long it was read. Stays empty unless the person has agreed.
    pub interactions: Vec<Interaction>,
    /// What every search of this session is limited to.
    pub filters: Filters,
    /// Field of work, such as `zoology` or `car trade`.
    pub domain: Option<String>,
    /// When it was made and used, and what time articles should be from.
    pub time: Time,
    /// Which sources were asked, and whether the person lets history be stored.
    pub sources: Sources,
}

/// A query.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, JsonSchema)]
pub struct Asked {
    /// As it was typed.
    pub query: String,
    /// Seconds since 1970.
    pub at: i64,
}

/// What is wanted.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct Preferences {
    /// Topics, such as `science`.
    pub topics: Vec<String>,
    /// Outlets, by id.
    pub sources: Vec<String>,
    /// Outlets that are not wanted.
    pub blocked_sources: Vec<String>,
    /// Languages (ISO 639-1), in any order.
    pub languages: Vec<String>,
    /// Where the person is.
    pub region: Option<String>,
}

/// What was done with a result.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, JsonSchema)]
pub struct Interaction {
    /// Id of the article.
    pub id: String,
    /// `click` or `dwell`.
    pub kind: InteractionKind,
    /// Seconds that it was read for; 0 for a click.
    pub dwell_seconds: f64,
    /// Seconds since 1970.
    pub at: i64,
}

/// What can be done with a result.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "snake_case")]
pub enum InteractionKind {
    /// It was opened.
    Click,
    /// It was read for a while.
    Dwell,
}

/// What every search of the session is limited to.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct Filters {
    /// Hosts that articles must come from, where there are any.
    pub include_domains: Vec<String>,
    /// Hosts that they must not come from.
    pub exclude_domains: Vec<String>,
}

/// When.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct Time {
    /// Seconds since 1970.
    pub created: i64,
    /// Seconds since 1970.
    pub used: i64,
    /// Seconds since 1970; moves on with each use.
    pub expires: i64,
    /// How old articles may be, where a search does not say.
    pub period: Period,
}

/// Who was asked.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct Sources {
    /// How often each source was asked.
    pub asked: BTreeMap<String, u64>,
    /// Whether the person lets history be stored; absent until asked.
    pub history_consent: Option<bool>,
}

impl Session {
    /// A session that begins now and ends `lifetime` seconds after its last use.
    pub fn new(now: i64, lifetime: i64) -> Self {
        let time = Time { created: now, used: now, expires: now.saturating_add(lifetime), period: Period::Any };
        Self { time, ..Self::default() }
    }

    /// Remembers a query, where the person has agreed. The same query twice in a row is one.
    pub fn remember_query(&mut self, query: &str, at: i64) {
        let repeated = self.history.last().is_some_and(|last| last.query == query);
        if self.sources.history_consent == Some(true) && !repeated {
            push(&mut self.history, Asked { query: query.to_owned(), at }, MAX_HISTORY);
        }
    }

    /// Remembers what was done with a result, where the person has agreed. Says whether it did.
    pub fn remember_interaction(&mut self, interaction: Interaction) -> bool {
        let agreed = self.sources.history_consent == Some(true);
        if agreed {
            push(&mut self.interactions, interaction, MAX_INTERACTIONS);
        }
        agreed
    }

    /// Counts the sources of one search.
    pub fn count_sources<'a>(&mut self, names: impl Iterator<Item = &'a str>) {
        for name in names {
            if self.sources.asked.len() < MAX_LIST || self.sources.asked.contains_key(name) {
                *self.sources.asked.entry(name.to_owned()).or_default() += 1;
            }
        }
    }
}

fn push<T>(list: &mut Vec<T>, item: T, most: usize) {
    if list.len() >= most {
        list.drain(..=list.len() - most);
    }
    list.push(item);
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn nothing_is_remembered_without_consent_and_not_too_much_with_it() {
        let mut session = Session::new(0, 60);
        session.remember_query("a", 1);
        assert!(session.history.is_empty());
        session.sources.history_consent = Some(true);
        for number in 0..MAX_HISTORY + 5 {
            session.remember_query(&number.to_string(), 1);
            session.remember_query(&number.to_string(), 2);
        }
        assert_eq!(session.history.len(), MAX_HISTORY);
        assert_eq!(session.history.first().map(|asked| asked.query.as_str()), Some("5"));
    }
}
