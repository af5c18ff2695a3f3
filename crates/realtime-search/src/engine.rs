//! Everything behind the server: what is searched, who waits for what, and what is remembered.

use std::{sync::Arc, time::Duration};

use anyhow::Context;
use mcp_support::{
    changes::{Change, Changes},
    cli::UsageError,
    clock::Clock,
};

use crate::{
    article::Article,
    corpus,
    dispatch::{Own, Source},
    feed::{self, Arrivals, Reader, Running},
    library::{Kind, Library},
    outside::{self, Outside},
    pipeline::Weights,
    session::Sessions,
    settings::Settings,
    standing::Topics,
};

/// Sessions that have ended are swept from the disk this often.
const SWEEP: Duration = Duration::from_secs(60);

/// One server's state, and the tasks that end with it.
pub struct Engine {
    /// What is searched inside.
    pub library: Library,
    /// All that can be asked, by name.
    pub sources: Vec<Arc<dyn Source>>,
    /// What is remembered.
    pub sessions: Sessions,
    /// Who waits for what.
    pub topics: Arc<Topics>,
    /// Who hears of changes.
    pub changes: Changes,
    /// What time it is.
    pub clock: Clock,
    /// What each stage counts.
    pub weights: Weights,
    /// How long a source may take.
    pub source_deadline: Duration,
    _tasks: Vec<Running>,
}

impl Engine {
    /// Indexes the archive, opens the sessions and starts the feeds.
    ///
    /// # Errors
    /// The folder of the sessions cannot be used, or a source is configured wrongly.
    pub async fn start(settings: &Settings, changes: Changes) -> anyhow::Result<Self> {
        settings.check()?;
        let clock = Clock::default();
        let now = clock.now();
        let library = tokio::task::spawn_blocking(move || Library::new(corpus::archive_at(now), corpus::outlets()));
        let library = library.await?.context("indexing the archive")?;
        let (folder, lifetime) = (settings.data.clone(), settings.session_seconds());
        let sessions = tokio::task::spawn_blocking(move || match folder {
            Some(folder) => Sessions::open(&folder, lifetime),
            None => Sessions::in_memory(lifetime),
        });
        let sessions = sessions.await??;
        let topics: Arc<Topics> = Arc::default();
        let arrivals = Arrivals::new(library.clone(), topics.clone(), changes.clone(), clock.clone());
        let weights = Weights::default();
        let own = |kind| -> Arc<dyn Source> { Arc::new(Own { library: library.clone(), kind, weights }) };
        let mut sources = vec![own(Kind::Archive), own(Kind::Live)];
        let (serpapi, brave) = (settings.serpapi_key.as_ref(), settings.brave_key.as_ref());
        let (tavily, searxng) = (settings.tavily_key.as_ref(), settings.searxng_url.as_ref());
        let outside = outside::configured(serpapi, brave, tavily, searxng);
        for provider in outside.map_err(|error| UsageError(error.to_string()))? {
            sources.push(Arc::new(Outside::new(provider, corpus::outlets())));
        }
        let mut tasks = vec![sweep(sessions.clone(), clock.clone(), changes.clone())];
        if settings.feed_ms > 0 {
            let stories: Vec<Article> = corpus::stories().to_vec();
            let interval = Duration::from_millis(settings.feed_ms);
            tasks.push(feed::run(arrivals.clone(), stories, interval, settings.feed_seed));
        }
        let feeds = settings.feeds();
        if !feeds.is_empty() {
            let reader = Reader::new(feeds, settings.feeds_allow_hosts.clone());
            tasks.push(feed::read(arrivals.clone(), reader, Duration::from_secs(settings.feeds_seconds)));
        }
        Ok(Self {
            library,
            sources,
            sessions,
            topics,
            changes,
            clock,
            weights,
            source_deadline: settings.source_deadline(),
            _tasks: tasks,
        })
    }
}

fn sweep(sessions: Sessions, clock: Clock, changes: Changes) -> Running {
    feed::every(SWEEP, move || {
        let (sessions, now, changes) = (sessions.clone(), clock.now(), changes.clone());
        async move {
            match sessions.sweep(now).await {
                Ok(0) => {}
                Ok(_) => changes.announce(Change::Resources),
                Err(error) => tracing::warn!(%error, "sessions that have ended cannot be swept"),
            }
        }
    })
}
