//! The directory: who and what is known. Made at the start, and changed by consent alone.

pub(super) mod apps;
pub(super) mod consent;
pub(super) mod people;

use self::{
    apps::{App, Credentials},
    people::User,
};
use super::{TenantSettings, errors::EntraError, known, refusals};

/// A company.
#[derive(Debug, PartialEq, Eq)]
pub(super) struct Tenant {
    pub(super) id: &'static str,
    pub(super) domain: &'static str,
    pub(super) name: &'static str,
}

/// All tenants; the apps are registered in the first.
pub(super) static TENANTS: [Tenant; 2] = [
    Tenant { id: known::TENANT_ID, domain: known::TENANT_DOMAIN, name: "Meadow Works" },
    Tenant { id: known::OTHER_TENANT_ID, domain: known::OTHER_TENANT_DOMAIN, name: "Harbor Freight Lines" },
];

/// The part of a path that names a tenant.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Segment {
    /// One tenant, by its id or its domain.
    Of(&'static Tenant),
    /// Whichever tenant the person belongs to: `common` and `organizations`.
    Any,
}

impl Segment {
    pub(super) fn read(text: &str) -> Result<Self, EntraError> {
        if matches!(text, "common" | "organizations") {
            return Ok(Self::Any);
        }
        let found = TENANTS.iter().find(|tenant| tenant.id == text || tenant.domain == text);
        // What comes back in an error is bounded.
        found.map(Self::Of).ok_or_else(|| refusals::unknown_tenant(&text.chars().take(80).collect::<String>()))
    }
}

/// All apps.
pub(super) struct Directory {
    apps: Vec<App>,
}

impl Directory {
    pub(super) fn new(settings: &TenantSettings, credentials: [Credentials; 2]) -> Self {
        Self { apps: apps::all(settings, credentials) }
    }

    /// An app as one tenant sees it: at home, or installed because it is for several.
    pub(super) fn app(&self, id: &str, tenant: &Tenant) -> Result<&App, EntraError> {
        let found = self.apps.iter().find(|app| app.id == id);
        let found = found.filter(|app| app.is_multi_tenant || tenant.id == TENANTS[0].id);
        found.ok_or_else(|| refusals::unknown_app(&id.chars().take(80).collect::<String>(), tenant.name))
    }

    /// The same where the tenant is not settled yet.
    pub(super) fn app_in(&self, id: &str, segment: Segment) -> Result<&App, EntraError> {
        match segment {
            Segment::Of(tenant) => self.app(id, tenant),
            Segment::Any => {
                let app = self.app(id, &TENANTS[0])?;
                if app.is_multi_tenant { Ok(app) } else { Err(refusals::single_tenant(app.id, app.name)) }
            }
        }
    }

    /// An app that is known to exist, such as the one of a grant.
    pub(super) fn by_id(&self, id: &str) -> Option<&App> {
        self.apps.iter().find(|app| app.id == id)
    }

    /// The app that a scope belongs to, by the longest of its App ID URIs, and what is left of the scope.
    pub(super) fn resource<'a>(&self, scope: &'a str) -> Option<(&App, &'a str, &'a str)> {
        let fits =
            |uri: &str| scope.strip_prefix(uri).and_then(|rest| rest.strip_prefix('/')).map(|rest| (uri.len(), rest));
        let found = self.apps.iter().flat_map(|app| app.uris().filter_map(move |uri| Some((app, fits(uri)?))));
        let (app, (length, rest)) = found.max_by_key(|(_, (length, _))| *length)?;
        Some((app, &scope[..length], rest))
    }
}

/// A person by the name that is typed in.
pub(super) fn user(name: &str) -> Option<&'static User> {
    people::PEOPLE.iter().find(|user| user.principal_name.eq_ignore_ascii_case(name.trim()))
}

/// A person by the object id in a token.
pub(super) fn user_by_id(id: &str) -> Option<&'static User> {
    people::PEOPLE.iter().find(|user| user.id == id)
}
