//! A refresh token: for any resource that its client has consent for. Each answer holds a new one, and the old one
//! stays good, as with the real one.

use serde_json::Value;

use super::{
    super::{
        Service, claims_request::ClaimsRequest, directory::Segment, errors::EntraError, interaction::home, random,
        refusals, scopes::Wanted, sessions::SESSION_SECONDS,
    },
    Client, For,
};

/// What a refresh token stands for.
#[derive(Clone)]
pub(in super::super) struct Refresh {
    client: &'static str,
    session: String,
    /// What its first token was for.
    wanted: Wanted,
}

impl Service {
    pub(super) fn new_refresh_token(&self, of: &For<'_>) -> String {
        let (token, now) = (format!("1.{}", random::secret()), self.now());
        let stands_for =
            Refresh { client: of.client.app.id, session: of.session.id.clone(), wanted: of.wanted.clone() };
        self.shared.refresh_tokens.put(&token, stands_for, now + SESSION_SECONDS, now);
        token
    }

    pub(in super::super) fn refresh(
        &self,
        segment: Segment,
        client: Client<'_>,
        token: &str,
        scope: Option<&str>,
        resource: Option<&str>,
        claims: &ClaimsRequest,
    ) -> Result<Value, EntraError> {
        let now = self.now();
        let refresh = self.shared.refresh_tokens.get(token, now).ok_or_else(refusals::expired)?;
        if refresh.client != client.app.id {
            return Err(refusals::bad_grant("refresh_token"));
        }
        let session = self.shared.sessions.get(&refresh.session, now).ok_or_else(refusals::revoked)?;
        let tenant = home(session.user);
        if segment != Segment::Any && segment != Segment::Of(tenant) {
            return Err(refusals::bad_grant("refresh_token"));
        }
        let wanted = match scope {
            Some(scope) => {
                let mut wanted = Wanted::read(&self.shared.directory, client.app, tenant.name, scope)?;
                // Who refreshes has it, whether it says so again or not.
                wanted.openid.offline_access = true;
                wanted
            }
            // An MCP client that leaves the scope out falls into this where it is its own API.
            None if refresh.wanted.resource == client.app.id => {
                return Err(refusals::for_itself(client.app.id, client.app.name));
            }
            None => refresh.wanted,
        };
        wanted.check_resource(resource)?;
        self.shared.sessions.keep(&session, now);
        self.answer(&For { tenant, client, session: &session, wanted: &wanted, claims, nonce: None })
    }
}
