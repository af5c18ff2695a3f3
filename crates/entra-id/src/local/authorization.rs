//! (2) The authorization code flow with PKCE: what goes out with the person's browser, and whether what comes back is the
//! answer to it.

use aws_lc_rs::digest::{SHA256, digest};
use base64::{Engine, prelude::BASE64_URL_SAFE_NO_PAD as BASE64URL};
use mcp_support::web::{Parameters, ParametersError};
use rand::RngExt;
use secrecy::{ExposeSecret, SecretString};
use subtle::ConstantTimeEq;
use url::Url;

use crate::{capabilities, failure::Refused, settings::Directory};

/// Longest text of a refusal that is kept, in characters.
const TEXT: usize = 200;

/// One request for a code.
pub(super) struct AuthorizationRequest {
    redirect_uri: String,
    /// Tells the answer to this request from every other one (RFC 6749, section 10.12).
    state: SecretString,
    /// Comes back in the ID token, which was then made for this request.
    nonce: String,
    /// Never leaves this process before the code is exchanged (RFC 7636).
    verifier: SecretString,
}

/// What a browser has come back with.
#[derive(Debug)]
pub(super) enum Answer {
    /// A code to exchange.
    Code(SecretString),
    /// Entra, or the person, has refused.
    Refused(Refused),
    /// Somebody else's answer, or no answer at all: it changes nothing.
    NotOurs,
}

impl AuthorizationRequest {
    pub(super) fn new(redirect_uri: &str) -> Self {
        Self {
            redirect_uri: redirect_uri.to_owned(),
            state: random().into(),
            nonce: random(),
            verifier: random().into(),
        }
    }

    pub(super) fn nonce(&self) -> &str {
        &self.nonce
    }

    /// Where the person goes. `challenge` is what Conditional Access wants of this sign-in; `username` whose it is.
    pub(super) fn url(
        &self,
        directory: &Directory,
        scope: &str,
        challenge: Option<&str>,
        username: Option<&str>,
    ) -> Result<Url, url::ParseError> {
        let hash = BASE64URL.encode(digest(&SHA256, self.verifier.expose_secret().as_bytes()));
        // Whoever signs in for the first time, or again after signing out, chooses the account.
        let prompt = (challenge.is_none() && username.is_none()).then_some("select_account");
        let mut url = Url::parse(&directory.authority.authorize())?;
        let known = [("login_hint", username), ("prompt", prompt)];
        url.query_pairs_mut()
            .append_pair("client_id", &directory.client_id)
            .append_pair("response_type", "code")
            .append_pair("response_mode", "query")
            .append_pair("redirect_uri", &self.redirect_uri)
            .append_pair("scope", scope)
            .append_pair("state", self.state.expose_secret())
            .append_pair("nonce", &self.nonce)
            .append_pair("code_challenge", &hash)
            .append_pair("code_challenge_method", "S256")
            .append_pair("claims", &capabilities::claims(challenge))
            .extend_pairs(known.into_iter().filter_map(|(name, value)| Some((name, value?))));
        Ok(url)
    }

    /// Reads what a browser came back with.
    pub(super) fn answer(&self, came: &str) -> Answer {
        let query = came.split_once('?').map_or("", |(_, query)| query);
        let Ok(mut parameters) = Parameters::read(query.as_bytes()) else { return Answer::NotOurs };
        let state = parameters.take("state").unwrap_or_default();
        if !bool::from(state.as_bytes().ct_eq(self.state.expose_secret().as_bytes())) {
            return Answer::NotOurs;
        }
        let code: Result<String, ParametersError> = parameters.require("code");
        match (code, parameters.take("error")) {
            (Ok(code), None) => Answer::Code(code.into()),
            (_, Some(error)) => {
                let description = parameters.take("error_description").unwrap_or_default();
                Answer::Refused(Refused::told(&error, &description.chars().take(TEXT).collect::<String>()))
            }
            (Err(_), None) => Answer::NotOurs,
        }
    }

    /// The form that exchanges the code, besides `client_id` and `scope`.
    pub(super) fn exchange<'a>(&'a self, code: &'a SecretString) -> [(&'static str, &'a str); 4] {
        [
            ("grant_type", "authorization_code"),
            ("code", code.expose_secret()),
            ("redirect_uri", &self.redirect_uri),
            ("code_verifier", self.verifier.expose_secret()),
        ]
    }
}

/// 256 random bits as 43 characters, which RFC 7636 asks for and everything else can use.
pub(super) fn random() -> String {
    BASE64URL.encode(rand::rng().random::<[u8; 32]>())
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::authority::Authority;

    const TENANT: &str = "6babcaad-604b-40ac-a9d7-9fd97c0b779f";

    fn request() -> (AuthorizationRequest, Vec<(String, String)>) {
        let authority = Authority::new("https://login.example.com".parse().expect("a URL"), TENANT).expect("a tenant");
        let graph = "https://graph.example.com".parse().expect("a URL");
        let directory = Directory { authority, client_id: TENANT.to_owned(), graph };
        let request = AuthorizationRequest::new("http://localhost:1234");
        let url = request.url(&directory, "openid User.Read", None, None).expect("a URL");
        let pairs = url.query_pairs().map(|(name, value)| (name.into_owned(), value.into_owned())).collect();
        (request, pairs)
    }

    #[test]
    fn what_goes_out_holds_the_hash_of_the_verifier_and_not_the_verifier() {
        let (request, pairs) = request();
        let value = |name: &str| pairs.iter().find(|(known, _)| known == name).map(|(_, value)| value.as_str());
        let hash = digest(&SHA256, request.verifier.expose_secret().as_bytes());
        assert_eq!(value("code_challenge"), Some(BASE64URL.encode(hash).as_str()));
        assert_eq!((value("code_challenge_method"), value("response_type")), (Some("S256"), Some("code")));
        assert!(pairs.iter().all(|(_, value)| value != request.verifier.expose_secret()));
        assert_eq!(request.verifier.expose_secret().len(), 43);
    }

    #[test]
    fn only_the_answer_to_this_request_counts() {
        let (request, pairs) = request();
        let state = pairs.iter().find(|(name, _)| name == "state").map(|(_, value)| value.clone()).expect("a state");
        let answer = |query: &str| request.answer(&format!("http://localhost:1234/?{query}"));
        assert!(matches!(answer(&format!("code=c&state={state}")), Answer::Code(code) if code.expose_secret() == "c"));
        let refused = answer(&format!("error=access_denied&error_description=no&state={state}"));
        assert!(matches!(refused, Answer::Refused(refused) if refused.error == "access_denied"));
        for other in [
            "code=c".to_owned(),
            "code=c&state=other".to_owned(),
            "error=access_denied&state=other".to_owned(),
            format!("state={state}"),
            format!("code=c&code=d&state={state}"),
            format!("code=c&error=e&state={}", &state[1..]),
            String::new(),
        ] {
            assert!(matches!(answer(&other), Answer::NotOurs), "{other}");
        }
    }
}
