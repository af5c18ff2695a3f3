//! Exercise 2, extend it: one story, one alert.
//!
//! A wire sends a report, and within an hour five outlets print it with small edits. Whoever tracks the topic hears
//! of it five times. Let a topic be quiet about what it has just told: an article whose text is nearly that of one
//! within the window is no news.
//!
//! Where to look: `simhash` and `is_near` in `src/pipeline/deduplicate.rs`; `arrive` in `src/standing/mod.rs` is
//! where alerts are made, and every `Indexed` article carries its fingerprint.
//!
//! Hint: keep the fingerprints with their times, and let those go that are older than the window.
//! Hint: a feed never ends: keep at most `MOST` of them, and let the oldest go.
//!
//! Learned: a fingerprint of 64 bits is enough to know a text again, and whatever listens to a feed needs a bound.
//! Read on: src/pipeline/deduplicate.rs; Manku, Jain and Das Sarma, "Detecting Near-Duplicates for Web Crawling", WWW
//! 2007.

use std::collections::VecDeque;

use mcp_realtime_search::{article::Indexed, pipeline::deduplicate::is_near};

/// Fingerprints that are kept.
pub(crate) const MOST: usize = 1000;

/// What a topic has told lately.
pub(crate) struct Digest {
    window: i64,
    told: VecDeque<(i64, u64)>,
}

impl Digest {
    /// A digest that tells each story once within `window` seconds.
    pub(crate) fn new(window: i64) -> Self {
        Self { window, told: VecDeque::new() }
    }

    /// Whether an article that arrives at `now` (seconds since 1970) says something new.
    pub(crate) fn is_news(&mut self, article: &Indexed, now: i64) -> bool {
        while self.told.front().is_some_and(|(at, _)| now - at > self.window) {
            self.told.pop_front();
        }
        if self.told.iter().any(|(_, known)| is_near(*known, article.simhash)) {
            return false;
        }
        if self.told.len() >= MOST {
            self.told.pop_front();
        }
        self.told.push_back((now, article.simhash));
        true
    }

    /// How many fingerprints are kept.
    pub(crate) fn kept(&self) -> usize {
        self.told.len()
    }
}
