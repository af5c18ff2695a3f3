//! Assertions instead of secrets (RFC 7523): signed by the app with the key of a certificate that was uploaded, or by
//! an issuer that the app trusts: workload identity federation.

use base64::{Engine, prelude::BASE64_URL_SAFE_NO_PAD as BASE64URL};
use jsonwebtoken::{Algorithm, DecodingKey, Validation, jwk::Jwk};
use serde_json::Value;

use super::super::{
    directory::{
        Segment,
        apps::{App, Credentials, Federated},
    },
    errors::EntraError,
    refusals,
};

/// What the audience of another issuer's token has to be.
const EXCHANGE: &str = "api://AzureADTokenExchange";
/// Clocks differ by so much, in seconds.
const LEEWAY: i64 = 300;
/// Longest assertion, in bytes: one with a chain of certificates fits in.
const MAX_BYTES: usize = 16 * 1024;

/// Checks an assertion that stands for `app`.
pub(super) fn check(
    authority: &str,
    app: &App,
    credentials: &Credentials,
    assertion: &str,
    now: i64,
) -> Result<(), EntraError> {
    let parsed = Parsed::read(assertion).ok_or_else(refusals::no_jwt)?;
    if parsed.text("iss") == app.id || parsed.text("sub") == app.id {
        parsed.check_certificate(authority, app, credentials)?;
    } else {
        parsed.check_federated(&credentials.federated, assertion)?;
    }
    // Spec(RFC 7519, section 2): a NumericDate may have a fraction, and MSAL for Python's have one.
    let date = |name: &str| parsed.claims[name].as_f64().map(|date| date.floor() as i64);
    let is_now = date("exp").is_some_and(|end| end.saturating_add(LEEWAY) > now)
        && date("nbf").is_none_or(|begin| begin <= now + LEEWAY);
    if is_now { Ok(()) } else { Err(refusals::old_client_assertion()) }
}

/// An assertion whose signature is not checked yet.
struct Parsed<'a> {
    header: Value,
    claims: Value,
    message: &'a [u8],
    signature: Vec<u8>,
}

impl<'a> Parsed<'a> {
    fn read(assertion: &'a str) -> Option<Self> {
        let (message, signature) = assertion.rsplit_once('.').filter(|_| assertion.len() <= MAX_BYTES)?;
        let (header, claims) = message.split_once('.')?;
        let json = |part: &str| serde_json::from_slice::<Value>(&BASE64URL.decode(part).ok()?).ok();
        Some(Self {
            header: json(header)?,
            claims: json(claims)?,
            message: message.as_bytes(),
            signature: BASE64URL.decode(signature).ok()?,
        })
    }

    fn text(&self, claim: &str) -> &str {
        self.claims[claim].as_str().unwrap_or_default()
    }

    fn check_certificate(&self, authority: &str, app: &App, credentials: &Credentials) -> Result<(), EntraError> {
        let names = ["x5t#S256", "x5t", "kid"].map(|name| self.header[name].as_str().unwrap_or_default());
        let certificate = credentials.certificates.iter().find(|certificate| certificate.is_named(&names));
        let certificate = certificate.ok_or_else(|| refusals::unknown_certificate("The key was not found."))?;
        let algorithm = self.header["alg"].as_str().unwrap_or_default();
        if !certificate.has_signed(algorithm, self.message, &self.signature) {
            return Err(refusals::unknown_certificate("The signature is not valid."));
        }
        if self.text("iss") != app.id || self.text("sub") != app.id {
            return Err(refusals::other_app_asserted());
        }
        if !is_here(authority, self.text("aud")) {
            return Err(refusals::other_realm());
        }
        Ok(())
    }

    fn check_federated(&self, trusted: &[Federated], assertion: &str) -> Result<(), EntraError> {
        let of_issuer: Vec<&Federated> = trusted.iter().filter(|trusted| trusted.issuer == self.text("iss")).collect();
        if of_issuer.is_empty() {
            return Err(refusals::not_federated(700_211, "issuer", self.text("iss")));
        }
        let Some(trusted) = of_issuer.iter().find(|trusted| trusted.subject == self.text("sub")) else {
            return Err(refusals::not_federated(700_213, "subject", self.text("sub")));
        };
        if self.text("aud") != EXCHANGE {
            return Err(refusals::not_federated(700_212, "audience", self.text("aud")));
        }
        let kid = self.header["kid"].as_str();
        let keys = trusted.jwks["keys"].as_array().into_iter().flatten();
        let verifies = |jwk: &Value| {
            let key = serde_json::from_value::<Jwk>(jwk.clone()).ok().and_then(|jwk| DecodingKey::from_jwk(&jwk).ok());
            let algorithm = match self.header["alg"].as_str() {
                Some("RS256") => Algorithm::RS256,
                Some("ES256") => Algorithm::ES256,
                _ => return false,
            };
            let mut validation = Validation::new(algorithm);
            validation.required_spec_claims.clear();
            (validation.validate_exp, validation.validate_aud) = (false, false);
            key.is_some_and(|key| jsonwebtoken::decode::<Value>(assertion, &key, &validation).is_ok())
        };
        let has_signed = keys.filter(|jwk| jwk["kid"].as_str() == kid).any(verifies);
        if has_signed { Ok(()) } else { Err(refusals::unknown_certificate("The signature is not valid.")) }
    }
}

/// Whether an audience is a token endpoint, or the issuer, of one of the tenants here.
fn is_here(authority: &str, audience: &str) -> bool {
    let rest = audience.strip_prefix(authority).and_then(|rest| rest.strip_prefix('/'));
    let Some((tenant, path)) = rest.map(|rest| rest.split_once('/').unwrap_or((rest, ""))) else { return false };
    Segment::read(tenant).is_ok() && ["", "v2.0", "oauth2/v2.0/token", "oauth2/token"].contains(&path)
}

#[cfg(test)]
mod tests {
    use super::{super::super::known, is_here};

    #[test]
    fn audiences() {
        let here = "https://localhost:1";
        for good in ["/v2.0", "/oauth2/v2.0/token", "/oauth2/token", ""] {
            assert!(is_here(here, &format!("{here}/{}{good}", known::TENANT_ID)), "{good}");
        }
        assert!(is_here(here, &format!("{here}/common/oauth2/v2.0/token")));
        for bad in ["https://localhost:2/common/v2.0", "https://localhost:1/nowhere/v2.0", "https://localhost:1", ""] {
            assert!(!is_here(here, bad), "{bad}");
        }
    }
}
