//! One caller is told to wait, and all wait: whoever comes while a limit holds does not ask at all.

use std::{
    collections::HashMap,
    sync::{Mutex, PoisonError},
    time::Duration,
};

use tokio::{
    sync::{Semaphore, SemaphorePermit},
    time::Instant,
};

/// Requests to Graph at a time. When a limit ends, no more than these come back at once.
const PLACES: usize = 16;
/// How long one waits for a place.
const PATIENCE: Duration = Duration::from_secs(15);
/// Limits that are remembered.
const MOST: usize = 4096;

/// The limits that hold right now, by who shares them.
#[derive(Debug)]
pub(super) struct Gate {
    closed: Mutex<HashMap<String, Instant>>,
    places: Semaphore,
}

impl Default for Gate {
    fn default() -> Self {
        Self { closed: Mutex::default(), places: Semaphore::new(PLACES) }
    }
}

impl Gate {
    /// A place among the requests that are under way; or how long nobody may ask.
    pub(super) async fn enter(&self, shared: &str) -> Result<Option<SemaphorePermit<'_>>, Duration> {
        self.check(shared)?;
        let place = tokio::time::timeout(PATIENCE, self.places.acquire()).await.map_err(|_| PATIENCE)?.ok();
        // While waiting for a place, another may have been told to wait.
        self.check(shared).map(|()| place)
    }

    /// Nobody who shares this limit asks for as long as this.
    pub(super) fn close(&self, shared: &str, wait: Duration) {
        let until = Instant::now() + wait;
        let mut closed = self.closed.lock().unwrap_or_else(PoisonError::into_inner);
        if closed.len() >= MOST {
            closed.retain(|_, until| *until > Instant::now());
        }
        if closed.len() < MOST || closed.contains_key(shared) {
            let known = closed.entry(shared.to_owned()).or_insert(until);
            *known = until.max(*known);
        }
    }

    fn check(&self, shared: &str) -> Result<(), Duration> {
        let closed = self.closed.lock().unwrap_or_else(PoisonError::into_inner);
        let left = closed.get(shared).map(|until| until.saturating_duration_since(Instant::now()));
        left.filter(|left| !left.is_zero()).map_or(Ok(()), Err)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[tokio::test(start_paused = true)]
    async fn a_limit_holds_for_all_who_share_it_and_ends() {
        let gate = Gate::default();
        assert!(gate.enter("a").await.is_ok());
        gate.close("a", Duration::from_secs(3));
        gate.close("a", Duration::from_secs(1));
        assert_eq!(gate.enter("a").await.err(), Some(Duration::from_secs(3)), "the longer one counts");
        assert!(gate.enter("b").await.is_ok(), "others have limits of their own");
        tokio::time::advance(Duration::from_secs(4)).await;
        assert!(gate.enter("a").await.is_ok());
    }
}
