//! A cache in two tiers, this process and the store, that asks its origin once however many miss at a time.

mod local;

use std::{
    collections::HashMap,
    sync::{
        Arc, Mutex, MutexGuard, PoisonError,
        atomic::{AtomicU64, Ordering},
    },
    time::{Duration, SystemTime, UNIX_EPOCH},
};

use rand::RngExt;
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};
use tokio::time::Instant;

use self::local::Local;
use crate::store::Store;

/// Values in this process.
const ROOM: usize = 10_000;
/// Whoever computes a value for the cluster is given up on after this long.
const FLIGHT: Duration = Duration::from_secs(3);
/// How often the others look whether it is there.
const LOOK: Duration = Duration::from_millis(25);
/// Ends differ by up to this share, so that what was cached together does not end together.
const JITTER: f64 = 0.1;

/// Who may see a value.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Scope<'a> {
    /// Everybody: kept in both tiers.
    Shared,
    /// One owner: kept in this process only, under the owner's name.
    Private(&'a str),
}

/// Where a value came from.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, JsonSchema)]
#[serde(rename_all = "snake_case")]
pub enum Source {
    /// The tier in this process.
    Node,
    /// The tier in the store.
    Cluster,
    /// It was computed for this call.
    Origin,
}

/// The cache.
pub struct Cache {
    store: Arc<dyn Store>,
    local: Mutex<Local>,
    flights: Mutex<HashMap<String, Arc<tokio::sync::Mutex<()>>>>,
    ttl: Duration,
    counts: [AtomicU64; 3],
}

/// What stands in the store. The end is the same for every node that copies it.
#[derive(Serialize, Deserialize)]
struct Shared {
    end_millis: u64,
    value: String,
}

impl Cache {
    /// A cache whose values end after about `ttl`; of none at all, it keeps nothing.
    pub fn new(store: Arc<dyn Store>, ttl: Duration) -> Self {
        Self { store, local: Mutex::new(Local::new(ROOM)), flights: Mutex::default(), ttl, counts: Default::default() }
    }

    /// The value of a key, computed where no tier has it. A store that is gone costs a tier, not the answer.
    ///
    /// # Errors
    /// It was computed, and that failed; nothing is kept then.
    pub async fn get<E>(
        &self,
        key: &str,
        scope: Scope<'_>,
        compute: impl Future<Output = Result<String, E>>,
    ) -> Result<(String, Source), E> {
        let key = match scope {
            Scope::Shared => format!("cache:{key}"),
            // The owner's length keeps one owner's name from being the beginning of another's key.
            Scope::Private(owner) => format!("private:{}:{owner}:{key}", owner.len()),
        };
        let found = self.find(&key, scope, compute).await?;
        self.counts[found.1 as usize].fetch_add(1, Ordering::Relaxed);
        Ok(found)
    }

    async fn find<E>(
        &self,
        key: &str,
        scope: Scope<'_>,
        compute: impl Future<Output = Result<String, E>>,
    ) -> Result<(String, Source), E> {
        if self.ttl.is_zero() {
            return Ok((compute.await?, Source::Origin));
        }
        if let Some(value) = self.local().get(key) {
            return Ok((value.to_owned(), Source::Node));
        }
        // (3) One at a time for each key: whoever waited finds what the first has found. If that one goes, the next is first.
        let flight = Flight::new(self, key);
        let _first = flight.turn.lock().await;
        if let Some(value) = self.local().get(key) {
            return Ok((value.to_owned(), Source::Node));
        }
        if scope != Scope::Shared {
            let value = compute.await?;
            self.local().put(key, &value, Instant::now() + self.jittered());
            return Ok((value, Source::Origin));
        }
        if let Some(value) = self.in_cluster(key).await {
            return Ok((value, Source::Cluster));
        }
        let landing = Landing { store: &self.store, flight: Some(format!("flight:{key}")) };
        let computed = compute.await;
        if let Ok(value) = &computed {
            self.publish(key, value).await;
        }
        landing.now().await;
        Ok((computed?, Source::Origin))
    }

    /// The value in the store, waiting for the node that computes it right now; none means that it is this node's turn.
    async fn in_cluster(&self, key: &str) -> Option<String> {
        let began = Instant::now();
        loop {
            if let Some(value) = self.copy(key).await? {
                return Some(value);
            }
            let mine = self.store.set_new(&format!("flight:{key}"), "", FLIGHT).await.unwrap_or(true);
            if mine || began.elapsed() > FLIGHT {
                // Somebody may have published it between the two commands.
                return self.copy(key).await.flatten();
            }
            tokio::time::sleep(LOOK).await;
        }
    }

    /// Copies a value from the store; the outer none is a store that is gone.
    async fn copy(&self, key: &str) -> Option<Option<String>> {
        let text = self.store.get(key).await.ok()?;
        let Some(shared) = text.and_then(|text| serde_json::from_str::<Shared>(&text).ok()) else { return Some(None) };
        let left = Duration::from_millis(shared.end_millis.saturating_sub(now_millis())).min(2 * self.ttl);
        self.local().put(key, &shared.value, Instant::now() + left);
        Some(Some(shared.value))
    }

    async fn publish(&self, key: &str, value: &str) {
        let ttl = self.jittered();
        self.local().put(key, value, Instant::now() + ttl);
        let shared =
            Shared { end_millis: now_millis() + u64::try_from(ttl.as_millis()).unwrap_or(0), value: value.to_owned() };
        let Ok(text) = serde_json::to_string(&shared) else { return };
        if let Err(error) = self.store.set(key, &text, ttl).await {
            tracing::debug!(%error, "a value is known to this node only");
        }
    }

    fn jittered(&self) -> Duration {
        self.ttl.mul_f64(rand::rng().random_range(1.0 - JITTER..=1.0))
    }

    fn local(&self) -> MutexGuard<'_, Local> {
        self.local.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// How many answers came from this process, from the store, and from the origin.
    pub fn counts(&self) -> [u64; 3] {
        [0, 1, 2].map(|at: usize| self.counts[at].load(Ordering::Relaxed))
    }

    /// Values in this process.
    pub fn kept(&self) -> usize {
        self.local().len()
    }
}

fn now_millis() -> u64 {
    let now = SystemTime::now().duration_since(UNIX_EPOCH).unwrap_or_default();
    u64::try_from(now.as_millis()).unwrap_or(u64::MAX)
}

/// A key's place in the table of flights, which is empty when nobody flies.
struct Flight<'a> {
    cache: &'a Cache,
    key: &'a str,
    turn: Arc<tokio::sync::Mutex<()>>,
}

impl<'a> Flight<'a> {
    fn new(cache: &'a Cache, key: &'a str) -> Self {
        let mut flights = cache.flights.lock().unwrap_or_else(PoisonError::into_inner);
        let turn = flights.entry(key.to_owned()).or_default().clone();
        Self { cache, key, turn }
    }
}

impl Drop for Flight<'_> {
    fn drop(&mut self) {
        let mut flights = self.cache.flights.lock().unwrap_or_else(PoisonError::into_inner);
        // This one's and the table's own.
        if flights.get(self.key).is_some_and(|turn| Arc::strong_count(turn) <= 2) {
            flights.remove(self.key);
        }
    }
}

/// The end of a flight in the store, without which other nodes wait until it ends by itself. It comes too when the caller
/// for whom the value was computed has gone.
struct Landing<'a> {
    store: &'a Arc<dyn Store>,
    flight: Option<String>,
}

impl Landing<'_> {
    async fn now(mut self) {
        if let Some(flight) = &self.flight {
            // A store that is gone has nobody who waits.
            let _ = self.store.delete(flight).await;
        }
        self.flight = None;
    }
}

impl Drop for Landing<'_> {
    fn drop(&mut self) {
        let Some(flight) = self.flight.take() else { return };
        let store = self.store.clone();
        if let Ok(runtime) = tokio::runtime::Handle::try_current() {
            // The store's own deadline ends it.
            runtime.spawn(async move {
                let _ = store.delete(&flight).await;
            });
        }
    }
}

#[cfg(test)]
mod tests;
