//! Who has signed in, how, and until when.

use std::{
    collections::HashMap,
    sync::{Mutex, PoisonError},
};

use secrecy::{ExposeSecret, SecretString};

use super::{
    Service,
    claims_request::ClaimsRequest,
    directory::{self, people::User},
    errors::EntraError,
    random, refusals,
    store::Expiring,
};

/// How long a sign-in is good without being used: the inactivity of Entra's refresh tokens.
pub(super) const SESSION_SECONDS: i64 = 90 * 86_400;
/// How long a browser is known.
pub(super) const BROWSER_SECONDS: i64 = 86_400;
/// Longest password, in bytes.
const MAX_PASSWORD_BYTES: usize = 200;
/// Wrong passwords of one person until the account is locked, and for how long.
const MAX_FAILURES: u32 = 10;
const LOCKED_SECONDS: i64 = 60;
/// Authentication contexts that one session fulfils: as many as a tenant has.
const MAX_CONTEXTS: usize = 99;
const MAX_SESSIONS: usize = 10_000;

/// A sign-in. Tokens name it as `sid`.
#[derive(Debug, Clone)]
pub(super) struct Session {
    pub(super) id: String,
    pub(super) user: &'static User,
    pub(super) at: i64,
    pub(super) second_factor: bool,
    /// Authentication contexts that it fulfils.
    pub(super) contexts: Vec<String>,
}

impl Session {
    /// Whether it is what a request asks for: a second factor, and each authentication context.
    pub(super) fn fulfils(&self, claims: &ClaimsRequest) -> bool {
        let has_all = claims.contexts.iter().all(|context| self.contexts.contains(context));
        has_all && (self.second_factor || !claims.second_factor)
    }
}

/// All sign-ins.
pub(super) struct Sessions {
    password: SecretString,
    /// By their id.
    sessions: Expiring<Session>,
    /// The session of a browser, by its cookie.
    browsers: Expiring<String>,
    /// People who have set a second factor up.
    enrolled: Mutex<Vec<&'static str>>,
    /// Wrong passwords: how many, and when the count is over.
    failures: Mutex<HashMap<&'static str, (u32, i64)>>,
    /// Sign-ins before this time are void.
    revoked: Mutex<HashMap<&'static str, i64>>,
}

impl Sessions {
    pub(super) fn new(password: SecretString) -> Self {
        Self {
            password,
            sessions: Expiring::new(MAX_SESSIONS),
            browsers: Expiring::new(MAX_SESSIONS),
            enrolled: Mutex::default(),
            failures: Mutex::default(),
            revoked: Mutex::default(),
        }
    }

    /// A sign-in that is still good.
    pub(super) fn get(&self, id: &str, now: i64) -> Option<Session> {
        self.sessions.get(id, now).filter(|session| !self.is_revoked(session.user, session.at))
    }

    /// The sign-in of a browser.
    pub(super) fn of_browser(&self, cookie: &str, now: i64) -> Option<Session> {
        self.get(&self.browsers.get(cookie, now)?, now)
    }

    /// Keeps it for longer, because it was used.
    pub(super) fn keep(&self, session: &Session, now: i64) {
        self.sessions.put(&session.id, session.clone(), now + SESSION_SECONDS, now);
    }

    /// Ends everything that somebody has signed in to before now.
    pub(super) fn revoke(&self, user: &'static User, now: i64) {
        lock(&self.revoked).insert(user.id, now);
    }

    /// Whether what was issued to somebody at `time` is void, and since when.
    pub(super) fn revoked_since(&self, user: &User) -> Option<i64> {
        lock(&self.revoked).get(user.id).copied()
    }

    pub(super) fn is_revoked(&self, user: &User, at: i64) -> bool {
        // What begins in the second of the revocation is new: it cannot have begun before.
        self.revoked_since(user).is_some_and(|since| at < since)
    }

    pub(super) fn sign_out(&self, cookie: &str, now: i64) {
        self.browsers.take(cookie, now);
    }

    pub(super) fn is_enrolled(&self, user: &User) -> bool {
        user.policy != directory::people::Policy::Enrolment || lock(&self.enrolled).contains(&user.id)
    }

    fn count_failure(&self, user: &'static User, now: i64) {
        let mut failures = lock(&self.failures);
        let failure = failures.entry(user.id).or_insert((0, 0));
        *failure = if failure.1 <= now { (1, now + LOCKED_SECONDS) } else { (failure.0 + 1, failure.1) };
    }

    fn is_locked(&self, user: &User, now: i64) -> bool {
        lock(&self.failures).get(user.id).is_some_and(|(count, until)| *count >= MAX_FAILURES && *until > now)
    }
}

impl Service {
    /// Checks a name and a password, and begins a session. Returns the browser's new cookie with it: the old one may
    /// have been planted.
    // Production: the people of the stand-in share one password, and their second factor is a click. It is a stand-in
    // for trying out: nobody's account is behind it.
    pub(super) fn sign_in(&self, name: &str, password: &str) -> Result<(Session, String), EntraError> {
        let (sessions, now) = (&self.shared.sessions, self.now());
        let user = directory::user(name);
        if user.is_some_and(|user| sessions.is_locked(user, now)) {
            return Err(refusals::locked());
        }
        let is_right =
            password.len() <= MAX_PASSWORD_BYTES && random::is_same(password, sessions.password.expose_secret());
        let Some(user) = user.filter(|_| is_right) else {
            if let Some(user) = user {
                sessions.count_failure(user, now);
            }
            return Err(refusals::wrong_password());
        };
        Ok(self.begin_session(user, false, Vec::new()))
    }

    /// The same person once more, with a second factor: a new session, so that tokens of the old one stay what they
    /// are.
    pub(super) fn step_up(&self, session: &Session, claims: &ClaimsRequest) -> (Session, String) {
        let mut enrolled = lock(&self.shared.sessions.enrolled);
        if !enrolled.contains(&session.user.id) {
            enrolled.push(session.user.id);
        }
        drop(enrolled);
        let mut contexts = [&session.contexts[..], &claims.contexts].concat();
        contexts.sort_unstable();
        contexts.dedup();
        contexts.truncate(MAX_CONTEXTS);
        self.begin_session(session.user, true, contexts)
    }

    fn begin_session(&self, user: &'static User, second_factor: bool, contexts: Vec<String>) -> (Session, String) {
        let (sessions, now, cookie) = (&self.shared.sessions, self.now(), random::secret());
        let session = Session { id: random::guid(), user, at: now, second_factor, contexts };
        sessions.keep(&session, now);
        sessions.browsers.put(&cookie, session.id.clone(), now + BROWSER_SECONDS, now);
        (session, cookie)
    }
}

fn lock<T>(mutex: &Mutex<T>) -> std::sync::MutexGuard<'_, T> {
    mutex.lock().unwrap_or_else(PoisonError::into_inner)
}
