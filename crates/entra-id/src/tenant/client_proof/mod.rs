//! How an app proves that it is itself: with a secret, with a certificate, or with a token of an issuer that it trusts.

mod assertion;
mod certificate;

use base64::{Engine, prelude::BASE64_STANDARD};

pub use self::certificate::Certificate;
use super::{
    Service,
    directory::{
        Segment,
        apps::{App, Credentials, Kind},
    },
    errors::EntraError,
    refusals,
    tokens::Proof,
};

const ASSERTION_TYPE: &str = "urn:ietf:params:oauth:client-assertion-type:jwt-bearer";

/// What came with a request.
#[derive(Default)]
pub(super) struct Presented {
    /// The `Authorization` header.
    pub(super) authorization: Option<String>,
    pub(super) client_id: Option<String>,
    pub(super) client_secret: Option<String>,
    pub(super) assertion_type: Option<String>,
    pub(super) assertion: Option<String>,
}

impl Service {
    /// The app that sends a request, and how well it has proved that.
    pub(super) fn authenticate(&self, segment: Segment, presented: Presented) -> Result<(&App, Proof), EntraError> {
        let basic = presented.authorization.as_deref().map(basic).transpose()?;
        let (basic_id, basic_secret) = basic.unzip();
        let id = presented.client_id.or(basic_id).ok_or_else(|| refusals::missing("client_id"))?;
        let app = self.shared.directory.app_in(&id, segment)?;
        let secret = presented.client_secret.or(basic_secret);
        match &app.kind {
            Kind::Public if secret.is_some() || presented.assertion.is_some() => {
                Err(refusals::credential_of_a_public_client())
            }
            Kind::Public => Ok((app, Proof::None)),
            Kind::Confidential(credentials) => {
                let assertion = presented.assertion.as_deref();
                if assertion.is_some() && presented.assertion_type.as_deref() != Some(ASSERTION_TYPE) {
                    return Err(refusals::malformed("The client_assertion_type is not known."));
                }
                Ok((app, self.prove(app, credentials, secret.as_deref(), assertion)?))
            }
        }
    }

    fn prove(
        &self,
        app: &App,
        credentials: &Credentials,
        secret: Option<&str>,
        assertion: Option<&str>,
    ) -> Result<Proof, EntraError> {
        match (secret, assertion) {
            (Some(secret), None) if credentials.has_secret(secret) => Ok(Proof::Secret),
            (Some(_), None) => Err(refusals::wrong_secret(app.id)),
            (None, Some(assertion)) => {
                assertion::check(&self.shared.authority, app, credentials, assertion, self.now())?;
                Ok(Proof::Assertion)
            }
            (Some(_), Some(_)) => Err(refusals::malformed("Send one credential, not two.")),
            (None, None) => Err(refusals::no_credential()),
        }
    }
}

/// Spec(RFC 6749, section 2.3.1): both halves are form-encoded before they are joined.
fn basic(header: &str) -> Result<(String, String), EntraError> {
    let decoded = || {
        let (scheme, text) = header.split_once(' ')?;
        let text = BASE64_STANDARD.decode(text.trim()).ok().filter(|_| scheme.eq_ignore_ascii_case("basic"))?;
        let text = String::from_utf8(text).ok()?;
        let (id, secret) = text.split_once(':')?;
        let plain = |text: &str| {
            let pair = format!("x={text}");
            url::form_urlencoded::parse(pair.as_bytes()).next().map(|(_, value)| value.into_owned())
        };
        Some((plain(id)?, plain(secret)?))
    };
    decoded().ok_or_else(|| refusals::malformed("The Authorization header is no Basic credential."))
}
