//! Heavy computation beside the protocol: on threads of its own, a few at a time, with progress and cancellation.

use std::sync::{
    Arc,
    atomic::{AtomicBool, AtomicU64, Ordering},
};
use std::time::Duration;

use mcp_support::progress::Progress;
use rmcp::{RoleServer, service::RequestContext};
use tokio::sync::Semaphore;

use crate::{error::MediaError, watch::Watch};

/// How often progress is looked at.
const LOOK: Duration = Duration::from_millis(100);

/// Calls that may wait for a thread; each holds its input in memory.
const QUEUE: usize = 64;

/// Threads for computation. Clones share them.
#[derive(Clone)]
pub struct Workers {
    places: Arc<Semaphore>,
    light: Arc<Semaphore>,
    queue: Arc<Semaphore>,
}

impl Default for Workers {
    fn default() -> Self {
        let cores = std::thread::available_parallelism().map_or(2, std::num::NonZero::get);
        Self {
            places: Arc::new(Semaphore::new(cores)),
            light: Arc::new(Semaphore::new(cores)),
            queue: Arc::new(Semaphore::new(QUEUE + cores)),
        }
    }
}

impl Workers {
    /// Runs `work` when there is a place, and tells the client how far it is. When the call is cancelled or gone, the
    /// work stops at its next step.
    ///
    /// # Errors
    /// What `work` says, or that it was cancelled.
    pub async fn run<T: Send + 'static>(
        &self,
        context: &RequestContext<RoleServer>,
        doing: &'static str,
        work: impl FnOnce(&dyn Watch) -> Result<T, MediaError> + Send + 'static,
    ) -> Result<T, MediaError> {
        self.run_on(&self.places, context, doing, work).await
    }

    /// The same for work that takes a moment: it does not queue behind work that takes long.
    ///
    /// # Errors
    /// As [`Workers::run`].
    pub async fn run_light<T: Send + 'static>(
        &self,
        context: &RequestContext<RoleServer>,
        doing: &'static str,
        work: impl FnOnce(&dyn Watch) -> Result<T, MediaError> + Send + 'static,
    ) -> Result<T, MediaError> {
        self.run_on(&self.light, context, doing, work).await
    }

    async fn run_on<T: Send + 'static>(
        &self,
        places: &Arc<Semaphore>,
        context: &RequestContext<RoleServer>,
        doing: &'static str,
        work: impl FnOnce(&dyn Watch) -> Result<T, MediaError> + Send + 'static,
    ) -> Result<T, MediaError> {
        let Ok(_waiting) = self.queue.try_acquire() else {
            return Err(MediaError::Engine {
                engine: doing.to_owned(),
                reason: format!("{QUEUE} other computations are waiting"),
                hint: "call again in a few seconds".to_owned(),
            });
        };
        let place = places.clone().acquire_owned().await.map_err(|_| MediaError::Cancelled)?;
        let gauge = Arc::new(Gauge::default());
        // Dropped with this future, whether the call ends, times out, or its client goes.
        let _stop = Stop(gauge.clone());
        let watched = gauge.clone();
        let mut working = tokio::task::spawn_blocking(move || {
            let result = work(watched.as_ref());
            // The place is free when the thread is, not when nobody waits any more.
            drop(place);
            result
        });
        let progress = Progress::new(context);
        let mut last = (0, 0);
        loop {
            tokio::select! {
                finished = &mut working => {
                    return finished.unwrap_or_else(|error| {
                        tracing::error!(%error, doing, "computation panicked");
                        Err(MediaError::Engine {
                            engine: doing.to_owned(),
                            reason: "internal error".to_owned(),
                            hint: "try another input".to_owned(),
                        })
                    });
                }
                () = tokio::time::sleep(LOOK) => {
                    // A report moves the call's deadline, so work that stands still must not report.
                    let now = gauge.read();
                    if now != std::mem::replace(&mut last, now) {
                        progress.report(now.0 as f64, now.1 as f64, doing).await;
                    }
                }
            }
        }
    }
}

#[derive(Default)]
struct Gauge {
    done: AtomicU64,
    total: AtomicU64,
    stop: AtomicBool,
}

impl Gauge {
    fn read(&self) -> (u64, u64) {
        (self.done.load(Ordering::Relaxed), self.total.load(Ordering::Relaxed))
    }
}

impl Watch for Gauge {
    fn step(&self, done: u64, total: u64) -> Result<(), MediaError> {
        if self.stop.load(Ordering::Relaxed) {
            return Err(MediaError::Cancelled);
        }
        self.done.store(done, Ordering::Relaxed);
        self.total.store(total, Ordering::Relaxed);
        Ok(())
    }
}

struct Stop(Arc<Gauge>);

impl Drop for Stop {
    fn drop(&mut self) {
        self.0.stop.store(true, Ordering::Relaxed);
    }
}
