//! How many calls are let in at a time. One more is turned away at once: a queue would only make everybody late.
//!
//! The limit is fixed, or follows how long calls take: it grows by one a round while they are fast, and shrinks by a
//! tenth when they are not (additive increase, multiplicative decrease).

use std::{
    collections::HashMap,
    sync::{Arc, Mutex, MutexGuard, OnceLock, PoisonError},
    time::{Duration, Instant},
};

use axum::response::{IntoResponse, Response};
use futures::future::BoxFuture;
use http::{Extensions, HeaderName, Method, StatusCode, header, request::Parts};
use mcp_support::serve::{Access, LOCAL, Operation, Principal};

use crate::{metrics::Metrics, rate::Rate};

/// The limit never falls below this.
const LEAST: f64 = 4.0;
/// From this share of the limit on, no tenant gets more than an equal part.
const CONTENDED: f64 = 0.8;
/// A tenant is there until this long after its last call, let in or not: one that calls again and again should not find
/// that somebody has taken its part between two of its calls.
const PRESENT: Duration = Duration::from_secs(2);
/// Tenants that are remembered without a call in flight.
const MAX_REMEMBERED: usize = 1024;
/// Tenants are told apart by names of at most this length.
const MAX_TENANT: usize = 64;

/// Lets calls in. Clones share the limit.
#[derive(Clone)]
pub struct Admission {
    state: Arc<Mutex<State>>,
    metrics: Arc<Metrics>,
    most: f64,
    target: Option<Duration>,
    tenant_header: Option<HeaderName>,
    rate: Option<Arc<Rate>>,
}

struct State {
    limit: f64,
    in_flight: usize,
    tenants: HashMap<String, Tenant>,
    swept: Instant,
    shrunk: Option<Instant>,
}

struct Tenant {
    in_flight: usize,
    called: Instant,
}

/// A place for one call. Free when it is dropped.
pub struct Place {
    admission: Admission,
    tenant: String,
    began: Instant,
}

impl Admission {
    /// Lets in `most` calls at a time; with `target`, fewer when they take longer than that. With `tenant_header`, that
    /// header says whose call it is.
    pub fn new(
        most: usize,
        target: Option<Duration>,
        tenant_header: Option<HeaderName>,
        metrics: Arc<Metrics>,
    ) -> Self {
        let most = (most.max(1)) as f64;
        let state = State { limit: most, in_flight: 0, tenants: HashMap::new(), swept: Instant::now(), shrunk: None };
        Self { state: Arc::new(Mutex::new(state)), metrics, most, target, tenant_header, rate: None }
    }

    /// Counts calls of each tenant, too.
    #[must_use]
    pub fn with_rate(mut self, rate: Rate) -> Self {
        self.rate = Some(Arc::new(rate));
        self
    }

    /// A place for a call of this tenant; none where it has to be turned away.
    pub fn enter(&self, tenant: &str) -> Option<Place> {
        self.enter_at(tenant, Instant::now())
    }

    fn enter_at(&self, tenant: &str, now: Instant) -> Option<Place> {
        // (1) No queue: who cannot be let in now is told so now.
        let mut state = self.state();
        state.forget_the_absent(now);
        let used = state.called(tenant, now);
        let tenants = state.tenants.len();
        let share = (state.limit / tenants as f64).ceil();
        let contended = state.in_flight as f64 >= state.limit * CONTENDED && tenants > 1;
        if state.in_flight as f64 >= state.limit.floor() || (contended && used as f64 >= share) {
            Metrics::count(&self.metrics.shed);
            return None;
        }
        state.in_flight += 1;
        if let Some(tenant) = state.tenants.get_mut(tenant) {
            tenant.in_flight += 1;
        }
        Some(Place { admission: self.clone(), tenant: tenant.to_owned(), began: now })
    }

    /// Calls in flight, and how many may be.
    pub fn load(&self) -> (usize, usize) {
        let state = self.state();
        (state.in_flight, state.limit as usize)
    }

    fn leave(&self, tenant: &str, took: Duration) {
        self.metrics.answered(took);
        let mut state = self.state();
        let busy = state.in_flight as f64 >= state.limit / 2.0;
        state.in_flight -= 1;
        if let Some(tenant) = state.tenants.get_mut(tenant) {
            tenant.in_flight -= 1;
        }
        let Some(target) = self.target else { return };
        if took > target {
            // Calls that began before the last change say nothing about it.
            let now = Instant::now();
            if state.shrunk.is_none_or(|shrunk| now.duration_since(shrunk) > took) {
                state.limit = (state.limit * 0.9).max(LEAST.min(self.most));
                state.shrunk = Some(now);
            }
        } else if busy {
            // A limit that nobody reaches proves nothing by not being exceeded.
            state.limit = (state.limit + 1.0 / state.limit).min(self.most);
        }
    }

    fn state(&self) -> MutexGuard<'_, State> {
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Whose call it is. Without a header for it, everybody is one, and with it nobody is that one, who may do more.
    fn tenant(&self, parts: &Parts) -> Option<String> {
        let Some(name) = &self.tenant_header else { return Some(LOCAL.to_owned()) };
        let mut values = parts.headers.get_all(name).iter();
        let (Some(value), None) = (values.next(), values.next()) else { return None };
        let tenant = value.to_str().ok()?;
        let allowed = |letter: char| letter.is_ascii_alphanumeric() || "-_.@".contains(letter);
        let is_name = (1..=MAX_TENANT).contains(&tenant.len()) && tenant.chars().all(allowed) && tenant != LOCAL;
        is_name.then(|| tenant.to_owned())
    }
}

impl State {
    /// Notes that a tenant calls, and answers how many calls it has in flight.
    fn called(&mut self, tenant: &str, now: Instant) -> usize {
        if let Some(known) = self.tenants.get_mut(tenant) {
            known.called = now;
            return known.in_flight;
        }
        self.tenants.insert(tenant.to_owned(), Tenant { in_flight: 0, called: now });
        0
    }

    fn forget_the_absent(&mut self, now: Instant) {
        let too_many = self.tenants.len() >= self.in_flight + MAX_REMEMBERED;
        if !too_many && now.duration_since(self.swept) < PRESENT / 4 {
            return;
        }
        self.swept = now;
        let is_there = |tenant: &Tenant| !too_many && now.duration_since(tenant.called) < PRESENT;
        self.tenants.retain(|_, tenant| tenant.in_flight > 0 || is_there(tenant));
    }
}

impl Drop for Place {
    fn drop(&mut self) {
        self.admission.leave(&self.tenant, self.began.elapsed());
    }
}

/// In the extensions of a call: its tenant, and its place, once all of it has come. The place is free when the last that
/// works for the call has ended.
#[derive(Clone)]
struct Held(Arc<(String, OnceLock<Place>)>);

impl Access for Admission {
    // Production: the tenant's name is believed. Let a gateway that checks tokens set the header, and let nobody past it.
    fn admit<'a>(&'a self, request: &'a mut Parts) -> BoxFuture<'a, Result<(), Box<Response>>> {
        Box::pin(async {
            let Some(tenant) = self.tenant(request) else {
                let text = "Bad Request: the header that names the tenant is missing or malformed\n";
                return Err(Box::new((StatusCode::BAD_REQUEST, text).into_response()));
            };
            // A session's own stream, and its end, are no calls.
            if request.method == Method::POST {
                if let Some(rate) = &self.rate
                    && !rate.allows(&tenant).await
                {
                    return Err(Box::new(too_often()));
                }
                request.extensions.insert(Held(Arc::new((tenant.clone(), OnceLock::new()))));
            }
            request.extensions.insert(Principal(tenant));
            Ok(())
        })
    }

    /// A call takes its place when its body is there: one that comes slowly keeps nobody out.
    fn permit(&self, extensions: &Extensions, _: Operation<'_>) -> Result<(), Box<Response>> {
        let Some(Held(held)) = extensions.get() else { return Ok(()) };
        let (tenant, place) = &**held;
        // The SDK's way asks again for the same call.
        if place.get().is_none() {
            let entered = self.enter(tenant).ok_or_else(|| Box::new(shed()))?;
            let _ = place.set(entered);
        }
        Ok(())
    }
}

fn too_often() -> Response {
    let text = "this tenant has made as many calls as it may in this second\n";
    (StatusCode::TOO_MANY_REQUESTS, [(header::RETRY_AFTER, "1")], text).into_response()
}

fn shed() -> Response {
    let text = "as many calls are in flight as this node lets in; try again in a second\n";
    (StatusCode::SERVICE_UNAVAILABLE, [(header::RETRY_AFTER, "1")], text).into_response()
}

#[cfg(test)]
mod tests;
