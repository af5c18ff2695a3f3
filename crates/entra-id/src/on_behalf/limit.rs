//! Entra asks one caller for patience, and nobody asks until then.

use std::{
    sync::{Mutex, PoisonError},
    time::Duration,
};

use tokio::time::Instant;

use crate::failure::EntraError;

/// The longest that is waited without asking.
const MOST: u64 = 300;

/// Until when nobody asks.
#[derive(Default)]
pub(super) struct Limit(Mutex<Option<Instant>>);

impl Limit {
    /// An error while the limit holds.
    pub(super) fn check(&self) -> Result<(), EntraError> {
        let until = *self.0.lock().unwrap_or_else(PoisonError::into_inner);
        let left = until.map(|until| until.saturating_duration_since(Instant::now())).unwrap_or_default();
        if left.is_zero() { Ok(()) } else { Err(EntraError::Busy(left.as_secs().max(1))) }
    }

    /// Remembers what Entra has said, if that was a limit.
    pub(super) fn hear(&self, error: &EntraError) {
        if let EntraError::Busy(seconds) = error {
            let until = Instant::now() + Duration::from_secs((*seconds).min(MOST));
            *self.0.lock().unwrap_or_else(PoisonError::into_inner) = Some(until);
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[tokio::test(start_paused = true)]
    async fn holds_as_long_as_entra_said_and_no_longer() {
        let limit = Limit::default();
        limit.hear(&EntraError::Unavailable("x".to_owned()));
        assert_eq!(limit.check(), Ok(()));
        limit.hear(&EntraError::Busy(7));
        assert_eq!(limit.check(), Err(EntraError::Busy(7)));
        tokio::time::advance(Duration::from_secs(8)).await;
        assert_eq!(limit.check(), Ok(()));
        limit.hear(&EntraError::Busy(u64::MAX));
        tokio::time::advance(Duration::from_secs(MOST)).await;
        assert_eq!(limit.check(), Ok(()));
    }
}
