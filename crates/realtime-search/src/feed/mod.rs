//! What arrives: stories of the lesson's own feed, one after another, and items of real feeds. Each is searchable and
//! has been matched against all standing queries before the next one comes.

mod reader;

use std::{
    collections::VecDeque,
    sync::{
        Arc,
        atomic::{AtomicU64, Ordering},
    },
    time::{Duration, Instant},
};

use mcp_support::{
    changes::{Change, Changes},
    clock::Clock,
    search::index::IndexError,
};
use rand::{SeedableRng, rngs::ChaCha8Rng, seq::SliceRandom};
use tokio_util::task::AbortOnDropHandle;

pub use self::reader::{FeedError, MAX_FEEDS, Reader, items};
use crate::{
    article::{Article, Indexed},
    library::Library,
    pipeline::cite,
    standing::Topics,
};

/// Where a topic can be read.
pub const TOPIC: &str = "search://topic/";

/// Where new articles go: into the library, and past the standing queries.
#[derive(Clone)]
pub struct Arrivals {
    /// Where they are found from then on.
    pub library: Library,
    /// Who waits for them.
    pub topics: Arc<Topics>,
    /// Who hears that a topic has an alert.
    pub changes: Changes,
    /// What time it is.
    pub clock: Clock,
    count: Arc<AtomicU64>,
}

impl Arrivals {
    /// New articles go there.
    pub fn new(library: Library, topics: Arc<Topics>, changes: Changes, clock: Clock) -> Self {
        Self { library, topics, changes, clock, count: Arc::default() }
    }

    /// Publishes one article: indexed, matched, announced, in this order. Whoever hears of it can find it. Blocks.
    ///
    /// # Errors
    /// The index is damaged.
    pub fn publish(&self, article: Article) -> Result<Option<Arc<Indexed>>, IndexError> {
        let (arrived, now) = (Instant::now(), self.clock.now());
        let published = article.published.clone().or_else(|| cite::rfc3339(now));
        let Some(indexed) = self.library.publish(Article { published, ..article })? else { return Ok(None) };
        let done = self.topics.arrive(&indexed, now, arrived);
        self.count.fetch_add(1, Ordering::Relaxed);
        for topic in &done.topics {
            self.changes.announce(Change::Updated(format!("{TOPIC}{topic}").into()));
        }
        let (id, topics, took) = (&indexed.article.id, done.topics.len(), done.took);
        tracing::debug!(id, topics, looked_at = done.looked_at, ?took, "published");
        Ok(Some(indexed))
    }

    /// How many have arrived.
    pub fn count(&self) -> u64 {
        self.count.load(Ordering::Relaxed)
    }

    async fn publish_elsewhere(&self, article: Article) {
        let arrivals = self.clone();
        match tokio::task::spawn_blocking(move || arrivals.publish(article)).await {
            Ok(Ok(_)) => {}
            Ok(Err(error)) => tracing::error!(%error, "an article could not be indexed"),
            Err(error) => tracing::error!(%error, "an article could not be indexed"),
        }
    }
}

/// Ends its tasks when it is dropped.
#[must_use]
pub struct Running {
    _task: AbortOnDropHandle<()>,
}

/// The seed that decides the order of stories where nobody chooses another.
pub const FIRST_SEED: u64 = 1;

/// The order in which stories come the first time.
pub fn order(stories: &[Article], seed: u64) -> Vec<Article> {
    shuffled(stories, &mut ChaCha8Rng::seed_from_u64(seed))
}

fn shuffled(stories: &[Article], random: &mut ChaCha8Rng) -> Vec<Article> {
    let mut stories = stories.to_vec();
    stories.shuffle(random);
    stories
}

/// Publishes `stories` for as long as the guard lives, one each `interval`, in an order that `seed` decides; when all
/// are out, they come again as new editions, in another order.
pub fn run(arrivals: Arrivals, stories: Vec<Article>, interval: Duration, seed: u64) -> Running {
    let work = async move {
        let mut random = ChaCha8Rng::seed_from_u64(seed);
        let mut queue: VecDeque<Article> = VecDeque::new();
        let mut ticks = tokio::time::interval_at(tokio::time::Instant::now() + interval, interval);
        ticks.set_missed_tick_behavior(tokio::time::MissedTickBehavior::Delay);
        while !stories.is_empty() {
            ticks.tick().await;
            if queue.is_empty() {
                queue = shuffled(&stories, &mut random).into();
            }
            if let Some(story) = queue.pop_front() {
                arrivals.publish_elsewhere(story).await;
            }
        }
    };
    spawn(work)
}

/// Reads real feeds for as long as the guard lives, each every `interval`.
pub fn read(arrivals: Arrivals, reader: Reader, interval: Duration) -> Running {
    spawn(async move { reader.run(&arrivals, interval).await })
}

/// Does some work for as long as the guard lives, once each `interval`.
pub fn every<F: Future<Output = ()> + Send>(interval: Duration, work: impl Fn() -> F + Send + 'static) -> Running {
    let working = async move {
        let mut ticks = tokio::time::interval(interval);
        ticks.set_missed_tick_behavior(tokio::time::MissedTickBehavior::Delay);
        loop {
            ticks.tick().await;
            work().await;
        }
    };
    spawn(working)
}

fn spawn(work: impl Future<Output = ()> + Send + 'static) -> Running {
    Running { _task: AbortOnDropHandle::new(tokio::spawn(work)) }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::corpus;

    fn arrivals() -> Arrivals {
        let library = Library::new([], corpus::outlets()).expect("a library");
        Arrivals::new(library, Arc::default(), Changes::default(), Clock::standing_at(2_000_000_000))
    }

    async fn published(seed: u64) -> Vec<String> {
        let arrivals = arrivals();
        let running = run(arrivals.clone(), corpus::stories().to_vec(), Duration::from_millis(1), seed);
        while arrivals.count() < 20 {
            tokio::task::yield_now().await;
            tokio::time::sleep(Duration::from_millis(1)).await;
        }
        drop(running);
        let latest = arrivals.library.latest(100);
        latest.iter().rev().take(20).map(|indexed| indexed.article.id.clone()).collect()
    }

    #[tokio::test]
    async fn the_seed_decides_the_order() {
        let first = published(1).await;
        let expected: Vec<String> = order(corpus::stories(), 1).into_iter().map(|story| story.id).take(20).collect();
        assert_eq!(first, expected);
        assert_ne!(first, published(2).await);
    }

    #[test]
    fn a_story_is_found_and_announced_at_once() {
        let arrivals = arrivals();
        let topic = arrivals.topics.watch("ann", "zeppelin", 0, |_| 1).expect("a topic");
        let story = Article { text: "A zeppelin has landed.".to_owned(), ..corpus::stories()[0].clone() };
        let published = arrivals.publish(story).expect("an index").expect("an article");
        assert_eq!(published.published, Some(2_000_000_000), "a story without a date is from now");
        let (_, alerts) = arrivals.topics.poll("ann", &topic.topic, 0, 1).expect("a topic");
        assert_eq!(alerts[0].id, published.article.id);
        assert!(alerts[0].after_ms < 1000.0, "{alerts:?}");
        let lookup = crate::library::Lookup { text: "zeppelin".to_owned(), limit: 1, ..Default::default() };
        assert_eq!(arrivals.library.find(&lookup, None).expect("an index")[0].0.article.id, published.article.id);
    }
}
