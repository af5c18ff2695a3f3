//! An authorization code, once, by the client that it was sent to, with the verifier that it has kept (RFC 7636).

use serde_json::Value;

use super::{
    super::{
        Service,
        claims_request::ClaimsRequest,
        directory::Segment,
        errors::EntraError,
        interaction::{Reply, Request, home},
        random, refusals,
        scopes::Wanted,
        sessions::Session,
    },
    Client, For,
};

/// Seconds that a code is good.
const CODE_SECONDS: i64 = 600;

/// What a code stands for.
#[derive(Clone)]
pub(in super::super) struct Code {
    client: &'static str,
    session: String,
    wanted: Wanted,
    claims: ClaimsRequest,
    reply: Reply,
    expires: i64,
    is_redeemed: bool,
}

impl Code {
    pub(in super::super) fn expire(&mut self, now: i64) {
        self.expires = now;
    }
}

/// What a client brings.
pub(in super::super) struct Redemption {
    pub(in super::super) code: String,
    pub(in super::super) redirect_uri: Option<String>,
    pub(in super::super) verifier: Option<String>,
    pub(in super::super) scope: Option<String>,
    pub(in super::super) resource: Option<String>,
}

impl Service {
    /// A code for a request that a person has answered.
    pub(in super::super) fn new_code(&self, request: &Request, reply: &Reply, session: &Session) -> String {
        let (code, now) = (format!("1.{}", random::secret()), self.now());
        let expires = now + CODE_SECONDS;
        let stands_for = Code {
            client: request.client,
            session: session.id.clone(),
            wanted: request.wanted.clone(),
            claims: request.claims.clone(),
            reply: reply.clone(),
            expires,
            is_redeemed: false,
        };
        // Kept for longer than it is good, so that a late or a second attempt hears why.
        self.shared.codes.put(&code, stands_for, expires + CODE_SECONDS, now);
        code
    }

    pub(in super::super) fn redeem(
        &self,
        segment: Segment,
        client: Client<'_>,
        asked: &Redemption,
    ) -> Result<Value, EntraError> {
        let now = self.now();
        // Whatever is wrong with this attempt, there is no second one.
        let code = self.shared.codes.change(&asked.code, now, |code| {
            let before = code.clone();
            code.is_redeemed = true;
            before
        });
        let code = code.filter(|code| code.client == client.app.id).ok_or_else(|| refusals::bad_grant("code"))?;
        if code.is_redeemed {
            return Err(refusals::redeemed());
        }
        if code.expires <= now {
            return Err(refusals::expired());
        }
        let redirect_uri = asked.redirect_uri.as_deref().ok_or_else(|| refusals::missing("redirect_uri"))?;
        if redirect_uri != code.reply.redirect_uri {
            return Err(refusals::other_reply_address(redirect_uri, &code.reply.redirect_uri));
        }
        check_verifier(asked.verifier.as_deref(), code.reply.challenge.as_deref())?;
        let session = self.shared.sessions.get(&code.session, now).ok_or_else(refusals::revoked)?;
        let tenant = home(session.user);
        if segment != Segment::Any && segment != Segment::Of(tenant) {
            return Err(refusals::bad_grant("code"));
        }
        // The scope may be left out here: the code knows it.
        let mut wanted = code.wanted;
        if let Some(scope) = &asked.scope {
            let openid = wanted.openid;
            wanted = Wanted::read(&self.shared.directory, client.app, tenant.name, scope)?;
            wanted.openid.openid |= openid.openid;
            wanted.openid.offline_access |= openid.offline_access;
        }
        wanted.check_resource(asked.resource.as_deref())?;
        self.shared.sessions.keep(&session, now);
        let nonce = code.reply.nonce.as_deref();
        self.answer(&For { tenant, client, session: &session, wanted: &wanted, claims: &code.claims, nonce })
    }
}

fn check_verifier(verifier: Option<&str>, challenge: Option<&str>) -> Result<(), EntraError> {
    let fits = match (verifier, challenge) {
        (None, None) => true,
        (Some(verifier), Some(challenge)) => {
            let is_verifier = (43..=128).contains(&verifier.len())
                && verifier.bytes().all(|byte| byte.is_ascii_alphanumeric() || b"-._~".contains(&byte));
            is_verifier && random::is_same(&random::digest(verifier), challenge)
        }
        _ => false,
    };
    if fits { Ok(()) } else { Err(refusals::wrong_verifier()) }
}

#[cfg(test)]
mod tests {
    use super::check_verifier;

    #[test]
    fn the_example_of_the_rfc() {
        let verifier = Some("dBjftJeZ4CVP-mB92K27uhbUJU1p1r_wW1gFWFOEjXk");
        let challenge = Some("E9Melhoa2OwvFrEMTJguCHaoeK1t8URWbuGJSstw-cM");
        assert!(check_verifier(verifier, challenge).is_ok() && check_verifier(None, None).is_ok());
        for (verifier, challenge) in
            [(None, challenge), (verifier, None), (challenge, challenge), (Some("x"), challenge)]
        {
            assert_eq!(check_verifier(verifier, challenge).map_err(|error| error.code), Err(501_481));
        }
    }
}
