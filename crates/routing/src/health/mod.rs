//! Health: which nodes are asked at all, and what becomes of a call that failed.
//!
//! Pure: outcomes and the time come from the caller. Active probes and calls of clients are outcomes alike.

mod breaker;
mod retry;

pub use self::{
    breaker::{Breaker, BreakerSettings, State},
    retry::{Backoff, RetryBudget},
};
