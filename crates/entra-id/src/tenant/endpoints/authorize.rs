//! Where a client sends a browser, and the pages that a person answers.

use axum::{
    body::Bytes,
    extract::{Path, RawQuery, State},
    http::{HeaderMap, StatusCode, header},
    response::{IntoResponse, Response},
};
use mcp_support::web::Parameters;

use super::{
    super::{
        Service,
        claims_request::ClaimsRequest,
        directory::{Segment, apps::App},
        errors::{Correlation, EntraError},
        interaction::{Back, Reply, Request, ResponseMode, Step},
        random, redirect, refusals,
        scopes::Wanted,
    },
    cookie, pages,
};

/// Longest `state` and `nonce`, in bytes.
const MAX_STATE_BYTES: usize = 4096;

/// `/{tenant}/oauth2/v2.0/authorize`
pub(super) async fn begin(
    State(service): State<Service>,
    Path(tenant): Path<String>,
    headers: HeaderMap,
    RawQuery(query): RawQuery,
) -> Response {
    let correlation = Correlation::of(&headers, None, service.now());
    let query = Parameters::read(query.unwrap_or_default().as_bytes());
    let query = query.map_err(|error| refusals::malformed(&format!("{error}.")));
    match query.and_then(|query| addressed(&service, &tenant, query)) {
        Ok(asked) => asked.go_on(&service, &headers, correlation),
        Err(error) => pages::refused(&error.traced(&correlation)),
    }
}

/// `/{tenant}/oauth2/v2.0/logout`
pub(super) async fn sign_out(State(service): State<Service>, headers: HeaderMap) -> Response {
    if let Some(browser) = cookie::read(&headers, service.is_https()) {
        service.shared.sessions.sign_out(&browser, service.now());
    }
    pages::signed_out()
}

/// A form of one of our pages.
pub(super) async fn answer(State(service): State<Service>, headers: HeaderMap, body: Bytes) -> Response {
    // A browser says where a form comes from. Other sites, and frames without an origin, are not us.
    let origin = headers.get(header::ORIGIN).map(|origin| origin.to_str().unwrap_or_default());
    if origin.is_some_and(|origin| origin != service.shared.authority) {
        return pages::foreign();
    }
    let Ok(mut form) = Parameters::read(&body) else { return pages::foreign() };
    let number = form.take("request").unwrap_or_default();
    let browser = cookie::read(&headers, service.is_https()).unwrap_or_default();
    let Some(request) = service.opened(&number, &browser) else { return pages::over() };
    if !random::is_same(&request.csrf, &form.take("csrf").unwrap_or_default()) {
        return pages::foreign();
    }
    match take(&service, &number, &request, form) {
        Ok(Taken::GoOn(cookie)) => {
            let mut response = show(&service, &number, &service.shared.requests.get(&number, service.now()));
            pages::set_cookie(&mut response, cookie.map(|cookie| cookie::write(&cookie, service.is_https())));
            response
        }
        Ok(Taken::Declined) => {
            service.shared.requests.take(&number, service.now());
            declined(&service, &request)
        }
        Err(error) if error.code == 50_126 || error.code == 50_053 => {
            pages::sign_in(&service, &number, &request, Some(&error.to_string()))
        }
        Err(error) => pages::refused(&error.traced(&request.correlation)),
    }
}

enum Taken {
    /// With a new cookie, perhaps.
    GoOn(Option<String>),
    Declined,
}

/// Takes the answer to the step at which the request stands.
fn take(service: &Service, number: &str, request: &Request, mut form: Parameters) -> Result<Taken, EntraError> {
    let allows = form.take("decision").as_deref() == Some("allow");
    match service.step(request)? {
        Step::SignIn => {
            let name = form.take("username").unwrap_or_default();
            let password = form.take("password").unwrap_or_default();
            let (session, cookie) = service.sign_in(&name, &password)?;
            service.signed_in(number, request, &session)?;
            service.moved(number, &cookie);
            Ok(Taken::GoOn(Some(cookie)))
        }
        Step::SecondFactor(_) | Step::Consent(..) if !allows => Ok(Taken::Declined),
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
        Step::Done(_) => Ok(Taken::GoOn(None)),
    }
}

/// The page of the next step, or the answer to the client.
fn show(service: &Service, number: &str, request: &Option<Request>) -> Response {
    let Some(request) = request else { return pages::over() };
    match service.step(request) {
        Ok(Step::SignIn) => pages::sign_in(service, number, request, None),
        Ok(Step::SecondFactor(session)) => pages::second_factor(service, number, request, &session),
        Ok(Step::Consent(session, scopes)) => pages::consent(service, number, request, &session, &scopes),
        Ok(Step::Done(session)) => {
            // Of two clicks, one takes it.
            let Some(request) = service.shared.requests.take(number, service.now()) else { return pages::over() };
            match &request.back {
                Back::Client(reply) => {
                    let code = service.new_code(&request, reply, &session);
                    send(reply, &[("code", &code), ("session_state", &session.id)])
                }
                Back::Device(_) => pages::over(),
            }
        }
        Err(error) => pages::refused(&error.traced(&request.correlation)),
    }
}

fn declined(_service: &Service, request: &Request) -> Response {
    match &request.back {
        Back::Client(reply) => refuse(reply, refusals::declined(), &request.correlation),
        Back::Device(_) => pages::over(),
    }
}

/// What a client has asked, after it is known who it is and where its answer goes: what is wrong from here on, it is told.
struct Addressed<'a> {
    app: &'a App,
    segment: Segment,
    reply: Reply,
    query: Parameters,
}

fn addressed<'a>(service: &'a Service, tenant: &str, mut query: Parameters) -> Result<Addressed<'a>, EntraError> {
    let segment = Segment::read(tenant)?;
    let mut require = |name: &'static str| query.take(name).ok_or_else(|| refusals::missing(name));
    let id = require("client_id")?;
    let app = service.shared.directory.app_in(&id, segment)?;
    let redirect_uri = require("redirect_uri")?;
    // Spec(OAuth 2.1, section 4.1.2.1): never redirect to a URI that is not registered.
    if !redirect::is_registered(&redirect_uri, app.redirect_uris()) {
        return Err(refusals::wrong_redirect(&redirect_uri.chars().take(200).collect::<String>(), app.id));
    }
    let mode = match query.take("response_mode").as_deref() {
        None | Some("query") => ResponseMode::Query,
        Some("fragment") => ResponseMode::Fragment,
        Some("form_post") => ResponseMode::FormPost,
        Some(_) => return Err(refusals::malformed("The response_mode is not known.")),
    };
    let mut short = |name: &'static str| match query.take(name) {
        Some(value) if value.len() > MAX_STATE_BYTES => Err(refusals::malformed(&format!("The {name} is too long."))),
        value => Ok(value),
    };
    let reply = Reply { redirect_uri, mode, state: short("state")?, nonce: short("nonce")?, challenge: None };
    Ok(Addressed { app, segment, reply, query })
}

impl Addressed<'_> {
    fn go_on(mut self, service: &Service, headers: &HeaderMap, correlation: Correlation) -> Response {
        let prompt = self.query.take("prompt");
        let browser = cookie::read(headers, service.is_https());
        let is_new = browser.is_none();
        let browser = browser.unwrap_or_else(random::secret);
        let mut request = match self.request(service, browser.clone(), &correlation) {
            Ok(request) => request,
            Err(error) => return refuse(&self.reply, error, &correlation),
        };
        request.ask_consent = prompt.as_deref() == Some("consent");
        let fresh = matches!(prompt.as_deref(), Some("login" | "select_account"));
        let (number, request) = service.open(request, fresh);
        if prompt.as_deref() == Some("none") {
            return match silently(service, &request) {
                Ok(()) => show(service, &number, &Some(request)),
                Err(error) => refuse(&self.reply, error, &correlation),
            };
        }
        let mut response = show(service, &number, &Some(request));
        pages::set_cookie(&mut response, is_new.then(|| cookie::write(&browser, service.is_https())));
        response
    }

    fn request(
        &mut self,
        service: &Service,
        browser: String,
        correlation: &Correlation,
    ) -> Result<Request, EntraError> {
        let mut require = |name: &'static str| self.query.take(name).ok_or_else(|| refusals::missing(name));
        if require("response_type")? != "code" {
            return Err(refusals::response_type());
        }
        let scope = require("scope")?;
        self.reply.challenge = challenge(self.app, &mut self.query)?;
        let tenant = match self.segment {
            Segment::Of(tenant) => tenant.name,
            Segment::Any => "common",
        };
        let wanted = Wanted::read(&service.shared.directory, self.app, tenant, &scope)?;
        wanted.check_resource(self.query.take("resource").as_deref())?;
        Ok(Request {
            segment: self.segment,
            client: self.app.id,
            wanted,
            claims: ClaimsRequest::read(self.query.take("claims").as_deref())?,
            ask_consent: false,
            login_hint: self.query.take("login_hint"),
            back: Back::Client(self.reply.clone()),
            browser,
            csrf: random::secret(),
            session: None,
            correlation: correlation.clone(),
        })
    }
}

/// The real one lets public clients do without, and takes `plain` too. Here both are refused: OAuth 2.1 and MCP have done
/// with them, and what works here has to be what is meant to work.
fn challenge(app: &App, query: &mut Parameters) -> Result<Option<String>, EntraError> {
    match (query.take("code_challenge"), query.take("code_challenge_method").as_deref()) {
        (None, None) if app.is_public() => Err(refusals::no_challenge()),
        (None, None) => Ok(None),
        (Some(challenge), Some("S256")) if challenge.len() == 43 => Ok(Some(challenge)),
        (Some(_), Some("S256")) => Err(refusals::bad_challenge()),
        _ => Err(refusals::not_s256()),
    }
}

/// `prompt=none`: whether there is nothing to ask.
fn silently(service: &Service, request: &Request) -> Result<(), EntraError> {
    match service.step(request)? {
        Step::SignIn => Err(refusals::sign_in_needed()),
        Step::SecondFactor(session) => {
            let has_one = service.shared.sessions.is_enrolled(session.user);
            Err(refusals::second_factor(request.wanted.resource, has_one, ClaimsRequest::of_the_policy()))
        }
        Step::Consent(..) => {
            let name = service.shared.directory.by_id(request.client).map_or("", |app| app.name);
            let error = refusals::not_consented(request.client, name);
            Err(EntraError { error: "consent_required", ..error })
        }
        Step::Done(_) => Ok(()),
    }
}

fn refuse(reply: &Reply, error: EntraError, correlation: &Correlation) -> Response {
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
