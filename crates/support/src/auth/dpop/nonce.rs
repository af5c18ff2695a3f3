//! Nonces that clients have to put into their proofs (RFC 9449, section 9): no proof can be made in advance.
// Production: instances behind a balancer need nonces that they share.

use std::{
    sync::{Mutex, PoisonError},
    time::{Duration, Instant},
};

use base64::{Engine as _, engine::general_purpose::URL_SAFE_NO_PAD};

/// A nonce is handed out for this long, and accepted for twice as long.
const TERM: Duration = Duration::from_secs(60);

/// The nonce of this term and that of the one before.
#[derive(Default)]
pub(super) struct Nonces(Mutex<Option<Term>>);

struct Term {
    since: Instant,
    current: String,
    previous: Option<String>,
}

impl Nonces {
    pub(super) fn current(&self) -> String {
        self.with(|term| term.current.clone()).unwrap_or_default()
    }

    pub(super) fn accepts(&self, nonce: &str) -> bool {
        self.with(|term| term.current == nonce || term.previous.as_deref() == Some(nonce)).unwrap_or(false)
    }

    fn with<T>(&self, look: impl FnOnce(&Term) -> T) -> Option<T> {
        let mut guard = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        let age = guard.as_ref().map(|term| term.since.elapsed());
        if age.is_none_or(|age| age >= TERM) {
            // A nonce that has not been handed out for a whole term is not accepted any more.
            let previous = guard.take().map(|term| term.current).filter(|_| age.is_some_and(|age| age < TERM * 2));
            let current = URL_SAFE_NO_PAD.encode(rand::random::<[u8; 16]>());
            *guard = Some(Term { since: Instant::now(), current, previous });
        }
        guard.as_ref().map(look)
    }
}
