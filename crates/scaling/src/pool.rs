//! Work that keeps a processor busy: off the threads that serve requests, no more of it at a time than there are
//! workers, a bounded queue before them, and each tenant's turn.

use std::{
    collections::{HashMap, VecDeque},
    sync::{
        Arc, Mutex, MutexGuard, PoisonError,
        atomic::{AtomicBool, Ordering},
    },
};

use tokio::sync::oneshot;

/// Workers with a queue before them. Clones share both.
#[derive(Clone)]
pub struct Pool(Arc<Shared>);

struct Shared {
    workers: usize,
    room: usize,
    state: Mutex<Waiting>,
}

#[derive(Default)]
struct Waiting {
    busy: usize,
    queued: usize,
    /// Whose turn it is: each tenant that waits stands here once.
    turns: VecDeque<String>,
    of_tenant: HashMap<String, VecDeque<oneshot::Sender<Worker>>>,
}

/// Why work was not done.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum PoolError {
    /// As many wait as may.
    #[error("{0} pieces of work wait already")]
    Full(usize),
    /// It panicked. The cause is in the log.
    #[error("the work has failed")]
    Failed,
}

/// Tells work that nobody waits for it any more.
#[derive(Clone, Default)]
pub struct Stop(Arc<AtomicBool>);

impl Stop {
    /// True once its caller has gone.
    pub fn is_set(&self) -> bool {
        self.0.load(Ordering::Relaxed)
    }
}

impl Pool {
    /// `workers` pieces of work at a time, and `room` more that wait.
    pub fn new(workers: usize, room: usize) -> Self {
        Self(Arc::new(Shared { workers: workers.max(1), room, state: Mutex::default() }))
    }

    /// Does a piece of work when it is its tenant's turn. Dropping the future takes it out of the queue, or tells it to
    /// stop; its worker is free when it has.
    ///
    /// # Errors
    /// The queue is full, or the work panicked.
    pub async fn run<T: Send + 'static>(
        &self,
        tenant: &str,
        work: impl FnOnce(&Stop) -> T + Send + 'static,
    ) -> Result<T, PoolError> {
        // (2) A free worker, or a bounded wait for this tenant's turn.
        let worker = match self.0.enter(tenant)? {
            Ok(worker) => worker,
            Err(turn) => turn.await.map_err(|_| PoolError::Failed)?,
        };
        let stop = Stop::default();
        let _stopped = SetOnDrop(stop.clone());
        let working = tokio::task::spawn_blocking(move || {
            let _worker = worker;
            work(&stop)
        });
        working.await.map_err(|_| PoolError::Failed)
    }

    /// Pieces of work that wait.
    pub fn queued(&self) -> usize {
        self.0.state().queued
    }

    /// Workers that are busy.
    pub fn busy(&self) -> usize {
        self.0.state().busy
    }

    /// Workers.
    pub fn workers(&self) -> usize {
        self.0.workers
    }
}

impl Shared {
    fn state(&self) -> MutexGuard<'_, Waiting> {
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// A free worker, or a place in the queue.
    fn enter(self: &Arc<Self>, tenant: &str) -> Result<Result<Worker, oneshot::Receiver<Worker>>, PoolError> {
        let mut state = self.state();
        if state.busy < self.workers {
            state.busy += 1;
            return Ok(Ok(Worker(Some(self.clone()))));
        }
        if state.queued >= self.room {
            state.forget_the_gone();
            if state.queued >= self.room {
                return Err(PoolError::Full(self.room));
            }
        }
        let (turn, wait) = oneshot::channel();
        state.queued += 1;
        if !state.of_tenant.contains_key(tenant) {
            state.turns.push_back(tenant.to_owned());
        }
        state.of_tenant.entry(tenant.to_owned()).or_default().push_back(turn);
        Ok(Err(wait))
    }
}

impl Waiting {
    /// The next that waits: the tenants take turns, and each tenant's work keeps its order.
    fn next(&mut self) -> Option<oneshot::Sender<Worker>> {
        while let Some(tenant) = self.turns.pop_front() {
            let Some(waiting) = self.of_tenant.get_mut(&tenant) else { continue };
            let next = waiting.pop_front();
            self.queued -= usize::from(next.is_some());
            if waiting.is_empty() {
                self.of_tenant.remove(&tenant);
            } else {
                self.turns.push_back(tenant);
            }
            if let Some(next) = next.filter(|next| !next.is_closed()) {
                return Some(next);
            }
        }
        None
    }

    fn forget_the_gone(&mut self) {
        self.of_tenant.retain(|_, waiting| {
            waiting.retain(|turn| !turn.is_closed());
            !waiting.is_empty()
        });
        self.queued = self.of_tenant.values().map(VecDeque::len).sum();
        let waiting = &self.of_tenant;
        self.turns.retain(|tenant| waiting.contains_key(tenant));
    }
}

/// The right to keep one processor busy. Goes to the next in the queue when it is dropped.
struct Worker(Option<Arc<Shared>>);

impl Drop for Worker {
    fn drop(&mut self) {
        let Some(shared) = self.0.take() else { return };
        loop {
            let next = {
                let mut state = shared.state();
                let next = state.next();
                if next.is_none() {
                    state.busy -= 1;
                }
                next
            };
            let Some(next) = next else { return };
            match next.send(Worker(Some(shared.clone()))) {
                Ok(()) => return,
                // It has gone at this very moment: somebody else's turn, without a drop inside of a drop.
                Err(mut worker) => worker.0 = None,
            }
        }
    }
}

struct SetOnDrop(Stop);

impl Drop for SetOnDrop {
    fn drop(&mut self) {
        self.0.0.store(true, Ordering::Relaxed);
    }
}

#[cfg(test)]
mod tests {
    use std::{sync::mpsc, time::Duration};

    use super::*;

    /// A piece of work that says that it has begun, and ends when it is told to.
    fn held(pool: &Pool, tenant: &'static str) -> (tokio::task::JoinHandle<Result<(), PoolError>>, mpsc::Sender<()>) {
        let (end, ended) = mpsc::channel::<()>();
        let pool = pool.clone();
        let work = tokio::spawn(async move {
            pool.run(tenant, move |_| {
                let _ = ended.recv_timeout(Duration::from_secs(10));
            })
            .await
        });
        (work, end)
    }

    async fn until(holds: impl Fn() -> bool) {
        let waiting = async {
            while !holds() {
                tokio::task::yield_now().await;
            }
        };
        tokio::time::timeout(Duration::from_secs(10), waiting).await.expect("it comes true");
    }

    #[tokio::test]
    async fn tenants_take_turns() {
        let pool = Pool::new(1, 100);
        let (first, end) = held(&pool, "greedy");
        until(|| pool.busy() == 1).await;
        let order = Arc::new(Mutex::new(Vec::new()));
        let mut works = Vec::new();
        for tenant in ["greedy", "greedy", "greedy", "modest"] {
            let (pool, order, queued) = (pool.clone(), order.clone(), pool.queued());
            let waiting = pool.clone();
            works.push(tokio::spawn(async move {
                pool.run(tenant, move |_| order.lock().expect("a lock").push(tenant)).await
            }));
            until(|| waiting.queued() == queued + 1).await;
        }
        drop(end);
        assert_eq!(first.await.expect("joined"), Ok(()));
        for work in works {
            assert_eq!(work.await.expect("joined"), Ok(()));
        }
        assert_eq!(*order.lock().expect("a lock"), ["greedy", "modest", "greedy", "greedy"]);
        assert_eq!((pool.busy(), pool.queued()), (0, 0));
    }

    #[tokio::test]
    async fn the_queue_has_a_bound_and_forgets_who_has_gone() {
        let pool = Pool::new(1, 1);
        let (first, end) = held(&pool, "a");
        until(|| pool.busy() == 1).await;
        let (second, _end) = held(&pool, "a");
        until(|| pool.queued() == 1).await;
        assert_eq!(pool.run("b", |_| ()).await, Err(PoolError::Full(1)));
        second.abort();
        let _ = second.await;
        let third = tokio::spawn({
            let pool = pool.clone();
            async move { pool.run("b", |_| 7).await }
        });
        drop(end);
        assert_eq!(first.await.expect("joined"), Ok(()));
        assert_eq!(third.await.expect("joined"), Ok(7));
        until(|| pool.busy() == 0 && pool.queued() == 0).await;
    }

    #[tokio::test]
    async fn work_that_nobody_waits_for_is_told_to_stop() {
        let pool = Pool::new(1, 1);
        let endless = pool.run("a", |stop| {
            while !stop.is_set() {
                std::thread::yield_now();
            }
        });
        assert!(tokio::time::timeout(Duration::from_millis(20), endless).await.is_err());
        until(|| pool.busy() == 0).await;
        assert_eq!(pool.run("a", |_| 1).await, Ok(1));
    }
}
