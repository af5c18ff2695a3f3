//! A node: its connection, which is opened again whenever it is lost, its health, and what it offers.

mod keep;

use std::{
    sync::{
        Arc, Mutex, MutexGuard, PoisonError,
        atomic::{AtomicUsize, Ordering},
    },
    time::Duration,
};

use mcp_support::client::Revision;
use rmcp::{ErrorData, service::ServiceError};
use tokio::time::Instant;

use super::{
    config::{GatewaySettings, Mount, NodeSettings},
    connection::Connection,
    lists::Offered,
    request::Kind,
    straight::Pool,
};
use crate::{
    health::{Breaker, State},
    strategy::PeakEwma,
};

/// A node. Shared by whoever chooses nodes, and by the task that keeps it.
pub(super) struct Node {
    pub(super) settings: NodeSettings,
    /// Name of its mount.
    pub(super) mount: String,
    /// Whether names stay as they are.
    pub(super) bare: bool,
    began: Instant,
    in_flight: AtomicUsize,
    /// Connections of the straight way, to a node where there is one.
    pool: Option<Pool>,
    inner: Mutex<Inner>,
}

struct Inner {
    connection: Option<Arc<Connection>>,
    offered: Arc<Offered>,
    breaker: Breaker,
    latency: Option<PeakEwma>,
    drained: bool,
    stats: Stats,
}

/// What has become of the calls to a node.
#[derive(Debug, Clone, Default, PartialEq)]
pub(super) struct Stats {
    pub(super) calls: u64,
    pub(super) failures: u64,
    /// Connections that were opened.
    pub(super) connections: u64,
    /// Why the last one was lost, or could not be opened.
    pub(super) last_error: Option<String>,
}

/// A node as a report shows it, all of one moment.
pub(super) struct Look {
    pub(super) state: State,
    pub(super) connected: Option<Revision>,
    pub(super) drained: bool,
    pub(super) in_flight: usize,
    pub(super) latency: Option<f64>,
    pub(super) stats: Stats,
}

/// How a call ended, for the node's health.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Ended {
    /// With an answer, even one that says no.
    Answered,
    /// Through the node's fault: no answer, or none in time.
    Failed,
    /// Without telling anything about the node.
    Cancelled,
}

/// A place among the node's calls. Its end has to be told; dropping it means that the call was cancelled.
pub(super) struct Place {
    pub(super) node: Arc<Node>,
    pub(super) connection: Arc<Connection>,
    began: Instant,
    ended: bool,
}

impl Place {
    pub(super) fn end(mut self, ended: Ended) {
        self.note(ended);
    }

    /// Waits for the answer to what is asked once, at most for `patience`. The error names `who` did not answer.
    pub(super) async fn ask<T>(
        self,
        who: &str,
        asking: impl Future<Output = Result<T, ServiceError>>,
        patience: Duration,
    ) -> Result<T, ErrorData> {
        let (ended, answer) = match tokio::time::timeout(patience, asking).await {
            Ok(Ok(answer)) => (Ended::Answered, Ok(answer)),
            Ok(Err(ServiceError::McpError(error))) => (Ended::Answered, Err(error)),
            _ => (Ended::Failed, Err(ErrorData::internal_error(format!("{who} did not answer"), None))),
        };
        self.end(ended);
        answer
    }

    fn note(&mut self, ended: Ended) {
        if std::mem::replace(&mut self.ended, true) {
            return;
        }
        self.node.in_flight.fetch_sub(1, Ordering::Relaxed);
        let now = self.node.now();
        let mut inner = self.node.lock();
        inner.stats.calls += 1;
        match ended {
            Ended::Answered => {
                inner.breaker.succeeded(now);
                let took = self.began.elapsed();
                match &mut inner.latency {
                    Some(latency) => latency.add(took, now),
                    none => *none = Some(PeakEwma::new(took, now)),
                }
            }
            Ended::Failed => {
                inner.stats.failures += 1;
                inner.breaker.failed(now);
            }
            Ended::Cancelled => inner.breaker.ended(now),
        }
    }
}

impl Drop for Place {
    fn drop(&mut self) {
        self.note(Ended::Cancelled);
    }
}

impl Node {
    pub(super) fn new(settings: NodeSettings, mount: &Mount, gateway: &GatewaySettings) -> Arc<Self> {
        let inner = Inner {
            connection: None,
            offered: Arc::default(),
            breaker: Breaker::new(gateway.breaker),
            latency: None,
            drained: false,
            stats: Stats::default(),
        };
        let (mount, bare) = (mount.name.clone(), mount.bare);
        let pool = settings.url.as_ref().and_then(Pool::new);
        Arc::new(Self {
            pool,
            settings,
            mount,
            bare,
            began: Instant::now(),
            in_flight: AtomicUsize::new(0),
            inner: Mutex::new(inner),
        })
    }

    fn lock(&self) -> MutexGuard<'_, Inner> {
        self.inner.lock().unwrap_or_else(PoisonError::into_inner)
    }

    fn now(&self) -> Duration {
        self.began.elapsed()
    }

    pub(super) fn offered(&self) -> Arc<Offered> {
        Arc::clone(&self.lock().offered)
    }

    /// Connections of the straight way; none while the node speaks 2025-11-25, or where it needs more.
    pub(super) fn pool(&self) -> Option<&Pool> {
        let legacy = self.lock().connection.as_ref().is_some_and(|open| open.revision == Revision::Legacy);
        self.pool.as_ref().filter(|_| !legacy)
    }

    pub(super) fn in_flight(&self) -> usize {
        self.in_flight.load(Ordering::Relaxed)
    }

    /// Seconds that an answer takes.
    pub(super) fn latency(&self) -> Option<f64> {
        self.lock().latency.map(|latency| latency.seconds(self.now()))
    }

    pub(super) fn look(&self) -> Look {
        let inner = self.lock();
        Look {
            state: inner.breaker.state(self.now()),
            connected: inner.connection.as_ref().map(|connection| connection.revision),
            drained: inner.drained,
            in_flight: self.in_flight(),
            latency: inner.latency.map(|latency| latency.seconds(self.now())),
            stats: inner.stats.clone(),
        }
    }

    /// Takes a node out, or lets it in again. Calls in flight go on.
    pub(super) fn drain(&self, drained: bool) {
        self.lock().drained = drained;
    }

    /// Why the node gets no call now; none when it may get one.
    pub(super) fn refuses(&self) -> Option<&'static str> {
        let inner = self.lock();
        if inner.drained {
            Some("drained")
        } else if inner.connection.as_ref().is_none_or(|connection| connection.is_closed()) {
            Some("not connected")
        } else if !inner.breaker.would_admit(self.now()) {
            Some("ejected after failures")
        } else if self.in_flight() >= self.settings.max_in_flight {
            Some("has as many calls as it may")
        } else {
            None
        }
    }

    /// A place for a call, if the node still takes one.
    pub(super) fn admit(self: &Arc<Self>) -> Option<Place> {
        if self.refuses().is_some() {
            return None;
        }
        let connection = {
            let mut inner = self.lock();
            let now = self.now();
            let connection = inner.connection.clone()?;
            inner.breaker.admit(now).then_some(connection)?
        };
        self.in_flight.fetch_add(1, Ordering::Relaxed);
        Some(Place { node: Arc::clone(self), connection, began: Instant::now(), ended: false })
    }

    /// Whether the node has what a call names, as far as it has said.
    pub(super) fn has(&self, kind: Kind, name: &str) -> bool {
        let offered = self.offered();
        match kind {
            Kind::Tool => offered.tools.iter().any(|tool| tool.name == name),
            Kind::Prompt => offered.prompts.iter().any(|prompt| prompt.name == name),
            // Templates stand for any number of resources, and a server may have some that it does not list.
            Kind::Resource => !(offered.resources.is_empty() && offered.templates.is_empty()),
        }
    }

    /// Gets no more calls, and closes its connection once the last one has ended.
    pub(super) fn leave(&self) {
        let mut inner = self.lock();
        inner.drained = true;
        inner.connection = None;
    }
}
