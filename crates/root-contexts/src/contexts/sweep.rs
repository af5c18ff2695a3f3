//! Archiving by itself: a small task that writes down, now and then, which contexts have been idle for long enough.
//! They count as archived from that moment on, with or without it; it tells who watches.

use std::time::Duration;

use tokio::task::JoinHandle;

use super::Contexts;

/// Pause between two sweeps.
const PAUSE: Duration = Duration::from_secs(3600);
/// Contexts that one step archives, so that no writer waits long for it.
const STEP: u32 = 100;
/// Steps of one sweep.
const STEPS: usize = 100;

/// The task. It ends when this is dropped.
#[derive(Debug)]
pub struct Sweep(JoinHandle<()>);

impl Sweep {
    /// Starts it; `archived` hears of each context. Needs a runtime.
    pub fn start(contexts: Contexts, archived: impl Fn(&str) + Send + Sync + 'static) -> Self {
        Self(tokio::spawn(async move {
            let mut pause = tokio::time::interval(PAUSE);
            pause.set_missed_tick_behavior(tokio::time::MissedTickBehavior::Delay);
            loop {
                pause.tick().await;
                if let Err(error) = once(&contexts, &archived).await {
                    tracing::warn!(%error, "idle contexts were not archived");
                }
            }
        }))
    }
}

impl Drop for Sweep {
    fn drop(&mut self) {
        self.0.abort();
    }
}

async fn once(contexts: &Contexts, archived: &impl Fn(&str)) -> Result<(), super::error::ContextError> {
    for _ in 0..STEPS {
        let ids = contexts.archive_idle(STEP).await?;
        ids.iter().for_each(|id| archived(id));
        if ids.len() < STEP as usize {
            break;
        }
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use std::sync::Arc;

    use super::*;
    use crate::contexts::{Change, DAY_MS, Limits, clock::ManualClock, secrets::Keys};

    #[tokio::test]
    async fn archives_all_that_is_idle_and_ends_with_its_owner() {
        let folder = tempfile::tempdir().expect("a folder");
        let clock = Arc::new(ManualClock::at(0));
        let contexts = Contexts::open(folder.path(), Keys::default(), clock.clone(), Limits::default()).expect("opens");
        for number in 0..STEP + 5 {
            contexts.create("ann", &number.to_string(), 50, Change::default()).await.expect("makes one");
        }
        clock.advance(30 * DAY_MS);
        let (sender, mut heard) = tokio::sync::mpsc::unbounded_channel();
        let sweep = Sweep::start(contexts, move |id| drop(sender.send(id.to_owned())));
        for _ in 0..STEP + 5 {
            let next = tokio::time::timeout(Duration::from_secs(30), heard.recv()).await.expect("in time");
            assert!(next.is_some());
        }
        drop(sweep);
        let end = tokio::time::timeout(Duration::from_secs(30), heard.recv()).await.expect("in time");
        assert_eq!(end, None, "the task is gone, and its sender with it");
    }
}
