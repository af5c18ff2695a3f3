//! How many requests each app may send, and what a test makes go wrong on purpose.

use std::{
    collections::HashMap,
    sync::{Mutex, MutexGuard, PoisonError},
};

use axum::http::StatusCode;

use super::error::GraphError;

/// Requests are counted over so many seconds.
const WINDOW_SECONDS: i64 = 10;

/// Counts.
pub(in super::super) struct Throttle {
    most: u32,
    state: Mutex<State>,
}

#[derive(Default)]
struct State {
    /// Requests of an app in a tenant, and when the count is over. As many as there are apps and tenants.
    windows: HashMap<(&'static str, String), (u32, i64)>,
    /// What the next requests get instead of an answer.
    ordered: Option<Ordered>,
    served: u64,
}

/// Refusals on demand.
#[derive(Debug, Clone)]
pub(in super::super) struct Ordered {
    pub(in super::super) requests: u32,
    pub(in super::super) status: u16,
    pub(in super::super) retry_after: Option<i64>,
}

impl Throttle {
    pub(in super::super) fn new(most: u32) -> Self {
        Self { most, state: Mutex::default() }
    }

    /// Refuses the next requests.
    pub(in super::super) fn order(&self, ordered: Ordered) {
        self.lock().ordered = Some(ordered);
    }

    /// Requests that have come so far, refused ones too.
    pub(in super::super) fn requests(&self) -> u64 {
        self.lock().served
    }

    /// Counts a request.
    pub(super) fn count(&self, tenant: &'static str, app: &str, now: i64) -> Result<(), GraphError> {
        let mut state = self.lock();
        state.served += 1;
        if let Some(ordered) = &mut state.ordered
            && ordered.requests > 0
        {
            ordered.requests -= 1;
            return Err(refusal(ordered.status, ordered.retry_after));
        }
        let window = state.windows.entry((tenant, app.to_owned())).or_insert((0, now + WINDOW_SECONDS));
        if window.1 <= now {
            *window = (0, now + WINDOW_SECONDS);
        }
        window.0 += 1;
        if window.0 > self.most { Err(refusal(429, Some(window.1 - now))) } else { Ok(()) }
    }

    fn lock(&self) -> MutexGuard<'_, State> {
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

fn refusal(status: u16, retry_after: Option<i64>) -> GraphError {
    let (code, message) = match status {
        429 => ("TooManyRequests", "Too many requests."),
        503 => ("ServiceUnavailable", "The service is temporarily unavailable."),
        504 => ("GatewayTimeout", "The gateway has waited for too long."),
        _ => ("GeneralException", "General exception while processing."),
    };
    let status = StatusCode::from_u16(status).unwrap_or(StatusCode::INTERNAL_SERVER_ERROR);
    GraphError { retry_after, ..GraphError::new(status, code, message) }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_window_is_full_and_then_over() {
        let throttle = Throttle::new(2);
        assert!(throttle.count("t", "a", 0).is_ok() && throttle.count("t", "a", 1).is_ok());
        let error = throttle.count("t", "a", 4).expect_err("too many");
        assert_eq!((error.status.as_u16(), error.retry_after), (429, Some(6)));
        assert!(throttle.count("t", "b", 4).is_ok(), "each app has its own");
        assert!(throttle.count("t", "a", 10).is_ok());
        throttle.order(Ordered { requests: 1, status: 503, retry_after: None });
        assert_eq!(throttle.count("t", "b", 4).expect_err("ordered").status.as_u16(), 503);
        assert!(throttle.count("t", "b", 4).is_ok());
        assert_eq!(throttle.requests(), 7);
    }
}
