//! `connect_account`: a person approves on a web page, out of the client's sight.
//!
//! What the client carries is only a URL. The number in it cannot be guessed, expires, works once, and belongs to the
//! caller that asked: approving connects the account of that caller and of nobody else.

use std::{
    collections::HashMap,
    sync::{Arc, Mutex, MutexGuard, PoisonError},
    time::{Duration, Instant},
};

use rand::RngExt;
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};
use tokio::sync::Notify;

/// How long a person has.
pub const LIFE: Duration = Duration::from_secs(600);
/// Longest account name, in characters.
pub const MAX_NAME_CHARS: usize = 60;
/// Attempts of all callers that are remembered at a time.
const MAX_ATTEMPTS: usize = 10_000;

/// Accounts that can be connected. They are made up: nothing is sent to anybody.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "snake_case")]
#[schemars(inline)]
pub enum Provider {
    /// A calendar.
    Calendar,
    /// A photo album.
    Photos,
    /// A notebook.
    Notes,
}

impl Provider {
    /// Its name for people.
    pub fn name(self) -> &'static str {
        match self {
            Self::Calendar => "Calendar",
            Self::Photos => "Photos",
            Self::Notes => "Notes",
        }
    }
}

/// How an attempt stands.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Standing {
    /// The person has not decided yet.
    Open,
    /// Approved, under this name.
    Connected(String),
    /// The person said no.
    Declined,
    /// Too late, or never begun.
    Gone,
}

#[derive(Debug)]
struct Attempt {
    owner: String,
    provider: Provider,
    until: Instant,
    standing: Standing,
}

/// The attempts of all callers. Clones share them.
#[derive(Clone, Default)]
pub struct Accounts(Arc<Shared>);

#[derive(Default)]
struct Shared {
    attempts: Mutex<HashMap<String, Attempt>>,
    decided: Notify,
}

/// More attempts are open than there is room for.
#[derive(Debug, PartialEq, Eq, thiserror::Error)]
#[error("too many accounts are being connected")]
pub struct TooMany;

impl Accounts {
    /// The number of the owner's attempt to connect this account: a new one, unless one is open or has just been decided.
    ///
    /// # Errors
    /// [`TooMany`].
    pub fn begin(&self, owner: &str, provider: Provider, now: Instant) -> Result<String, TooMany> {
        let mut attempts = self.lock();
        attempts.retain(|_, attempt| attempt.until > now);
        let same = |attempt: &Attempt| attempt.owner == owner && attempt.provider == provider;
        if let Some((number, _)) = attempts.iter().find(|(_, attempt)| same(attempt)) {
            return Ok(number.clone());
        }
        if attempts.len() >= MAX_ATTEMPTS {
            return Err(TooMany);
        }
        let number = format!("{:032x}", rand::rng().random::<u128>());
        let attempt = Attempt { owner: owner.to_owned(), provider, until: now + LIFE, standing: Standing::Open };
        attempts.insert(number.clone(), attempt);
        Ok(number)
    }

    /// What a page may show of an open attempt.
    pub fn open(&self, number: &str, now: Instant) -> Option<Provider> {
        let attempts = self.lock();
        let attempt = attempts.get(number).filter(|attempt| attempt.until > now)?;
        (attempt.standing == Standing::Open).then_some(attempt.provider)
    }

    /// The person's decision: a name for the account, or none. False when the attempt is not open (any more).
    pub fn decide(&self, number: &str, name: Option<&str>, now: Instant) -> bool {
        let mut attempts = self.lock();
        let open = |attempt: &&mut Attempt| attempt.until > now && attempt.standing == Standing::Open;
        let Some(attempt) = attempts.get_mut(number).filter(open) else { return false };
        let name = name.map(|name| name.chars().filter(|letter| !letter.is_control()).take(MAX_NAME_CHARS).collect());
        attempt.standing = name.map_or(Standing::Declined, Standing::Connected);
        drop(attempts);
        self.0.decided.notify_waiters();
        true
    }

    /// Waits until the owner's attempt is no longer open. A decision is taken out: it is told once.
    pub async fn decision(&self, owner: &str, number: &str) -> Standing {
        loop {
            let decided = self.0.decided.notified();
            let until = {
                let mut attempts = self.lock();
                match attempts.get(number).filter(|attempt| attempt.owner == owner) {
                    None => return Standing::Gone,
                    Some(attempt) if attempt.standing != Standing::Open => {
                        return attempts.remove(number).map_or(Standing::Gone, |attempt| attempt.standing);
                    }
                    Some(attempt) if attempt.until <= Instant::now() => return Standing::Gone,
                    Some(attempt) => attempt.until,
                }
            };
            let _ = tokio::time::timeout_at(until.into(), decided).await;
        }
    }

    /// Forgets an open attempt: its page works no longer.
    pub fn forget(&self, owner: &str, number: &str) {
        let mut attempts = self.lock();
        if attempts.get(number).is_some_and(|attempt| attempt.owner == owner) {
            attempts.remove(number);
        }
    }

    fn lock(&self) -> MutexGuard<'_, HashMap<String, Attempt>> {
        self.0.attempts.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[tokio::test]
    async fn an_attempt_is_decided_once_and_belongs_to_its_owner() {
        let (accounts, now) = (Accounts::default(), Instant::now());
        let number = accounts.begin("ana", Provider::Notes, now).expect("room");
        assert_eq!(accounts.begin("ana", Provider::Notes, now).as_ref(), Ok(&number), "the same while it is open");
        assert_ne!(accounts.begin("bo", Provider::Notes, now).as_ref(), Ok(&number));
        assert_eq!(accounts.open(&number, now), Some(Provider::Notes));
        assert_eq!(accounts.decision("bo", &number).await, Standing::Gone);
        let waiting = {
            let (accounts, number) = (accounts.clone(), number.clone());
            tokio::spawn(async move { accounts.decision("ana", &number).await })
        };
        assert!(accounts.decide(&number, Some("Ana\n's\u{7} notes"), now));
        assert!(!accounts.decide(&number, None, now), "once");
        assert_eq!(waiting.await.expect("no panic"), Standing::Connected("Ana's notes".to_owned()));
        assert_eq!(accounts.decision("ana", &number).await, Standing::Gone, "told once");
        assert_eq!(accounts.open(&number, now), None);
    }

    #[test]
    fn an_attempt_expires() {
        let (accounts, now) = (Accounts::default(), Instant::now());
        let number = accounts.begin("ana", Provider::Photos, now).expect("room");
        assert_eq!(accounts.open(&number, now + LIFE), None);
        assert!(!accounts.decide(&number, Some("late"), now + LIFE));
        assert_ne!(accounts.begin("ana", Provider::Photos, now + LIFE).as_ref(), Ok(&number));
    }
}
