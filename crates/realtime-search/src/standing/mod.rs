//! Standing queries: topics that somebody watches, and the alerts that new documents raise.

mod percolate;

use std::{
    collections::{HashMap, VecDeque},
    sync::{Mutex, PoisonError},
    time::{Duration, Instant},
};

use rand::RngExt;
use schemars::JsonSchema;
use serde::Serialize;

pub use self::percolate::{Empty, Percolator, Standing, is_at};
use crate::{article::Indexed, pipeline::cite};

/// Topics that one caller may watch at a time.
pub const MAX_TOPICS: usize = 100;
/// Topics of all callers.
pub const MAX_ALL: usize = 10_000;
/// Alerts of one topic that are kept; the oldest goes first.
pub const MAX_ALERTS: usize = 100;
/// A topic that nobody has asked for this long is watched no more.
pub const IDLE_SECONDS: i64 = 24 * 3600;

/// A document that a topic was waiting for.
#[derive(Debug, Clone, PartialEq, Serialize, JsonSchema)]
pub struct Alert {
    /// Rises by one with each alert of the topic, from 1 on.
    pub number: u64,
    /// Id of the article.
    pub id: String,
    /// Its title, between marks: it comes from outside.
    pub title: String,
    /// Where it can be read.
    pub url: String,
    /// The outlet.
    pub source: String,
    /// How far the outlet is trusted, from 0 to 1.
    pub trust: f64,
    /// When it arrived (RFC 3339).
    pub arrived: Option<String>,
    /// Milliseconds from its arrival to this alert.
    pub after_ms: f64,
}

/// A topic as its owner sees it.
#[derive(Debug, Clone, PartialEq, Serialize, JsonSchema)]
pub struct Topic {
    /// Its handle.
    pub topic: String,
    /// What is waited for.
    pub query: String,
    /// When it was begun (RFC 3339).
    pub since: Option<String>,
    /// Alerts so far, also those that are no longer kept.
    pub alerts: u64,
}

#[derive(Debug)]
struct Watched {
    owner: String,
    query: String,
    number: u64,
    since: i64,
    used: i64,
    count: u64,
    alerts: VecDeque<Alert>,
}

/// Why a topic cannot be watched, or asked for.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum TopicError {
    /// There is no word in its query.
    #[error(transparent)]
    Empty(#[from] Empty),
    /// The caller watches as many as may be, or all callers together do.
    #[error("{0} topics are watched already")]
    TooMany(usize),
    /// There is none, or it is another's.
    #[error("there is no topic '{0}'")]
    Unknown(String),
}

/// What came of a new document.
#[derive(Debug, Default, PartialEq)]
pub struct Percolated {
    /// Handles of the topics that have a new alert.
    pub topics: Vec<String>,
    /// Queries that had to be looked at in full.
    pub looked_at: usize,
    /// How long it took.
    pub took: Duration,
}

/// All topics of all callers.
// Production: topics and their alerts live in memory, and end with the process. Keep them where the sessions are.
#[derive(Debug, Default)]
pub struct Topics {
    state: Mutex<State>,
}

#[derive(Debug, Default)]
struct State {
    percolator: Percolator,
    topics: HashMap<String, Watched>,
    by_number: HashMap<u64, String>,
    last: u64,
}

impl Topics {
    /// Watches for a query. The same query of one owner is one topic.
    ///
    /// # Errors
    /// [`TopicError::Empty`], [`TopicError::TooMany`].
    pub fn watch(
        &self,
        owner: &str,
        query: &str,
        now: i64,
        frequency: impl Fn(&str) -> usize,
    ) -> Result<Topic, TopicError> {
        let standing = Standing::compile(query, now)?;
        let mut state = self.lock();
        state.sweep(now);
        if let Some((id, known)) =
            state.topics.iter_mut().find(|(_, known)| known.owner == owner && known.query == query)
        {
            known.used = now;
            return Ok(known.shown(id));
        }
        let own = state.topics.values().filter(|known| known.owner == owner).count();
        if own >= MAX_TOPICS || state.topics.len() >= MAX_ALL {
            return Err(TopicError::TooMany(own));
        }
        state.last += 1;
        let (number, id) = (state.last, format!("{:032x}", rand::rng().random::<u128>()));
        state.percolator.insert(number, standing, frequency);
        let watched = Watched {
            owner: owner.to_owned(),
            query: query.to_owned(),
            number,
            since: now,
            used: now,
            count: 0,
            alerts: VecDeque::new(),
        };
        let shown = watched.shown(&id);
        state.by_number.insert(number, id.clone());
        state.topics.insert(id, watched);
        Ok(shown)
    }

    /// A new document: every topic that waits for it has one more alert. `arrived` is when it came in.
    pub fn arrive(&self, document: &Indexed, now: i64, arrived: Instant) -> Percolated {
        let mut state = self.lock();
        let (numbers, looked_at) = state.percolator.percolate(document);
        let mut topics = Vec::new();
        for number in numbers {
            let Some(id) = state.by_number.get(&number).cloned() else { continue };
            let Some(watched) = state.topics.get_mut(&id) else { continue };
            watched.count += 1;
            if watched.alerts.len() >= MAX_ALERTS {
                watched.alerts.pop_front();
            }
            watched.alerts.push_back(Alert {
                number: watched.count,
                id: document.article.id.clone(),
                title: cite::marked(&document.article.title),
                url: document.article.url.clone(),
                source: document.article.source.clone(),
                trust: document.trust,
                arrived: cite::rfc3339(now),
                after_ms: arrived.elapsed().as_secs_f64() * 1000.0,
            });
            topics.push(id);
        }
        Percolated { topics, looked_at, took: arrived.elapsed() }
    }

    /// A topic and its alerts after `after`, the oldest first.
    ///
    /// # Errors
    /// [`TopicError::Unknown`].
    pub fn poll(&self, owner: &str, id: &str, after: u64, now: i64) -> Result<(Topic, Vec<Alert>), TopicError> {
        let mut state = self.lock();
        let watched = state.topics.get_mut(id).filter(|watched| watched.owner == owner);
        let watched = watched.ok_or_else(|| TopicError::Unknown(id.chars().take(40).collect()))?;
        watched.used = now;
        let alerts = watched.alerts.iter().filter(|alert| alert.number > after).cloned().collect();
        Ok((watched.shown(id), alerts))
    }

    /// The topics of a caller, the oldest first.
    pub fn list(&self, owner: &str) -> Vec<Topic> {
        let state = self.lock();
        let own = state.topics.iter().filter(|(_, watched)| watched.owner == owner);
        let mut own: Vec<(u64, Topic)> = own.map(|(id, watched)| (watched.number, watched.shown(id))).collect();
        own.sort_by_key(|(number, _)| *number);
        own.into_iter().map(|(_, topic)| topic).collect()
    }

    /// Watches for it no more. False where there is none.
    pub fn end(&self, owner: &str, id: &str) -> bool {
        let mut state = self.lock();
        let own = state.topics.get(id).is_some_and(|watched| watched.owner == owner);
        if own {
            state.remove(id);
        }
        own
    }

    fn lock(&self) -> std::sync::MutexGuard<'_, State> {
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl State {
    fn sweep(&mut self, now: i64) {
        let idle = |watched: &Watched| now - watched.used > IDLE_SECONDS;
        let gone: Vec<String> =
            self.topics.iter().filter(|(_, watched)| idle(watched)).map(|(id, _)| id.clone()).collect();
        gone.iter().for_each(|id| self.remove(id));
    }

    fn remove(&mut self, id: &str) {
        if let Some(watched) = self.topics.remove(id) {
            self.percolator.remove(watched.number);
            self.by_number.remove(&watched.number);
        }
    }
}

impl Watched {
    fn shown(&self, id: &str) -> Topic {
        let since = cite::rfc3339(self.since);
        Topic { topic: id.to_owned(), query: self.query.clone(), since, alerts: self.count }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::pipeline::tests::candidate;

    #[test]
    fn a_new_document_is_an_alert_for_those_who_wait_for_it() {
        let topics = Topics::default();
        let bridge = topics.watch("ann", "bridge", 0, |_| 1).expect("a topic");
        let storm = topics.watch("bob", "storm", 0, |_| 1).expect("a topic");
        assert_eq!(topics.watch("ann", "bridge", 0, |_| 1).expect("the same").topic, bridge.topic);
        let story = candidate("d", "https://a.example", "The bridge is closed", 0.5, &[]).indexed;
        for _ in 0..MAX_ALERTS + 1 {
            let done = topics.arrive(&story, 1, Instant::now());
            assert_eq!(done.topics, std::slice::from_ref(&bridge.topic));
        }
        let (topic, alerts) = topics.poll("ann", &bridge.topic, 0, 2).expect("alerts");
        assert_eq!((topic.alerts, alerts.len(), alerts[0].number), (101, MAX_ALERTS, 2));
        assert!(topics.poll("ann", &bridge.topic, 101, 2).expect("none new").1.is_empty());
        assert_eq!(topics.poll("bob", &bridge.topic, 0, 2), Err(TopicError::Unknown(bridge.topic.clone())));
        assert!(!topics.end("ann", &storm.topic) && topics.end("bob", &storm.topic));
    }

    #[test]
    fn topics_are_counted_and_end_when_nobody_asks() {
        let topics = Topics::default();
        for number in 0..MAX_TOPICS {
            topics.watch("ann", &format!("word{number}"), 0, |_| 1).expect("a topic");
        }
        assert_eq!(topics.watch("ann", "more", 0, |_| 1), Err(TopicError::TooMany(MAX_TOPICS)));
        assert!(topics.watch("ann", "more", IDLE_SECONDS + 1, |_| 1).is_ok());
        assert_eq!(topics.list("ann").len(), 1);
    }
}
