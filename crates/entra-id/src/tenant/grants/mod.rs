//! What becomes a token: a code, a refresh token, an app's own proof, another token.

pub(super) mod client_credentials;
pub(super) mod code;
pub(super) mod device;
pub(super) mod on_behalf_of;
pub(super) mod refresh;

use serde_json::{Value, json};

use super::{
    Service,
    claims_request::ClaimsRequest,
    directory::{Tenant, apps::App},
    errors::EntraError,
    known, refusals,
    scopes::Wanted,
    sessions::Session,
    tokens::{Proof, Subject},
};

/// An app that has proved who it is.
#[derive(Clone, Copy)]
pub(super) struct Client<'a> {
    pub(super) app: &'a App,
    pub(super) proof: Proof,
    /// Whether it wants `client_info`, which MSAL names its accounts by.
    pub(super) wants_info: bool,
}

impl<'a> Client<'a> {
    /// One that has not been asked for a proof.
    pub(super) fn unproven(app: &'a App) -> Self {
        Self { app, proof: Proof::None, wants_info: false }
    }
}

/// What a person's token is made for.
struct For<'a> {
    tenant: &'static Tenant,
    client: Client<'a>,
    session: &'a Session,
    wanted: &'a Wanted,
    claims: &'a ClaimsRequest,
    nonce: Option<&'a str>,
}

impl Service {
    /// The answer with tokens for somebody. Consent and policies are looked at each time.
    fn answer(&self, of: &For<'_>) -> Result<Value, EntraError> {
        let For { tenant, client, session, wanted, claims, nonce } = of;
        let mut scopes = self.granted(tenant, client.app, wanted, session.user)?;
        self.check_policy(session, wanted.resource, claims)?;
        let subject =
            Subject { tenant, client: client.app, proof: client.proof, wanted, capabilities: &claims.capabilities };
        let failed = |error| EntraError::internal("signing a token", error);
        let written = wanted.written(&scopes);
        if wanted.resource == known::GRAPH_APP {
            scopes.extend(wanted.openid.names().map(str::to_owned));
        }
        let seconds = self.access_seconds();
        let mut answer = json!({
            "token_type": "Bearer",
            "scope": written,
            "expires_in": seconds,
            "ext_expires_in": seconds,
            "access_token": self.delegated_token(&subject, session, &scopes).map_err(failed)?,
        });
        if wanted.openid.offline_access {
            answer["refresh_token"] = self.new_refresh_token(of).into();
        }
        if wanted.openid.openid {
            answer["id_token"] = self.id_token(&subject, session, *nonce).map_err(failed)?.into();
        }
        if client.wants_info {
            answer["client_info"] = client_info(session).into();
        }
        Ok(answer)
    }

    /// Conditional access: what the resource or the request asks for, this sign-in has to fulfil.
    fn check_policy(&self, session: &Session, resource: &str, claims: &ClaimsRequest) -> Result<(), EntraError> {
        if claims.not_before.is_some_and(|time| session.at < time) {
            return Err(refusals::revoked());
        }
        if !self.is_strong_enough(session, resource, claims) {
            let has_one = self.shared.sessions.is_enrolled(session.user);
            return Err(refusals::second_factor(resource, has_one, claims.challenge()));
        }
        Ok(())
    }
}

/// Who the account is, in the form of MSAL.
fn client_info(session: &Session) -> String {
    use base64::{Engine, prelude::BASE64_URL_SAFE_NO_PAD as BASE64URL};
    BASE64URL.encode(json!({"uid": session.user.id, "utid": session.user.tenant}).to_string())
}
