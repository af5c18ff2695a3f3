//! An issuer's keys: kept while they are fresh, fetched again when they are not, and never faster than the limit.

mod fetch;

use std::{
    sync::{
        Arc, Mutex, MutexGuard, PoisonError, Weak,
        atomic::{AtomicBool, Ordering},
    },
    time::Duration,
};

use futures::{
    FutureExt,
    future::{BoxFuture, Shared},
};
use tokio::{sync::Semaphore, time::Instant};
use tokio_util::task::AbortOnDropHandle;
use url::Url;

use self::fetch::{Origin, is_safe_address};
use super::{
    jwk::PublicKey,
    settings::{Algorithm, KeyLimits, KeySource, SettingsError, TrustedIssuer},
};

/// Why there is no key for a token.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Missing {
    /// The issuer has no such key, as of just now.
    Unknown,
    /// There is such a key, but for another algorithm; or there are several, and the token does not say which.
    Unfit,
    /// The keys cannot be fetched, or too many are waiting for them.
    Unavailable,
}

/// A key, and the state of the set that it is from.
#[derive(Debug)]
pub(super) struct Found {
    set: Arc<Vec<PublicKey>>,
    index: usize,
    pub(super) generation: u64,
}

impl Found {
    pub(super) fn key(&self) -> &PublicKey {
        &self.set[self.index]
    }
}

/// The keys of one issuer.
pub(super) struct IssuerKeys {
    origin: Origin,
    limits: KeyLimits,
    state: Mutex<State>,
    waiting: Semaphore,
}

#[derive(Default)]
struct State {
    current: Option<Current>,
    /// Grows whenever the keys are others than before.
    generation: u64,
    /// When the last round began.
    last: Option<Instant>,
    failed: bool,
    /// Where the keys were discovered to be.
    address: Option<Url>,
    round: Option<Round>,
}

struct Current {
    set: Arc<Vec<PublicKey>>,
    fetched: Instant,
}

/// A round of fetching that many may wait for. Whoever holds it keeps it going; the last one to let go ends it.
#[derive(Clone)]
struct Round {
    has_begun: Arc<AtomicBool>,
    done: Shared<BoxFuture<'static, ()>>,
}

enum Step {
    Found(Found),
    Missing(Missing),
    Wait(Round),
}

impl IssuerKeys {
    pub(super) fn new(issuer: &TrustedIssuer, limits: &KeyLimits) -> Result<Arc<Self>, SettingsError> {
        let mut state = State::default();
        match &issuer.keys {
            KeySource::Url(address) | KeySource::Metadata(address) if !is_safe_address(address, &issuer.issuer) => {
                return Err(SettingsError::Keys(issuer.issuer.clone()));
            }
            KeySource::Given(jwks) => {
                let set = fetch::keys(jwks).map_err(|_| SettingsError::NoKey(issuer.issuer.clone()))?;
                state.current = Some(Current { set: Arc::new(set), fetched: Instant::now() });
            }
            KeySource::Url(_) | KeySource::Metadata(_) | KeySource::Discovered => {}
        }
        let origin = Origin::new(issuer.issuer.clone(), issuer.keys.clone())?;
        let waiting = Semaphore::new(limits.waiting);
        Ok(Arc::new(Self { origin, limits: limits.clone(), state: Mutex::new(state), waiting }))
    }

    /// The key for a token. An unknown one is looked for once more, in keys that are fetched after it was asked for.
    pub(super) async fn find(self: &Arc<Self>, kid: Option<&str>, algorithm: Algorithm) -> Result<Found, Missing> {
        // A round that had begun before we asked may have missed a key that was published just then: then one more.
        for _ in 0..3 {
            let round = match self.step(kid, algorithm, true) {
                Step::Found(found) => return Ok(found),
                Step::Missing(missing) => return Err(missing),
                Step::Wait(round) => round,
            };
            let Ok(_place) = self.waiting.try_acquire() else { return Err(Missing::Unavailable) };
            let is_conclusive = !round.has_begun.load(Ordering::Acquire);
            round.done.await;
            if is_conclusive {
                break;
            }
        }
        match self.step(kid, algorithm, false) {
            Step::Found(found) => Ok(found),
            Step::Missing(missing) => Err(missing),
            Step::Wait(_) => Err(Missing::Unavailable),
        }
    }

    /// Whether the keys are still those of a generation, and not too old.
    pub(super) fn are_still(self: &Arc<Self>, generation: u64) -> bool {
        let mut state = self.state();
        self.refresh(&mut state);
        state.generation == generation && self.usable(&state).is_some()
    }

    fn step(self: &Arc<Self>, kid: Option<&str>, algorithm: Algorithm, may_fetch: bool) -> Step {
        let mut state = self.state();
        self.refresh(&mut state);
        let generation = state.generation;
        if let Some(set) = self.usable(&state) {
            match pick(set, kid, algorithm) {
                Ok(index) => return Step::Found(Found { set: set.clone(), index, generation }),
                Err(Missing::Unknown) if self.can_fetch() => {}
                Err(missing) => return Step::Missing(missing),
            }
        }
        if may_fetch {
            Step::Wait(self.round(&mut state))
        } else {
            Step::Missing(if state.failed { Missing::Unavailable } else { Missing::Unknown })
        }
    }

    fn state(&self) -> MutexGuard<'_, State> {
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }

    fn can_fetch(&self) -> bool {
        !matches!(self.origin.source, KeySource::Given(_))
    }

    fn usable<'a>(&self, state: &'a State) -> Option<&'a Arc<Vec<PublicKey>>> {
        let current = state.current.as_ref()?;
        (!self.can_fetch() || current.fetched.elapsed() < self.limits.max_age).then_some(&current.set)
    }

    /// Begins to fetch keys that are not fresh, without waiting for them.
    fn refresh(self: &Arc<Self>, state: &mut State) {
        let age = state.current.as_ref().map(|current| current.fetched.elapsed());
        let is_due = state.last.is_none_or(|last| last.elapsed() >= self.limits.fetch_interval);
        if self.can_fetch() && is_due && age.is_some_and(|age| age >= self.limits.refresh_after) {
            self.round(state);
        }
    }

    /// The round that is under way, or a new one, which begins as soon as the limit allows.
    fn round(self: &Arc<Self>, state: &mut State) -> Round {
        if let Some(round) = &state.round
            && round.done.peek().is_none()
        {
            return round.clone();
        }
        let wait = state.last.map_or(Duration::ZERO, |last| self.limits.fetch_interval.saturating_sub(last.elapsed()));
        let has_begun = Arc::new(AtomicBool::new(false));
        // Weak: a server that is dropped takes its rounds with it.
        let task = tokio::spawn(run(Arc::downgrade(self), Instant::now() + wait, has_begun.clone()));
        let done = AbortOnDropHandle::new(task).map(|_| ()).boxed().shared();
        let round = Round { has_begun, done };
        state.round = Some(round.clone());
        round
    }
}

/// One round: waits for its time, fetches, and puts the result in place.
async fn run(keys: Weak<IssuerKeys>, at: Instant, has_begun: Arc<AtomicBool>) {
    tokio::time::sleep_until(at).await;
    let Some((origin, limits, address)) = keys.upgrade().map(|keys| {
        has_begun.store(true, Ordering::Release);
        let mut state = keys.state();
        state.last = Some(Instant::now());
        (keys.origin.clone(), keys.limits.clone(), state.address.clone())
    }) else {
        return;
    };
    let fetched = tokio::time::timeout(limits.fetch_time, origin.fetch(address)).await;
    let Some(keys) = keys.upgrade() else { return };
    let mut state = keys.state();
    state.round = None;
    match fetched.unwrap_or(Err(fetch::KeysError::TooSlow)) {
        Ok((set, address)) => {
            let is_new = state.current.as_ref().is_none_or(|current| *current.set != set);
            if is_new {
                state.generation += 1;
                tracing::info!(issuer = origin.issuer, keys = set.len(), "new keys");
            }
            state.current = Some(Current { set: Arc::new(set), fetched: Instant::now() });
            state.address = address;
            state.failed = false;
        }
        Err(error) => {
            tracing::warn!(issuer = origin.issuer, %error, "cannot fetch keys");
            // They may have moved: the next round asks again where they are.
            state.address = None;
            state.failed = true;
        }
    }
}

/// The key with this id. A token without one is for the only key of its algorithm.
fn pick(set: &[PublicKey], kid: Option<&str>, algorithm: Algorithm) -> Result<usize, Missing> {
    let mut named = set.iter().enumerate().filter(|(_, key)| kid.is_none() || key.kid.as_deref() == kid).peekable();
    if named.peek().is_none() {
        return Err(Missing::Unknown);
    }
    let mut fit = named.filter(|(_, key)| key.is_for(algorithm));
    match (fit.next(), fit.next(), kid) {
        (Some((index, _)), None, _) | (Some((index, _)), Some(_), Some(_)) => Ok(index),
        _ => Err(Missing::Unfit),
    }
}
