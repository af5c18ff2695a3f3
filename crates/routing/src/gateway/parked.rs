//! Calls that wait for an answer of their client.
//!
//! A node that speaks 2025-11-25 asks in the middle of a call, and its call stays open. A client that speaks 2026-07-28 is
//! asked by ending its request, and comes back with a new one. In between, the call is parked here.

use std::{
    collections::HashMap,
    sync::{Mutex, MutexGuard, PoisonError},
    time::Duration,
};

use mcp_support::ask::PATIENCE;
use rand::RngExt;
use rmcp::ErrorData;
use serde_json::Value;
use tokio::{sync::oneshot, time::Instant};

use super::{connection::Running, node::Place};

/// Calls that may wait at a time.
const MOST: usize = 1000;

/// A parked call.
pub(super) struct Parked {
    pub(super) running: Running,
    pub(super) place: Place,
    pub(super) reply: oneshot::Sender<Result<Value, ErrorData>>,
}

/// All parked calls.
#[derive(Default)]
pub(super) struct Parking(Mutex<HashMap<String, (Instant, Parked)>>);

impl Parking {
    /// Parks a call, and returns its number; none when too many wait.
    pub(super) fn park(&self, parked: Parked) -> Option<String> {
        let number = format!("{:032x}", rand::rng().random::<u128>());
        let mut all = self.lock();
        if all.len() >= MOST {
            return None;
        }
        all.insert(number.clone(), (Instant::now() + PATIENCE, parked));
        Some(number)
    }

    /// Takes a call out: an answer is good once.
    pub(super) fn take(&self, number: &str) -> Option<Parked> {
        self.lock().remove(number).map(|(_, parked)| parked)
    }

    /// Gives up calls whose clients have not come back, for as long as the task lives.
    pub(super) async fn sweep(&self) {
        loop {
            tokio::time::sleep(Duration::from_secs(5)).await;
            let now = Instant::now();
            self.lock().retain(|_, (until, _)| *until > now);
        }
    }

    fn lock(&self) -> MutexGuard<'_, HashMap<String, (Instant, Parked)>> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }
}
