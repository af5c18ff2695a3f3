//! How a client proves who it is at the token endpoint: a secret, a signature, or nothing but its name.

use base64::{Engine, prelude::BASE64_STANDARD};
use jsonwebtoken::{Algorithm, DecodingKey, Validation, jwk::JwkSet};
use rusqlite::params;
use serde::Deserialize;
use subtle::ConstantTimeEq;

use super::{
    AuthorizationServer, OAuthError,
    client::{Authentication, Client},
    secret,
};

/// The assertion type of RFC 7523.
const ASSERTION_TYPE: &str = "urn:ietf:params:oauth:client-assertion-type:jwt-bearer";
/// The longest that an assertion may live, in seconds.
const ASSERTION_SECONDS: i64 = 300;
/// How far the clocks of client and server may be apart, in seconds.
const SKEW_SECONDS: i64 = 30;

/// What a request says about its client.
#[derive(Debug, Clone, Default)]
pub struct ClientProof {
    /// The `Authorization` header.
    pub authorization: Option<String>,
    /// The parameter `client_id`.
    pub client_id: Option<String>,
    /// The parameter `client_secret`, which is refused: a secret in a body ends in logs.
    pub client_secret: Option<String>,
    /// The parameter `client_assertion_type`.
    pub assertion_type: Option<String>,
    /// The parameter `client_assertion`.
    pub assertion: Option<String>,
}

impl AuthorizationServer {
    /// The client that sent a request, proved.
    ///
    /// # Errors
    /// It is unknown, proves nothing, proves it in another way than it is registered for, or tries too often.
    pub async fn authenticate(&self, proof: &ClientProof) -> Result<Client, OAuthError> {
        let now = self.shared.clock.now();
        let basic = proof.authorization.as_deref().map(basic).transpose()?;
        let named = match (&basic, &proof.assertion, &proof.client_id) {
            (Some((id, _)), None, None) => id.clone(),
            (Some((id, _)), None, Some(named)) if id == named => id.clone(),
            (None, None, Some(named)) => named.clone(),
            (None, Some(assertion), named) => {
                let subject = unverified_subject(assertion)?;
                if named.as_ref().is_some_and(|named| *named != subject) {
                    return Err(OAuthError::client("client_id and the assertion's subject differ"));
                }
                subject
            }
            (None, None, None) => return Err(OAuthError::client("the client does not say who it is")),
            _ => return Err(OAuthError::request("the client proves itself in more than one way")),
        };
        let name: String = named.chars().take(500).collect();
        // Counted before anything else is done: signatures, fetches and writes cost something.
        self.count(&name, now)?;
        self.shared.failures.check(&name, now)?;
        let outcome = self.prove(&named, basic, proof).await;
        if outcome.is_err() {
            let _ = self.shared.failures.count(&name, now);
        }
        outcome
    }

    /// Names that nobody knows are counted together too. They have a limit of their own: whoever makes names up, or floods
    /// under one of them, takes nothing from the clients that are known.
    fn count(&self, name: &str, now: i64) -> Result<(), OAuthError> {
        if self.shared.clients.iter().any(|client| client.id == name) {
            return self.shared.token_requests.count(name, now);
        }
        self.shared.strangers.count("all", now)?;
        self.shared.each_stranger.count(name, now)
    }

    async fn prove(
        &self,
        id: &str,
        basic: Option<(String, String)>,
        proof: &ClientProof,
    ) -> Result<Client, OAuthError> {
        let client = self.client(id).await?;
        match (&client.authentication, basic, &proof.assertion) {
            _ if proof.client_secret.is_some() => Err(OAuthError::client("send the secret by client_secret_basic")),
            (Authentication::None, None, None) => Ok(client),
            (Authentication::SecretBasic(hash), Some((_, sent)), None)
                if bool::from(secret::hash(&sent).as_bytes().ct_eq(hash.as_bytes())) =>
            {
                Ok(client)
            }
            (Authentication::PrivateKeyJwt(keys), None, Some(assertion))
                if proof.assertion_type.as_deref() == Some(ASSERTION_TYPE) =>
            {
                self.check_assertion(&client.id, keys, assertion).await?;
                Ok(client)
            }
            _ => Err(OAuthError::client("the client could not prove who it is")),
        }
    }

    /// RFC 7523, section 3: signed by the client, for this server, for a short time, once.
    async fn check_assertion(&self, client: &str, keys: &JwkSet, assertion: &str) -> Result<(), OAuthError> {
        let refused = |why: &str| OAuthError::client(format!("the assertion {why}"));
        let header = jsonwebtoken::decode_header(assertion).map_err(|_| refused("is no JWT"))?;
        // Never an algorithm with a shared key: the public key would be the secret.
        if !matches!(header.alg, Algorithm::ES256 | Algorithm::RS256 | Algorithm::PS256) {
            return Err(refused("is not signed with ES256, RS256 or PS256"));
        }
        let issuer = &self.shared.issuer;
        let mut validation = Validation::new(header.alg);
        validation.validate_exp = false;
        validation.set_issuer(&[client]);
        // Spec(OAuth 2.1, section 2.4): the issuer identifier; some clients still send the token endpoint's URL.
        validation.set_audience(&[issuer.clone(), format!("{issuer}{}", super::TOKEN_PATH)]);
        validation.set_required_spec_claims(&["exp", "iss", "sub", "aud"]);
        let candidates = keys.keys.iter().filter(|key| header.kid.is_none() || key.common.key_id == header.kid);
        let keys = candidates.filter_map(|key| DecodingKey::from_jwk(key).ok());
        let claims = keys
            .filter_map(|key| jsonwebtoken::decode::<Assertion>(assertion, &key, &validation).ok())
            .map(|token| token.claims)
            .next()
            .ok_or_else(|| refused("has a wrong signature, issuer or audience"))?;
        let now = self.shared.clock.now();
        if claims.sub != client || claims.jti.is_empty() || claims.jti.len() > 200 {
            return Err(refused("names another subject, or no jti"));
        }
        if claims.exp + SKEW_SECONDS <= now || claims.exp > now + ASSERTION_SECONDS + SKEW_SECONDS {
            return Err(refused("has expired, or lives too long"));
        }
        if claims.nbf.is_some_and(|nbf| nbf > now + SKEW_SECONDS) {
            return Err(refused("is not valid yet"));
        }
        let jti = secret::hash(&format!("{client} {}", claims.jti));
        let expires = claims.exp + 2 * SKEW_SECONDS;
        let is_new = self.shared.store.run(move |transaction| {
            let sql = "INSERT INTO assertions (jti, expires) VALUES (?1, ?2) ON CONFLICT DO NOTHING";
            transaction.execute(sql, params![jti, expires])
        });
        if is_new.await? == 0 {
            return Err(refused("was used before"));
        }
        Ok(())
    }
}

#[derive(Deserialize)]
struct Assertion {
    sub: String,
    exp: i64,
    nbf: Option<i64>,
    #[serde(default)]
    jti: String,
}

/// The subject that an assertion claims, to find the key that proves it.
fn unverified_subject(assertion: &str) -> Result<String, OAuthError> {
    let refused = || OAuthError::client("the assertion is no JWT");
    let claims = assertion.split('.').nth(1).ok_or_else(refused)?;
    let claims = base64::prelude::BASE64_URL_SAFE_NO_PAD.decode(claims).map_err(|_| refused())?;
    let claims: serde_json::Value = serde_json::from_slice(&claims).map_err(|_| refused())?;
    claims["sub"].as_str().map(str::to_owned).ok_or_else(refused)
}

/// RFC 6749, section 2.3.1: both halves are form-encoded before they are put together.
fn basic(header: &str) -> Result<(String, String), OAuthError> {
    let refused = || OAuthError::client("the Authorization header is no Basic credential");
    let (scheme, encoded) = header.split_once(' ').ok_or_else(refused)?;
    if !scheme.eq_ignore_ascii_case("basic") {
        return Err(refused());
    }
    let text = BASE64_STANDARD.decode(encoded.trim()).ok().and_then(|bytes| String::from_utf8(bytes).ok());
    let text = text.ok_or_else(refused)?;
    let (id, sent) = text.split_once(':').ok_or_else(refused)?;
    Ok((form_decoded(id), form_decoded(sent)))
}

fn form_decoded(text: &str) -> String {
    let pair = format!("v={text}");
    // Clients that do not encode send what cannot be told apart, unless it holds one of these.
    if text.contains(['&', '=']) {
        return text.to_owned();
    }
    url::form_urlencoded::parse(pair.as_bytes()).next().map(|(_, value)| value.into_owned()).unwrap_or_default()
}

/// The ways that the metadata document announces.
pub const METHODS: [&str; 3] = ["none", "client_secret_basic", "private_key_jwt"];

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn basic_credentials() {
        let header = |text: &str| format!("Basic {}", BASE64_STANDARD.encode(text));
        assert_eq!(basic(&header("id:secret")), Ok(("id".to_owned(), "secret".to_owned())));
        assert_eq!(basic(&header("a%3Ab:c%2Bd")), Ok(("a:b".to_owned(), "c+d".to_owned())));
        assert_eq!(basic(&header("id:a:b=")), Ok(("id".to_owned(), "a:b=".to_owned())));
        for bad in ["", "Basic", "Basic !", "Bearer x", &header("nothing")] {
            assert!(basic(bad).is_err(), "{bad}");
        }
    }
}
