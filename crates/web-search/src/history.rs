//! What callers have found lately: each sees their own, for an hour.

use std::{
    collections::VecDeque,
    sync::{Mutex, MutexGuard, PoisonError},
};

use mcp_support::{clock::Clock, search::clean};
use serde::Serialize;
use serde_json::Value;

/// Results of one caller that are kept.
const MOST_OF_ONE: usize = 50;
/// Results of all callers that are kept.
const MOST: usize = 500;
/// How long they are kept, in seconds.
const KEPT_SECONDS: i64 = 60 * 60;

/// The latest results of every caller.
#[derive(Debug)]
pub struct History {
    clock: Clock,
    kept: Mutex<VecDeque<Kept>>,
}

#[derive(Debug)]
struct Kept {
    owner: String,
    at: i64,
    entry: Entry,
    document: Value,
}

/// A line of a caller's history.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Entry {
    /// In `search://result/{id}`.
    pub id: String,
    /// Which tool was called.
    pub tool: &'static str,
    /// What was asked.
    pub query: String,
    /// Who has answered.
    pub provider: String,
    /// How many results there were.
    pub results: usize,
    /// When (RFC 3339).
    pub at: String,
}

impl History {
    /// An empty one.
    pub fn new(clock: Clock) -> Self {
        Self { clock, kept: Mutex::default() }
    }

    /// A name for a result that nobody can guess.
    pub fn new_id() -> String {
        format!("{:032x}", rand::random::<u128>())
    }

    /// Keeps a result, in the place of the owner's oldest if there are too many.
    pub fn keep(&self, owner: &str, id: String, tool: &'static str, line: (&str, &str, usize), document: Value) {
        let (query, provider, results) = line;
        let (query, provider, at) = (query.to_owned(), provider.to_owned(), self.clock.now());
        let entry = Entry { id, tool, query, provider, results, at: clean::rfc3339(at).unwrap_or_default() };
        let mut kept = self.lock();
        let is_owners = |kept: &Kept| kept.owner == owner;
        if kept.iter().filter(|kept| is_owners(kept)).count() >= MOST_OF_ONE
            && let Some(oldest) = kept.iter().position(is_owners)
        {
            kept.remove(oldest);
        }
        if kept.len() >= MOST {
            kept.pop_front();
        }
        kept.push_back(Kept { owner: owner.to_owned(), at, entry, document });
    }

    /// A caller's result.
    pub fn get(&self, owner: &str, id: &str) -> Option<Value> {
        self.lock().iter().find(|kept| kept.owner == owner && kept.entry.id == id).map(|kept| kept.document.clone())
    }

    /// A caller's results, the latest first.
    pub fn list(&self, owner: &str) -> Vec<Entry> {
        self.lock().iter().rev().filter(|kept| kept.owner == owner).map(|kept| kept.entry.clone()).collect()
    }

    /// What has not expired.
    fn lock(&self) -> MutexGuard<'_, VecDeque<Kept>> {
        let mut kept = self.kept.lock().unwrap_or_else(PoisonError::into_inner);
        let oldest = self.clock.now() - KEPT_SECONDS;
        while kept.front().is_some_and(|kept| kept.at < oldest) {
            kept.pop_front();
        }
        kept
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn each_sees_their_own_for_an_hour() {
        let clock = Clock::standing_at(0);
        let history = History::new(clock.clone());
        for n in 0..MOST_OF_ONE + 5 {
            history.keep("ada", format!("a{n}"), "general_search", ("tea", "embedded", 1), Value::from(n));
        }
        history.keep("bob", "b".to_owned(), "qna", ("pot", "brave", 2), Value::Null);
        let ids: Vec<String> = history.list("ada").into_iter().map(|entry| entry.id).collect();
        assert_eq!((ids.len(), ids[0].as_str(), ids[MOST_OF_ONE - 1].as_str()), (MOST_OF_ONE, "a54", "a5"));
        assert_eq!((history.get("ada", "a54"), history.get("bob", "a54")), (Some(Value::from(54)), None));
        clock.advance(KEPT_SECONDS + 1);
        assert_eq!((history.list("bob").len(), history.get("ada", "a54")), (0, None));
        for n in 0..2 * MOST {
            history.keep(&format!("owner {n}"), History::new_id(), "qna", ("pot", "brave", 2), Value::Null);
        }
        assert_eq!(history.lock().len(), MOST);
    }
}
