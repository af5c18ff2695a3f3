//! Tokens that are bound to a key of their client. Each test names the section of RFC 9449 that it holds the servers to.

use base64::{Engine, prelude::BASE64_URL_SAFE_NO_PAD as BASE64URL};
use mcp_support::{
    client::Revision,
    testing::{
        RawHttp, Reply,
        auth::{Mint, SigningKey},
        initialize, request,
    },
};
use reqwest::header::HeaderMap;
use serde_json::{Value, json};

mod bound_tokens;
mod token_endpoint;

use crate::fixture::{Answer, CONFIDENTIAL, PASSWORD, PUBLIC, REDIRECT, Running, SECRET, VERIFIER, left, parameter};

/// A program with both servers, and a client with a key.
struct Holder {
    running: Running,
    key: SigningKey,
}

type Form<'a> = Vec<(&'a str, &'a str)>;

impl Holder {
    async fn start(flags: &[&str]) -> anyhow::Result<Self> {
        Ok(Self { running: Running::start_with(flags).await?, key: SigningKey::es256("own")? })
    }

    /// A proof for the token endpoint, where there is no token yet.
    fn proof(&self) -> Mint {
        Self::proof_of(&self.key, &self.running)
    }

    fn proof_of(key: &SigningKey, running: &Running) -> Mint {
        Mint::proof(key, "POST", &running.at("/oauth2/token"), "").claim("ath", Value::Null)
    }

    fn code_form<'a>(&'a self, code: &'a str) -> Form<'a> {
        vec![
            ("grant_type", "authorization_code"),
            ("client_id", PUBLIC),
            ("code", code),
            ("redirect_uri", REDIRECT),
            ("code_verifier", VERIFIER),
            ("resource", &self.running.server.url),
        ]
    }

    fn machine_form(&self) -> Form<'_> {
        vec![("grant_type", "client_credentials"), ("scope", "mcp.access"), ("resource", &self.running.server.url)]
    }

    async fn token(&self, proof: &str, form: &[(&str, &str)]) -> anyhow::Result<Answer> {
        let basic = form.iter().all(|(name, _)| *name != "client_id").then_some((CONFIDENTIAL, SECRET));
        self.running.send("/oauth2/token", basic, header("dpop", proof)?, form).await
    }

    /// A bound token of the confidential client.
    async fn bound_token(&self) -> anyhow::Result<String> {
        let answer = self.token(&self.proof().sign()?, &self.machine_form()).await?;
        assert_eq!((answer.status.as_u16(), &answer.body["token_type"]), (200, &json!("DPoP")), "{answer:?}");
        Ok(answer.text("access_token"))
    }

    async fn refresh(&self, token: &str, key: Option<&SigningKey>) -> anyhow::Result<Answer> {
        let form = [("grant_type", "refresh_token"), ("client_id", PUBLIC), ("refresh_token", token)];
        match key {
            Some(key) => self.token(&Self::proof_of(key, &self.running).sign()?, &form).await,
            None => self.running.token(&form).await,
        }
    }

    /// One request to the resource server.
    async fn call(&self, revision: Revision, authorization: &str, proof: Option<&str>) -> anyhow::Result<Reply> {
        let mut headers = header("authorization", authorization)?;
        if let Some(proof) = proof {
            headers.extend(header("dpop", proof)?);
        }
        let url = &self.running.server.url;
        match revision {
            Revision::Legacy => RawHttp::stateless(url)?.post(&initialize(), headers).await,
            Revision::Modern => {
                let raw = RawHttp::open(url, revision).await?;
                raw.post(&request(revision, 1, "tools/list", json!({})), headers).await
            }
        }
    }
}

fn header(name: &'static str, value: &str) -> anyhow::Result<HeaderMap> {
    Ok([(name.parse()?, value.parse()?)].into_iter().collect())
}

fn claims(token: &str) -> Value {
    let claims = token.split('.').nth(1).expect("a JWT");
    serde_json::from_slice(&BASE64URL.decode(claims).expect("base64url")).expect("JSON")
}

/// The error that a challenge of the resource server names.
fn error_of(reply: &Reply) -> String {
    let said = reply.headers["www-authenticate"].to_str().expect("text");
    said.split("error=\"").nth(1).and_then(|rest| rest.split('"').next()).unwrap_or_default().to_owned()
}
