//! A deadline that progress moves.

use std::{
    sync::{Arc, Mutex},
    time::Duration,
};

use tokio::time::{Instant, sleep_until};

/// When a call has to be over. Found in the extensions of its request.
#[derive(Debug, Clone)]
pub struct Deadline(Arc<Inner>);

#[derive(Debug)]
struct Inner {
    patience: Duration,
    next: Mutex<Instant>,
    total: Duration,
    last: Instant,
}

impl Deadline {
    /// Passes after `patience` without a [`reset`](Self::reset), and after `total` in any case.
    pub fn new(patience: Duration, total: Duration) -> Self {
        let now = Instant::now();
        Self(Arc::new(Inner { patience, next: Mutex::new(now + patience), total, last: now + total }))
    }

    /// The call has moved: it gets its full patience again.
    pub fn reset(&self) {
        self.extend(self.0.patience);
    }

    /// The call waits for something that may take `wait`, such as a person: that time does not count against it.
    pub fn extend(&self, wait: Duration) {
        if let Ok(mut next) = self.0.next.lock() {
            *next = (*next).max(Instant::now() + wait);
        }
    }

    /// Completes when the deadline has passed, with the limit that it was: the patience, or the total.
    pub(super) async fn passed(&self) -> Duration {
        loop {
            let next = self.0.next.lock().map_or(self.0.last, |next| *next);
            if Instant::now() >= next.min(self.0.last) {
                return if next < self.0.last { self.0.patience } else { self.0.total };
            }
            let next = next.min(self.0.last);
            sleep_until(next).await;
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[tokio::test(start_paused = true)]
    async fn passes_after_patience_and_total() {
        let start = Instant::now();
        let deadline = Deadline::new(Duration::from_secs(10), Duration::from_secs(25));
        let moving = deadline.clone();
        tokio::spawn(async move {
            loop {
                tokio::time::sleep(Duration::from_secs(8)).await;
                moving.reset();
            }
        });
        deadline.passed().await;
        assert_eq!(start.elapsed().as_secs(), 25, "progress moves the deadline, but not past the total");

        let start = Instant::now();
        Deadline::new(Duration::from_secs(10), Duration::from_secs(25)).passed().await;
        assert_eq!(start.elapsed().as_secs(), 10);
    }
}
