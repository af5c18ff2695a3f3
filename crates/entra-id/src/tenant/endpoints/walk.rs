//! What a person answers, page by page, until the client hears of it.

use axum::{
    body::Bytes,
    extract::State,
    http::{HeaderMap, StatusCode, header},
    response::{IntoResponse, Response},
};
use mcp_support::web::Parameters;

use super::{
    super::{
        Service,
        errors::{Correlation, EntraError},
        interaction::{Back, Reply, Request, ResponseMode, Step},
        random, redirect, refusals,
    },
    BROWSER, pages,
};

/// `/{tenant}/oauth2/v2.0/logout`
pub(super) async fn sign_out(State(service): State<Service>, headers: HeaderMap) -> Response {
    if let Some(browser) = BROWSER.read(&headers, service.is_https()) {
        service.shared.sessions.sign_out(&browser, service.now());
    }
    pages::signed_out()
}

/// A form of one of our pages.
pub(super) async fn answer(State(service): State<Service>, headers: HeaderMap, body: Bytes) -> Response {
    if is_foreign(&service, &headers) {
        return pages::foreign();
    }
    let Ok(mut form) = Parameters::read(&body) else { return pages::foreign() };
    let number = form.take("request").unwrap_or_default();
    let browser = BROWSER.read(&headers, service.is_https()).unwrap_or_default();
    let Some(request) = service.opened(&number, &browser) else { return pages::over() };
    if !random::is_same(&request.csrf, &form.take("csrf").unwrap_or_default()) {
        return pages::foreign();
    }
    let name = form.take("username").unwrap_or_default();
    match take(&service, &number, &request, &name, form) {
        Ok(Taken::GoOn(cookie)) => {
            let mut response = show(&service, &number, service.shared.requests.get(&number, service.now()));
            pages::set_cookie(&mut response, cookie.map(|cookie| BROWSER.write(&cookie, service.is_https())));
            response
        }
        Ok(Taken::Declined) => {
            service.shared.requests.take(&number, service.now());
            declined(&service, &request)
        }
        Err(error) if error.code == 50_126 || error.code == 50_053 => {
            pages::sign_in(&service, &number, &request, Some((&name, &error.to_string())))
        }
        Err(error) => pages::refused(&error.traced(&request.correlation)),
    }
}

/// A browser says where a form comes from. Other sites, and frames without an origin, are not us.
pub(super) fn is_foreign(service: &Service, headers: &HeaderMap) -> bool {
    let origin = headers.get(header::ORIGIN).map(|origin| origin.to_str().unwrap_or_default());
    origin.is_some_and(|origin| origin != service.shared.authority)
}

enum Taken {
    /// With a new cookie, perhaps.
    GoOn(Option<String>),
    Declined,
}

/// Takes the answer to the step at which the request stands.
fn take(
    service: &Service,
    number: &str,
    request: &Request,
    name: &str,
    mut form: Parameters,
) -> Result<Taken, EntraError> {
    let allows = form.take("decision").as_deref() == Some("allow");
    match service.step(request)? {
        Step::SignIn => {
            let password = form.take("password").unwrap_or_default();
            let (session, cookie) = service.sign_in(name, &password)?;
            service.signed_in(number, request, &session)?;
            service.moved(number, &cookie);
            Ok(Taken::GoOn(Some(cookie)))
        }
        Step::SecondFactor(_) | Step::Consent(..) | Step::Confirm(_) if !allows => Ok(Taken::Declined),
        Step::SecondFactor(session) => {
            let (session, cookie) = service.step_up(&session, request.claims.contexts.clone());
            service.signed_in(number, request, &session)?;
            service.moved(number, &cookie);
            Ok(Taken::GoOn(Some(cookie)))
        }
        Step::Consent(session, scopes) => {
            service.consented(number, request, &session, scopes);
            Ok(Taken::GoOn(None))
        }
        Step::Confirm(_) => {
            service.confirmed(number);
            Ok(Taken::GoOn(None))
        }
        Step::Done(_) => Ok(Taken::GoOn(None)),
    }
}

/// The page of the next step, or the answer to the client.
pub(super) fn show(service: &Service, number: &str, request: Option<Request>) -> Response {
    let Some(request) = &request else { return pages::over() };
    match service.step(request) {
        Ok(Step::SignIn) => pages::sign_in(service, number, request, None),
        Ok(Step::SecondFactor(session)) => pages::second_factor(service, number, request, &session),
        Ok(Step::Consent(session, scopes)) => pages::consent(service, number, request, &session, &scopes),
        Ok(Step::Confirm(session)) => pages::confirm(service, number, request, &session),
        Ok(Step::Done(session)) => match &request.back {
            Back::Client(reply) => match service.answer_request(number, reply, &session) {
                Some(code) => send(reply, &[("code", &code), ("session_state", &session.id)]),
                None => pages::over(),
            },
            Back::Device(name) => {
                service.answer_device(name, Some(session.id));
                pages::device_done(true)
            }
        },
        Err(error) => pages::refused(&error.traced(&request.correlation)),
    }
}

fn declined(service: &Service, request: &Request) -> Response {
    match &request.back {
        Back::Client(reply) => refuse(reply, refusals::declined(), &request.correlation),
        Back::Device(name) => {
            service.answer_device(name, None);
            pages::device_done(false)
        }
    }
}

/// Tells the client, at its redirect URI, what is wrong.
pub(super) fn refuse(reply: &Reply, error: EntraError, correlation: &Correlation) -> Response {
    let (name, suberror) = (error.error, error.suberror);
    let traced = error.traced(correlation);
    let description = traced.description();
    let mut parameters = vec![("error", name), ("error_description", &description)];
    if let Some(suberror) = suberror {
        parameters.push(("error_subcode", suberror));
    }
    send(reply, &parameters)
}

fn send(reply: &Reply, parameters: &[(&str, &str)]) -> Response {
    let state = reply.state.as_deref().map(|state| ("state", state));
    let all: Vec<(&str, &str)> = parameters.iter().copied().chain(state).collect();
    let location = match reply.mode {
        ResponseMode::FormPost => return pages::form_post(&reply.redirect_uri, &all),
        ResponseMode::Query => redirect::with_query(&reply.redirect_uri, &all),
        ResponseMode::Fragment => redirect::with_fragment(&reply.redirect_uri, &all),
    };
    let headers = [
        (header::LOCATION, location),
        (header::CACHE_CONTROL, "no-store".to_owned()),
        (header::REFERRER_POLICY, "no-referrer".to_owned()),
    ];
    (StatusCode::FOUND, headers).into_response()
}
