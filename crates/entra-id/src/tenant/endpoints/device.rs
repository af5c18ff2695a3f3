//! Device codes: where a program gets one, and the page on which a person types it in.

use axum::{
    Json,
    body::Bytes,
    extract::{Path, RawQuery, State},
    http::{HeaderMap, StatusCode, header},
    response::{IntoResponse, Response},
};
use mcp_support::web::Parameters;
use serde_json::Value;

use super::{
    super::{
        Service,
        claims_request::ClaimsRequest,
        directory::Segment,
        errors::{Correlation, EntraError},
        grants::Client,
        random, refusals,
    },
    BROWSER, pages,
    token::{self, Version},
    walk,
};

/// Codes that may be typed in wrongly within a minute, by all people together: there are too many codes to guess one.
const MAX_FAILURES: u32 = 100;

/// `/{tenant}/oauth2/v2.0/devicecode`
pub(super) async fn code(
    State(service): State<Service>,
    Path(tenant): Path<String>,
    headers: HeaderMap,
    body: Bytes,
) -> Response {
    answer(&service, &tenant, &headers, &body, Version::Two)
}

/// `/{tenant}/oauth2/devicecode`
pub(super) async fn code_v1(
    State(service): State<Service>,
    Path(tenant): Path<String>,
    headers: HeaderMap,
    body: Bytes,
) -> Response {
    answer(&service, &tenant, &headers, &body, Version::One)
}

fn answer(service: &Service, tenant: &str, headers: &HeaderMap, body: &[u8], version: Version) -> Response {
    let correlation = Correlation::of(headers, None, service.now());
    let made = token::read(headers, body).and_then(|form| make(service, tenant, headers, form, version, &correlation));
    match made {
        Ok(value) => ([(header::CACHE_CONTROL, "no-store")], Json(value)).into_response(),
        Err(error) => error.traced(&correlation).response(&service.shared.authority),
    }
}

fn make(
    service: &Service,
    tenant: &str,
    headers: &HeaderMap,
    mut form: Parameters,
    version: Version,
    correlation: &Correlation,
) -> Result<Value, EntraError> {
    let segment = Segment::read(tenant)?;
    // The device is not asked for a credential yet, even if it has one.
    let presented = token::presented(headers, &mut form);
    let id = presented.client_id.ok_or_else(|| refusals::missing("client_id"))?;
    let app = service.shared.directory.app_in(&id, segment)?;
    let scope = version.required_scope(&mut form)?;
    let claims = ClaimsRequest::read(form.take("claims").as_deref())?;
    service.new_device_code(segment, Client::unproven(app), &scope, claims, correlation)
}

/// `GET /devicelogin`
pub(super) async fn page(State(service): State<Service>, headers: HeaderMap, RawQuery(query): RawQuery) -> Response {
    let typed = Parameters::read(query.unwrap_or_default().as_bytes()).ok().and_then(|mut query| query.take("otc"));
    let browser = BROWSER.read(&headers, service.is_https());
    let new = browser.is_none().then(random::secret);
    let browser = browser.or_else(|| new.clone()).unwrap_or_default();
    let mut response = pages::device_code(&service, &csrf(&browser), typed.as_deref(), None);
    pages::set_cookie(&mut response, new.map(|cookie| BROWSER.write(&cookie, service.is_https())));
    response
}

/// `POST /common/oauth2/deviceauth`: the code was typed in.
pub(super) async fn entered(State(service): State<Service>, headers: HeaderMap, body: Bytes) -> Response {
    if walk::is_foreign(&service, &headers) {
        return pages::foreign();
    }
    let Ok(mut form) = Parameters::read(&body) else { return pages::foreign() };
    let browser = BROWSER.read(&headers, service.is_https()).unwrap_or_default();
    if browser.is_empty() || !random::is_same(&csrf(&browser), &form.take("csrf").unwrap_or_default()) {
        return pages::foreign();
    }
    let typed = form.take("otc").unwrap_or_default();
    let request = if service.may_guess() { service.device_request(&typed, &browser) } else { None };
    match request {
        Some(request) => {
            let (number, request) = service.open(request, false);
            walk::show(&service, &number, Some(request))
        }
        None => {
            service.guessed();
            let text = "That code didn't work. Check the code and try again.";
            let mut response = pages::device_code(&service, &csrf(&browser), Some(&typed), Some(text));
            *response.status_mut() = StatusCode::BAD_REQUEST;
            response
        }
    }
}

/// What the form of a browser must send back.
fn csrf(browser: &str) -> String {
    random::digest(&format!("devicelogin {browser}"))
}

impl Service {
    fn may_guess(&self) -> bool {
        let (count, until) = *self.guesses();
        count < MAX_FAILURES || until <= self.now()
    }

    fn guessed(&self) {
        let now = self.now();
        let mut guesses = self.guesses();
        *guesses = if guesses.1 <= now { (1, now + 60) } else { (guesses.0.saturating_add(1), guesses.1) };
    }

    fn guesses(&self) -> std::sync::MutexGuard<'_, (u32, i64)> {
        self.shared.device_guesses.lock().unwrap_or_else(std::sync::PoisonError::into_inner)
    }
}
