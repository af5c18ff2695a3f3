//! How long work reports where it is, and learns that nobody wants its answer any more.

use crate::error::MediaError;

/// Handed to every function that can take longer than a moment.
pub trait Watch: Sync {
    /// Reports `done` of `total` units. Returns [`MediaError::Cancelled`] when the work should stop; call it at least
    /// a few times a second.
    fn step(&self, done: u64, total: u64) -> Result<(), MediaError>;
}

/// Nobody watches: for tests and short work.
#[derive(Debug, Clone, Copy)]
pub struct Unwatched;

impl Watch for Unwatched {
    fn step(&self, _done: u64, _total: u64) -> Result<(), MediaError> {
        Ok(())
    }
}
