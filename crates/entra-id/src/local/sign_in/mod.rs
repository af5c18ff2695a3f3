//! A sign-in that is under way: what the person is shown, until when, and how it ended. There is at most one at a time.
//!
//! It lives beside the calls, not in one of them: in 2026-07-28 the call that began it ends with a question, and the one
//! that comes back with the answer finds the sign-in by its id. The id is no secret; what is one stays in the task.

mod browser;
mod device;

use std::{
    collections::VecDeque,
    sync::{
        Arc,
        atomic::{AtomicBool, Ordering},
    },
    time::Duration,
};

use rand::RngExt;
use tokio::{
    sync::{Mutex, watch},
    task::JoinHandle,
    time::Instant,
};

use super::session::{Need, Session, SessionError};
use crate::failure::{EntraError, Refused};

/// Sign-ins that have failed and are remembered, so that each call that asked for them hears of it.
const MAX_ENDED: usize = 8;

/// How the person signs in.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Method {
    /// In a browser on this machine.
    Browser,
    /// In a browser anywhere, with a code that is entered there.
    DeviceCode,
}

/// What the person is shown.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Shown {
    /// Where to go.
    pub url: String,
    /// What to enter there.
    pub code: Option<String>,
}

/// How a sign-in ended.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Outcome {
    /// The tokens are in the cache.
    SignedIn,
    /// The person, or an administrator, did not allow it.
    Declined,
    /// Nobody has signed in in time.
    Expired,
    /// It was given up: the question was declined, or somebody signed out.
    Cancelled,
    /// Entra has refused.
    Refused(Refused),
    /// Something else went wrong.
    Failed(String),
}

/// One sign-in.
pub(super) struct SignIn {
    pub(super) id: String,
    pub(super) shown: Shown,
    pub(super) until: Instant,
    /// Held by the call of 2025-11-25 that asks the person; true once the person has agreed.
    pub(super) agreed: Mutex<bool>,
    /// Whether a call has ended with the link already.
    told: AtomicBool,
    ending: Ending,
    task: JoinHandle<()>,
}

/// Where the end of a sign-in is told. The first word counts.
#[derive(Clone)]
struct Ending(watch::Sender<Option<Outcome>>);

impl Ending {
    fn is(&self, outcome: Outcome) {
        self.0.send_if_modified(|held| held.is_none().then(|| *held = Some(outcome)).is_some());
    }
}

impl SignIn {
    pub(super) fn outcome(&self) -> Option<Outcome> {
        self.ending.0.borrow().clone()
    }

    /// Waits for the end.
    pub(super) async fn ended(&self) -> Outcome {
        let mut outcome = self.ending.0.subscribe();
        // The sender is our own, so there is always an answer.
        let ended = outcome.wait_for(Option::is_some).await.ok();
        ended.and_then(|ended| ended.clone()).unwrap_or(Outcome::Cancelled)
    }

    /// Whether a call has ended with the link before; from now on one has.
    pub(super) fn was_told(&self) -> bool {
        self.told.swap(true, Ordering::Relaxed)
    }

    /// How it ended, if a call has ended with the link and nobody has heard of the decision yet; it is told once.
    pub(super) fn untold(&self) -> Option<Outcome> {
        let is_decision = |outcome: &Outcome| !matches!(outcome, Outcome::Expired | Outcome::Cancelled);
        self.outcome().filter(is_decision).filter(|_| self.told.swap(false, Ordering::Relaxed))
    }
}

impl Drop for SignIn {
    fn drop(&mut self) {
        self.task.abort();
    }
}

/// The sign-ins of a session. A clone has the same ones.
#[derive(Clone)]
pub struct SignIns(Arc<Shared>);

struct Shared {
    session: Session,
    method: Method,
    life: Duration,
    held: Mutex<Held>,
}

#[derive(Default)]
struct Held {
    current: Option<Arc<SignIn>>,
    ended: VecDeque<Arc<SignIn>>,
}

impl SignIns {
    /// Sign-ins by `method`, each open for `life` at most.
    pub fn new(session: Session, method: Method, life: Duration) -> Self {
        Self(Arc::new(Shared { session, method, life, held: Mutex::default() }))
    }

    /// The sign-in that is open, or a new one; none where somebody has signed in since the need was found.
    pub(super) async fn begin(&self, need: &Need) -> Result<Option<Arc<SignIn>>, SessionError> {
        let mut held = self.0.held.lock().await;
        held.tidy();
        if let Some(current) = &held.current {
            return Ok(Some(current.clone()));
        }
        // One that has just ended has left its tokens before it ended.
        if self.0.session.has_moved_on(need).await? {
            return Ok(None);
        }
        let claims = need.claims.as_deref();
        let ending = Ending(watch::Sender::new(None));
        let id = format!("{:032x}", rand::rng().random::<u128>());
        let end = Instant::now() + self.0.life;
        let session = &self.0.session;
        let (shown, until, task) = match self.0.method {
            Method::Browser => browser::begin(session, claims, end, ending.clone()).await?,
            Method::DeviceCode => device::begin(session, claims, end, ending.clone()).await?,
        };
        let (agreed, told) = (Mutex::default(), AtomicBool::default());
        let sign_in = Arc::new(SignIn { id, shown, until, agreed, told, ending, task });
        held.current = Some(sign_in.clone());
        Ok(Some(sign_in))
    }

    /// The one that is open.
    pub(super) async fn current(&self) -> Option<Arc<SignIn>> {
        let mut held = self.0.held.lock().await;
        held.tidy();
        held.current.clone()
    }

    /// Those that have failed lately, the newest first.
    pub(super) async fn ended(&self) -> Vec<Arc<SignIn>> {
        let mut held = self.0.held.lock().await;
        held.tidy();
        held.ended.iter().cloned().collect()
    }

    /// Gives up this one, or whichever is open.
    pub(super) async fn cancel(&self, sign_in: Option<&SignIn>) {
        let mut held = self.0.held.lock().await;
        if let Some(current) = held.current.as_ref().filter(|current| sign_in.is_none_or(|it| it.id == current.id)) {
            current.ending.is(Outcome::Cancelled);
            current.task.abort();
        }
        held.tidy();
    }
}

impl Held {
    /// Moves what has ended to where it is remembered, for as long as somebody may come back for it.
    fn tidy(&mut self) {
        if let Some(ended) = self.current.take_if(|current| current.outcome().is_some()) {
            if ended.outcome() != Some(Outcome::SignedIn) {
                self.ended.push_front(ended);
            }
            self.ended.truncate(MAX_ENDED);
        }
        let now = Instant::now();
        self.ended.retain(|ended| ended.until + mcp_support::ask::PATIENCE > now);
    }
}

/// How a sign-in ends that ends with this error.
fn outcome_of(error: SessionError) -> Outcome {
    match error {
        SessionError::Entra(EntraError::Refused(refused)) => match refused.error.as_str() {
            "access_denied" | "authorization_declined" => Outcome::Declined,
            "expired_token" | "code_expired" => Outcome::Expired,
            _ => Outcome::Refused(*refused),
        },
        SessionError::Entra(error) => Outcome::Failed(error.to_string()),
        SessionError::IdToken(error) => Outcome::Failed(error.to_string()),
        SessionError::Cache(error) => {
            tracing::error!(%error, "the tokens of a sign-in cannot be kept");
            Outcome::Failed("the tokens cannot be kept where ENTRA_TOKEN_CACHE says; the log tells why".to_owned())
        }
        SessionError::NeedsPerson(_) => Outcome::Failed("it has to be done again".to_owned()),
    }
}
