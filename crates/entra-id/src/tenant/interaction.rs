//! What a person is asked, from an authorization request until the answer: to sign in, for a second factor, for
//! consent.
//!
//! Each step is asked for only where it is needed, in this order, and [`Service::step`] says which one is next.

use std::collections::BTreeSet;

use super::{
    Service,
    claims_request::ClaimsRequest,
    directory::{Segment, TENANTS, Tenant, apps::App, people::Policy, people::User},
    errors::{Correlation, EntraError},
    known, random, refusals,
    scopes::{Scopes, Wanted},
    sessions::Session,
};

/// Seconds that a person has to answer.
pub(super) const REQUEST_SECONDS: i64 = 900;

/// What a client wants of a person.
#[derive(Debug, Clone)]
pub(super) struct Request {
    /// The tenant as the client has named it.
    pub(super) segment: Segment,
    pub(super) client: &'static str,
    pub(super) wanted: Wanted,
    pub(super) claims: ClaimsRequest,
    /// Whether to ask for consent although it was given.
    pub(super) ask_consent: bool,
    /// Whose name to suggest.
    pub(super) login_hint: Option<String>,
    pub(super) back: Back,
    /// Whether the person has said that it was they who began. Who sends a browser here has shown that by coming from
    /// there; a device code may have been sent by anybody.
    pub(super) is_confirmed: bool,
    /// The browser that brought it, by its cookie.
    pub(super) browser: String,
    /// What its forms must send back.
    pub(super) csrf: String,
    /// The sign-in that answers it.
    pub(super) session: Option<String>,
    /// The code that answered it. Who clicks twice gets the same once more, instead of a page that says it is over.
    pub(super) code: Option<String>,
    pub(super) correlation: Correlation,
}

/// Where the answer goes.
#[derive(Debug, Clone)]
pub(super) enum Back {
    /// To the client, as a code.
    Client(Reply),
    /// To whoever polls with the device code of this name.
    Device(String),
}

/// How a client wants its code.
#[derive(Debug, Clone)]
pub(super) struct Reply {
    pub(super) redirect_uri: String,
    pub(super) mode: ResponseMode,
    pub(super) state: Option<String>,
    pub(super) nonce: Option<String>,
    /// SHA-256 of the verifier, in base64url.
    pub(super) challenge: Option<String>,
}

/// In which part of the answer the parameters stand.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum ResponseMode {
    Query,
    Fragment,
    FormPost,
}

/// What the person is asked next.
#[derive(Debug)]
pub(super) enum Step {
    SignIn,
    SecondFactor(Session),
    /// For these permissions of the resource.
    Consent(Session, Vec<String>),
    /// Whether it was they who began this on the other device.
    Confirm(Session),
    /// Nothing more.
    Done(Session),
}

impl Service {
    /// Takes a request in, and returns its number.
    pub(super) fn open(&self, mut request: Request, fresh: bool) -> (String, Request) {
        let now = self.now();
        let session = self.shared.sessions.of_browser(&request.browser, now).filter(|_| !fresh);
        let session = session.filter(|session| request.claims.not_before.is_none_or(|time| session.at >= time));
        request.session = session.filter(|session| fits(request.segment, session.user)).map(|session| session.id);
        let number = random::secret();
        self.shared.requests.put(&number, request.clone(), now + REQUEST_SECONDS, now);
        (number, request)
    }

    /// A request in the browser that brought it.
    pub(super) fn opened(&self, number: &str, browser: &str) -> Option<Request> {
        self.shared.requests.get(number, self.now()).filter(|request| random::is_same(&request.browser, browser))
    }

    pub(super) fn step(&self, request: &Request) -> Result<Step, EntraError> {
        let session = request.session.as_ref().and_then(|id| self.shared.sessions.get(id, self.now()));
        let Some(session) = session else { return Ok(Step::SignIn) };
        let tenant = home(session.user);
        let client = self.shared.directory.app(request.client, tenant)?;
        let wants_more = request.claims.second_factor || self.is_under_policy(session.user, request.wanted.resource);
        if wants_more && !session.second_factor {
            return Ok(Step::SecondFactor(session));
        }
        let missing = self.missing(tenant, client, &request.wanted, session.user);
        let scopes =
            if request.ask_consent && missing.is_empty() { self.needed(client, &request.wanted) } else { missing };
        if scopes.is_empty() {
            return Ok(if request.is_confirmed { Step::Done(session) } else { Step::Confirm(session) });
        }
        let resource = self.shared.directory.by_id(request.wanted.resource);
        let for_admins = |scope: &String| {
            resource.and_then(|resource| resource.scope(scope)).is_some_and(|scope| scope.is_for_admins)
        };
        if scopes.iter().any(for_admins) && !session.user.is_admin() {
            return Err(refusals::admin_needed(client.name));
        }
        Ok(Step::Consent(session, scopes))
    }

    /// The person has given a name and a password.
    pub(super) fn signed_in(&self, number: &str, request: &Request, session: &Session) -> Result<(), EntraError> {
        if !fits(request.segment, session.user)
            && let Segment::Of(tenant) = request.segment
        {
            let name = self.shared.directory.by_id(request.client).map_or("", |app| app.name);
            let user = session.user.principal_name;
            return Err(refusals::stranger(user, tenant.name, request.client, name));
        }
        self.shared.requests.change(number, self.now(), |kept| kept.session = Some(session.id.clone()));
        Ok(())
    }

    /// The browser has a new cookie, and so do the forms.
    pub(super) fn moved(&self, number: &str, cookie: &str) {
        self.shared.requests.change(number, self.now(), |kept| {
            kept.browser = cookie.to_owned();
            kept.csrf = random::secret();
        });
    }

    /// The person has allowed what was asked.
    pub(super) fn consented(&self, number: &str, request: &Request, session: &Session, scopes: Vec<String>) {
        let tenant = home(session.user);
        let (client, resource, user) = (request.client, request.wanted.resource, session.user.id);
        self.shared.consents.grant(tenant.id, client, resource, Some(user), scopes);
        // One question for a client and the API behind it, where the API knows the client and everything was asked for.
        if let Some(app) = self.shared.directory.by_id(resource)
            && app.known_clients.contains(&client)
            && request.wanted.scopes == Scopes::Consented
        {
            self.consent_to_the_needs_of(app, tenant, session.user);
        }
        self.shared.requests.change(number, self.now(), |kept| kept.ask_consent = false);
    }

    /// The code that answers a request; none when the request is over.
    pub(super) fn answer_request(&self, number: &str, reply: &Reply, session: &Session) -> Option<String> {
        self.shared.requests.change(number, self.now(), |kept| match &kept.code {
            Some(code) => code.clone(),
            None => kept.code.insert(self.new_code(kept, reply, session)).clone(),
        })
    }

    /// The person has said that it was they who began.
    pub(super) fn confirmed(&self, number: &str) {
        self.shared.requests.change(number, self.now(), |kept| kept.is_confirmed = true);
    }

    fn consent_to_the_needs_of(&self, app: &App, tenant: &'static Tenant, user: &'static User) {
        for (resource, scope) in app.permissions {
            let scope_of = self.shared.directory.by_id(resource).and_then(|resource| resource.scope(scope));
            if scope_of.is_some_and(|scope| !scope.is_for_admins || user.is_admin()) {
                self.shared.consents.grant(tenant.id, app.id, resource, Some(user.id), [(*scope).to_owned()]);
            }
        }
    }

    /// What a client may do for somebody with what it wants; an error where consent is missing.
    pub(super) fn granted(
        &self,
        tenant: &'static Tenant,
        client: &App,
        wanted: &Wanted,
        user: &'static User,
    ) -> Result<Vec<String>, EntraError> {
        if !self.missing(tenant, client, wanted, user).is_empty() {
            return Err(refusals::not_consented(client.id, client.name));
        }
        let consented = self.shared.consents.of(tenant.id, client.id, wanted.resource, user.id);
        match &wanted.scopes {
            Scopes::Consented if consented.is_empty() => Err(refusals::not_consented(client.id, client.name)),
            Scopes::Consented => Ok(consented.into_iter().collect()),
            Scopes::Named(named) => Ok(named.clone()),
        }
    }

    /// Whether conditional access guards a resource for somebody.
    pub(super) fn is_under_policy(&self, user: &User, resource: &str) -> bool {
        user.policy != Policy::None && resource == known::GRAPH_APP
    }

    /// Permissions that are wanted and not consented to. `.default` is content with what there is, and asks for all
    /// that the client has registered where there is nothing.
    fn missing(&self, tenant: &'static Tenant, client: &App, wanted: &Wanted, user: &'static User) -> Vec<String> {
        let consented = self.shared.consents.of(tenant.id, client.id, wanted.resource, user.id);
        if wanted.scopes == Scopes::Consented && !consented.is_empty() {
            return Vec::new();
        }
        let needed: BTreeSet<String> = self.needed(client, wanted).into_iter().collect();
        needed.difference(&consented).cloned().collect()
    }

    fn needed(&self, client: &App, wanted: &Wanted) -> Vec<String> {
        match &wanted.scopes {
            Scopes::Named(named) => named.clone(),
            Scopes::Consented => {
                let registered = client.permissions.iter().filter(|(resource, _)| *resource == wanted.resource);
                registered.map(|(_, scope)| (*scope).to_owned()).collect()
            }
        }
    }
}

/// The tenant that somebody belongs to.
pub(super) fn home(user: &User) -> &'static Tenant {
    TENANTS.iter().find(|tenant| tenant.id == user.tenant).unwrap_or(&TENANTS[0])
}

fn fits(segment: Segment, user: &User) -> bool {
    match segment {
        Segment::Any => true,
        Segment::Of(tenant) => tenant.id == user.tenant,
    }
}
