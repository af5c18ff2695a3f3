//! On-behalf-of: an API hands in the token that it was called with, and gets one for the next API, for the same person.

use serde_json::Value;

use super::{
    super::{
        Service,
        claims_request::ClaimsRequest,
        directory::{self, Segment, TENANTS},
        errors::EntraError,
        refusals,
        scopes::Wanted,
    },
    Client, For,
};

/// Seconds that a token is taken after its end.
const LEEWAY: i64 = 300;

impl Service {
    pub(in super::super) fn on_behalf_of(
        &self,
        segment: Segment,
        client: Client<'_>,
        assertion: &str,
        scope: &str,
        claims: &ClaimsRequest,
    ) -> Result<Value, EntraError> {
        if jsonwebtoken::decode_header(assertion).is_err() {
            return Err(refusals::no_jwt());
        }
        let now = self.now();
        let token = self.shared.keys.verified(assertion).ok_or_else(refusals::bad_assertion)?;
        let text = |name: &str| token[name].as_str().unwrap_or_default();
        let tenant = TENANTS.iter().find(|tenant| tenant.id == text("tid")).ok_or_else(refusals::bad_assertion)?;
        if segment != Segment::Any && segment != Segment::Of(tenant) {
            return Err(refusals::bad_assertion());
        }
        if token["exp"].as_i64().is_none_or(|end| end + LEEWAY <= now) {
            return Err(refusals::old_assertion());
        }
        if !client.app.uris().any(|uri| uri == text("aud")) {
            return Err(refusals::other_audience(text("aud"), client.app.main_uri(), client.app.id, client.app.name));
        }
        if text("idtyp") == "app" {
            return Err(refusals::no_person(client.app.id));
        }
        // An id token of this client has the right audience too, and is no access token: it has no scopes.
        if token["scp"].as_str().is_none() {
            return Err(refusals::no_jwt());
        }
        let user = directory::user_by_id(text("oid")).ok_or_else(refusals::bad_assertion)?;
        let session = self.shared.sessions.get(text("sid"), now).filter(|session| session.user == user);
        let session = session.ok_or_else(refusals::revoked)?;
        let wanted = Wanted::read(&self.shared.directory, client.app, tenant.name, scope)?;
        self.answer(&For { tenant, client, session: &session, wanted: &wanted, claims, nonce: None })
    }
}
