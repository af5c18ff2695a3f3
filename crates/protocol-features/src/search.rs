//! `long_running_search`: a search that takes its time, and that stops at whichever `await` it is when nobody wants its
//! answer any more.
//!
//! A cancelled call is dropped. Whatever it holds is freed by `Drop`, not by code after the loop: that code is never
//! reached. The counters prove it.

use std::{
    sync::{
        Arc,
        atomic::{AtomicU64, Ordering},
    },
    time::Duration,
};

use schemars::JsonSchema;
use serde::Serialize;

use crate::facts;

/// Pause between two pages: whoever crawls a catalog is polite.
pub const PAUSE: Duration = Duration::from_millis(10);
/// Hits that are returned.
pub const MAX_HITS: usize = 50;

/// Counts searches. Clones share the counts.
#[derive(Debug, Clone, Default)]
pub struct Counters(Arc<Counts>);

#[derive(Debug, Default)]
struct Counts {
    open: AtomicU64,
    finished: AtomicU64,
    abandoned: AtomicU64,
}

/// The counts at one moment.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, JsonSchema)]
pub struct Counted {
    /// Searches that run now.
    pub open: u64,
    /// Searches that came to their end.
    pub finished: u64,
    /// Searches that were dropped on the way.
    pub abandoned: u64,
}

impl Counters {
    /// The counts now.
    pub fn read(&self) -> Counted {
        let Counts { open, finished, abandoned } = self.0.as_ref();
        Counted {
            open: open.load(Ordering::Acquire),
            finished: finished.load(Ordering::Acquire),
            abandoned: abandoned.load(Ordering::Acquire),
        }
    }

    /// Opens a search, which stays open until it is dropped.
    pub fn open(&self, query: &str) -> Search {
        self.0.open.fetch_add(1, Ordering::AcqRel);
        Search {
            counts: self.0.clone(),
            needle: query.to_lowercase(),
            hits: Vec::new(),
            matches: 0,
            is_finished: false,
        }
    }
}

/// One search: what it has found so far.
pub struct Search {
    counts: Arc<Counts>,
    needle: String,
    hits: Vec<String>,
    matches: u64,
    is_finished: bool,
}

/// What a search has found.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, JsonSchema)]
pub struct Found {
    /// Entries that contain the query, whether returned or not.
    pub matches: u64,
    /// The first of them.
    pub hits: Vec<String>,
    /// Pages that were searched, 50 entries each.
    pub pages: u32,
}

impl Search {
    /// Searches one page, numbered from 1, and returns the number of matches so far.
    pub async fn page(&mut self, page: u32) -> u64 {
        tokio::time::sleep(PAUSE).await;
        let last = page * facts::PAGE;
        for number in (last - facts::PAGE + 1)..=last {
            let line = facts::about(number);
            if line.to_lowercase().contains(&self.needle) {
                self.matches += 1;
                if self.hits.len() < MAX_HITS {
                    self.hits.push(line);
                }
            }
        }
        self.matches
    }

    /// Ends it with what it has found.
    pub fn finish(mut self, pages: u32) -> Found {
        self.is_finished = true;
        Found { matches: self.matches, hits: std::mem::take(&mut self.hits), pages }
    }
}

impl Drop for Search {
    fn drop(&mut self) {
        let ended = if self.is_finished { &self.counts.finished } else { &self.counts.abandoned };
        ended.fetch_add(1, Ordering::AcqRel);
        self.counts.open.fetch_sub(1, Ordering::AcqRel);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[tokio::test(start_paused = true)]
    async fn finds_and_counts() {
        let counters = Counters::default();
        let mut search = counters.open("SQUARE of 1");
        assert_eq!(counters.read(), Counted { open: 1, finished: 0, abandoned: 0 });
        search.page(1).await;
        search.page(4).await;
        let found = search.finish(2);
        assert_eq!(found.matches, 3, "1, 169 and 196: {:?}", found.hits);
        drop(counters.open("dropped"));
        assert_eq!(counters.read(), Counted { open: 0, finished: 1, abandoned: 1 });
    }
}
