//! Where a client sends a browser: what it asks, and what is wrong with that.

use axum::{
    extract::{Path, RawQuery, State},
    http::HeaderMap,
    response::Response,
};
use mcp_support::web::{Parameters, is_registered};

use super::{
    super::{
        Service,
        claims_request::ClaimsRequest,
        directory::{Segment, apps::App},
        errors::{Correlation, EntraError},
        interaction::{Back, Reply, Request, ResponseMode, Step},
        random, refusals,
        scopes::Wanted,
    },
    BROWSER, pages,
    token::Version,
    walk::{refuse, show},
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
    take_in(&service, &tenant, &headers, query, Version::Two)
}

/// `/{tenant}/oauth2/authorize`
pub(super) async fn begin_v1(
    State(service): State<Service>,
    Path(tenant): Path<String>,
    headers: HeaderMap,
    RawQuery(query): RawQuery,
) -> Response {
    take_in(&service, &tenant, &headers, query, Version::One)
}

fn take_in(service: &Service, tenant: &str, headers: &HeaderMap, query: Option<String>, version: Version) -> Response {
    let correlation = Correlation::of(headers, None, service.now());
    let query = Parameters::read(query.unwrap_or_default().as_bytes());
    let query = query.map_err(|error| refusals::malformed(&format!("{error}.")));
    match query.and_then(|query| addressed(service, tenant, query, version)) {
        Ok(asked) => asked.go_on(service, headers, correlation),
        Err(error) => pages::refused(&error.traced(&correlation)),
    }
}

/// What a client has asked, after it is known who it is and where its answer goes: what is wrong from here on, it is
/// told.
struct Addressed<'a> {
    app: &'a App,
    segment: Segment,
    reply: Reply,
    query: Parameters,
    version: Version,
}

fn addressed<'a>(
    service: &'a Service,
    tenant: &str,
    mut query: Parameters,
    version: Version,
) -> Result<Addressed<'a>, EntraError> {
    let segment = Segment::read(tenant)?;
    let mut require = |name: &'static str| query.take(name).ok_or_else(|| refusals::missing(name));
    let id = require("client_id")?;
    let app = service.shared.directory.app_in(&id, segment)?;
    let redirect_uri = require("redirect_uri")?;
    // Spec(OAuth 2.1, section 4.1.2.1): never redirect to a URI that is not registered.
    if !is_registered(&redirect_uri, &app.redirect_uris) {
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
    Ok(Addressed { app, segment, reply, query, version })
}

impl Addressed<'_> {
    fn go_on(mut self, service: &Service, headers: &HeaderMap, correlation: Correlation) -> Response {
        let prompt = self.query.take("prompt");
        let browser = BROWSER.read(headers, service.is_https());
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
                Ok(()) => show(service, &number, Some(request)),
                Err(error) => refuse(&self.reply, error, &correlation),
            };
        }
        let mut response = show(service, &number, Some(request));
        pages::set_cookie(&mut response, is_new.then(|| BROWSER.write(&browser, service.is_https())));
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
        let scope = self.version.required_scope(&mut self.query)?;
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
            is_confirmed: true,
            browser,
            csrf: random::secret(),
            session: None,
            code: None,
            correlation: correlation.clone(),
        })
    }
}

/// The real one lets public clients do without, and takes `plain` too. Here both are refused: OAuth 2.1 and MCP have
/// done with them, and what works here has to be what is meant to work.
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
        Step::Confirm(_) | Step::Done(_) => Ok(()),
    }
}
