//! A node: everything behind the tools, and its signs of life.

use std::{
    sync::{
        Arc, Mutex, MutexGuard, PoisonError,
        atomic::{AtomicBool, AtomicU64, Ordering},
    },
    time::{Duration, Instant},
};

use rand::RngExt;
use tokio_util::sync::CancellationToken;

use crate::{
    admission::Admission,
    cache::Cache,
    metrics::{Metrics, Summary},
    pool::Pool,
    rate::Rate,
    registry::{BEAT, Record, Registry, State},
    settings::Settings,
    store::{self, Store, StoreError},
    workspace::Workspaces,
};

/// What all sessions and requests of one process share.
pub struct Node {
    /// Its name in the cluster.
    pub id: String,
    /// Where the cluster keeps what it shares.
    pub store: Arc<dyn Store>,
    /// Who is in the cluster.
    pub registry: Registry,
    /// Handles that any node serves.
    pub workspaces: Workspaces,
    /// Answers that were computed already.
    pub cache: Cache,
    /// Workers.
    pub pool: Pool,
    /// Who is let in.
    pub admission: Admission,
    /// What is counted.
    pub metrics: Arc<Metrics>,
    /// The tenant that may drain nodes.
    pub admin: Option<String>,
    address: Mutex<String>,
    epoch: AtomicU64,
    leaving: AtomicBool,
    draining: AtomicBool,
    seen: Mutex<Option<Seen>>,
}

/// The cluster as it was when the store last answered.
#[derive(Clone)]
pub struct Seen {
    /// Its nodes.
    pub nodes: Vec<Record>,
    /// When.
    pub at: Instant,
}

impl Node {
    /// A node that has not joined its cluster yet.
    ///
    /// # Errors
    /// The store's URL is none of Redis.
    pub fn new(settings: &Settings) -> Result<Arc<Self>, StoreError> {
        let store = store::open(settings.store.as_ref())?;
        let metrics = Arc::new(Metrics::default());
        let target = (settings.target_ms > 0).then(|| Duration::from_millis(settings.target_ms));
        let calls = usize::try_from(settings.calls).unwrap_or(usize::MAX);
        let queue = usize::try_from(settings.queue).unwrap_or(usize::MAX);
        let random: u32 = rand::rng().random();
        Ok(Arc::new(Self {
            id: settings.node.clone().unwrap_or_else(|| format!("node-{random:08x}")),
            registry: Registry::new(store.clone()),
            workspaces: Workspaces::new(store.clone()),
            cache: Cache::new(store.clone(), Duration::from_secs(60 * settings.cache_minutes)),
            pool: Pool::new(settings.workers(), queue),
            admission: Admission::new(calls, target, settings.tenant_header.clone(), metrics.clone())
                .with_rate(Rate::new(store.clone(), settings.tenant_rate)),
            store,
            metrics,
            admin: settings.admin.clone(),
            address: Mutex::default(),
            epoch: AtomicU64::new(0),
            leaving: AtomicBool::new(false),
            draining: AtomicBool::new(false),
            seen: Mutex::default(),
        }))
    }

    /// Joins the cluster as a node that listens on `address`.
    ///
    /// # Errors
    /// The store did not answer; the next sign of life tries again.
    pub async fn join(&self, address: String) -> Result<(), StoreError> {
        *self.address.lock().unwrap_or_else(PoisonError::into_inner) = address;
        self.beat().await
    }

    /// Gives signs of life until `end`. A store that is gone is tried again with every beat.
    pub async fn beats(&self, end: CancellationToken) {
        let mut beat = tokio::time::interval(BEAT);
        beat.set_missed_tick_behavior(tokio::time::MissedTickBehavior::Delay);
        let mut answered = true;
        loop {
            tokio::select! {
                () = end.cancelled() => return,
                _ = beat.tick() => {}
            }
            let now = self.beat().await;
            match &now {
                Err(error) if answered => tracing::warn!(%error, "the store is gone; this node goes on without it"),
                Ok(()) if !answered => tracing::info!("the store is back"),
                _ => {}
            }
            answered = now.is_ok();
        }
    }

    /// One sign of life, and a look at the cluster.
    ///
    /// # Errors
    /// The store did not answer.
    pub async fn beat(&self) -> Result<(), StoreError> {
        if self.epoch.load(Ordering::Acquire) == 0 {
            let epoch = self.registry.epoch().await?;
            self.epoch.store(epoch, Ordering::Release);
            // Whoever asked this name to drain meant the one that had it before.
            self.registry.ask_to_drain(&self.id, false).await?;
        }
        let asked = self.registry.should_drain(&self.id).await?;
        self.draining.store(asked, Ordering::Release);
        self.registry.beat(&self.record()).await?;
        let nodes = self.registry.nodes().await?;
        let epoch = self.epoch.load(Ordering::Acquire);
        if nodes.iter().any(|other| other.id == self.id && other.epoch > epoch)
            && !self.leaving.swap(true, Ordering::AcqRel)
        {
            tracing::error!(id = self.id, epoch, "another node has this name now; this one asks for no more calls");
        }
        *self.seen_lock() = Some(Seen { nodes, at: Instant::now() });
        Ok(())
    }

    /// Tells the cluster that it wants nothing new, and goes on giving signs of life for what it still has to finish.
    pub async fn drain(&self) {
        self.leaving.store(true, Ordering::Release);
        if let Err(error) = self.registry.beat(&self.record()).await {
            tracing::warn!(%error, "could not say that this node leaves; whoever calls it will find out");
        }
    }

    /// Leaves the cluster.
    pub async fn leave(&self) {
        if let Err(error) = self.registry.leave(&self.id, self.epoch.load(Ordering::Acquire)).await {
            tracing::warn!(%error, "could not say goodbye; the lease will end");
        }
    }

    /// Whether it wants calls.
    pub fn is_ready(&self) -> bool {
        !self.leaving.load(Ordering::Acquire) && !self.draining.load(Ordering::Acquire)
    }

    /// What it says about itself.
    pub fn record(&self) -> Record {
        let (in_flight, limit) = self.admission.load();
        let summary = self.summary();
        Record {
            id: self.id.clone(),
            epoch: self.epoch.load(Ordering::Acquire),
            address: self.address.lock().unwrap_or_else(PoisonError::into_inner).clone(),
            state: if self.is_ready() { State::Ready } else { State::Draining },
            in_flight: in_flight as u64,
            limit: limit as u64,
            queued: summary.queued,
            workers: summary.workers,
            answered: summary.answered,
            shed: summary.shed,
        }
    }

    /// What it has counted.
    pub fn summary(&self) -> Summary {
        let (in_flight, limit) = self.admission.load();
        let (answered, p50_ms, p99_ms) = self.metrics.latencies();
        let [cache_node, cache_cluster, cache_origin] = self.cache.counts();
        Summary {
            node: self.id.clone(),
            in_flight: in_flight as u64,
            limit: limit as u64,
            answered,
            shed: self.metrics.shed.load(Ordering::Relaxed),
            store_failures: self.metrics.store_failures.load(Ordering::Relaxed),
            queued: self.pool.queued() as u64,
            busy: self.pool.busy() as u64,
            workers: self.pool.workers() as u64,
            cache_node,
            cache_cluster,
            cache_origin,
            p50_ms,
            p99_ms,
            store_seen_seconds: self.seen().map(|seen| seen.at.elapsed().as_secs_f64()),
        }
    }

    /// The cluster, from the store, or as it was when that last answered.
    ///
    /// # Errors
    /// The store has never answered.
    pub async fn cluster(&self) -> Result<Seen, StoreError> {
        match self.registry.nodes().await {
            Ok(nodes) => {
                let seen = Seen { nodes, at: Instant::now() };
                *self.seen_lock() = Some(seen.clone());
                Ok(seen)
            }
            Err(error) => self.seen().ok_or(error),
        }
    }

    fn seen(&self) -> Option<Seen> {
        self.seen_lock().clone()
    }

    fn seen_lock(&self) -> MutexGuard<'_, Option<Seen>> {
        self.seen.lock().unwrap_or_else(PoisonError::into_inner)
    }
}
