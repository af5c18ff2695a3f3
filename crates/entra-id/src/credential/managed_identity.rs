//! A managed identity: the platform vouches for this machine, and its token stands for the app (federation).

use std::time::{Duration, SystemTime};

use async_trait::async_trait;
use mcp_support::fetch::service::{read_at_most, root_cause};
use reqwest::{Client, redirect::Policy};
use secrecy::{ExposeSecret, SecretString};
use serde::Deserialize;
use serde_json::Value;
use tokio::{sync::Mutex, time::Instant};
use url::Url;

use super::{ClientCredential, CredentialError, FEDERATION_AUDIENCE, MAX_ASSERTION, Parameters, assertion, is_jwt};

/// The Instance Metadata Service of a virtual machine: the same link-local address everywhere, never routed.
const IMDS: &str = "http://169.254.169.254";
/// How long an answer may take: the service is on the same host.
const PATIENCE: Duration = Duration::from_secs(5);
/// A token is asked for again this long before it ends.
const SKEW: Duration = Duration::from_secs(300);

/// Where the platform answers.
enum Endpoint {
    /// Virtual machines, scale sets, AKS.
    Imds(Url),
    /// App Service, Functions, Container Apps: with the header that proves that a request comes from this app.
    AppService(Url, SecretString),
}

/// The managed identity of this machine or app.
pub struct ManagedIdentity {
    http: Client,
    endpoint: Endpoint,
    /// Of a user-assigned identity; none for the machine's own.
    client_id: Option<String>,
    last: Mutex<Last>,
}

/// What was answered last.
#[derive(Default)]
struct Last {
    token: Option<(SecretString, SystemTime)>,
    failure: Option<(String, Instant)>,
}

#[derive(Deserialize)]
struct Answer {
    access_token: String,
    /// Seconds since 1970, as a number or as a text.
    expires_on: Value,
}

impl ManagedIdentity {
    /// The identity of a virtual machine; `host` stands in for the metadata service.
    ///
    /// # Errors
    /// There is no HTTP client, or the host is none.
    pub fn of_machine(host: Option<Url>, client_id: Option<String>) -> anyhow::Result<Self> {
        let host = host.map_or_else(|| IMDS.parse(), Ok)?;
        Self::new(Endpoint::Imds(host.join("/metadata/identity/oauth2/token")?), client_id)
    }

    /// The identity of an app, as `IDENTITY_ENDPOINT` and `IDENTITY_HEADER` name it.
    ///
    /// # Errors
    /// There is no HTTP client.
    pub fn of_app(endpoint: Url, header: SecretString, client_id: Option<String>) -> anyhow::Result<Self> {
        Self::new(Endpoint::AppService(endpoint, header), client_id)
    }

    fn new(endpoint: Endpoint, client_id: Option<String>) -> anyhow::Result<Self> {
        // Neither a proxy nor a redirect may see what is meant for this host.
        let http = Client::builder().no_proxy().redirect(Policy::none()).timeout(PATIENCE).build()?;
        Ok(Self { http, endpoint, client_id, last: Mutex::default() })
    }

    async fn ask(&self) -> Result<(SecretString, SystemTime), String> {
        let mut query = vec![("resource", FEDERATION_AUDIENCE)];
        query.extend(self.client_id.as_deref().map(|id| ("client_id", id)));
        let request = match &self.endpoint {
            Endpoint::Imds(url) => {
                query.push(("api-version", "2018-02-01"));
                self.http.get(url.clone()).header("Metadata", "true")
            }
            Endpoint::AppService(url, header) => {
                query.push(("api-version", "2019-08-01"));
                self.http.get(url.clone()).header("X-IDENTITY-HEADER", header.expose_secret())
            }
        };
        let mut response = request.query(&query).send().await.map_err(|error| root_cause(&error))?;
        let status = response.status();
        let body = read_at_most(&mut response, 2 * MAX_ASSERTION).await.map_err(|error| root_cause(&error))?;
        if !status.is_success() {
            return Err(format!("it answered {status}"));
        }
        let unreadable = || "its answer is not what the reference says".to_owned();
        // What does not parse may hold a token, so no parser's error is shown.
        let answer: Answer = body.and_then(|body| serde_json::from_slice(&body).ok()).ok_or_else(unreadable)?;
        let seconds = answer.expires_on.as_u64().or_else(|| answer.expires_on.as_str()?.parse().ok());
        let seconds = seconds.filter(|_| is_jwt(&answer.access_token)).ok_or_else(unreadable)?;
        let life = Duration::from_secs(seconds.min(1 << 40));
        Ok((answer.access_token.into(), SystemTime::UNIX_EPOCH + life))
    }
}

#[async_trait]
impl ClientCredential for ManagedIdentity {
    fn name(&self) -> &'static str {
        "managed identity"
    }

    async fn parameters(&self, _: &str, _: &str) -> Result<Parameters, CredentialError> {
        // Held while asking: all who need it meanwhile wait for the one answer.
        let mut last = self.last.lock().await;
        if let Some((token, until)) = &last.token
            && SystemTime::now() + SKEW < *until
        {
            return Ok(assertion(token.clone()));
        }
        // Those who have waited for a failure share it, and do not fail one after the other.
        if let Some((failure, at)) = &last.failure
            && at.elapsed() < PATIENCE
        {
            return Err(CredentialError::Identity(failure.clone()));
        }
        match self.ask().await {
            Ok((token, until)) => {
                *last = Last { token: Some((token.clone(), until)), failure: None };
                Ok(assertion(token))
            }
            Err(failure) => {
                last.failure = Some((failure.clone(), Instant::now()));
                Err(CredentialError::Identity(failure))
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use wiremock::{
        Mock, MockServer, ResponseTemplate,
        matchers::{header, method, path, query_param},
    };

    use super::*;

    fn answer(life: u64, as_text: bool) -> ResponseTemplate {
        let until = SystemTime::now().duration_since(SystemTime::UNIX_EPOCH).expect("after 1970").as_secs() + life;
        let until = if as_text { Value::from(until.to_string()) } else { until.into() };
        ResponseTemplate::new(200)
            .set_body_json(serde_json::json!({"access_token": "aa.bb.cc", "expires_on": until, "token_type": "Bearer"}))
    }

    #[tokio::test]
    async fn a_machine_is_asked_once_while_its_token_is_fresh() {
        let server = MockServer::start().await;
        Mock::given(method("GET"))
            .and(path("/metadata/identity/oauth2/token"))
            .and(header("Metadata", "true"))
            .and(query_param("resource", FEDERATION_AUDIENCE))
            .and(query_param("api-version", "2018-02-01"))
            .and(query_param("client_id", "an-id"))
            .respond_with(answer(3600, true))
            .expect(1)
            .mount(&server)
            .await;
        let host = server.uri().parse().expect("a URL");
        let identity = ManagedIdentity::of_machine(Some(host), Some("an-id".to_owned())).expect("a client");
        for _ in 0..3 {
            let parameters = identity.parameters("", "").await.expect("a token");
            assert_eq!(parameters[1].1.expose_secret(), "aa.bb.cc");
        }
    }

    #[tokio::test]
    async fn an_app_proves_itself_and_a_token_that_ends_soon_is_asked_for_again() {
        let server = MockServer::start().await;
        Mock::given(header("X-IDENTITY-HEADER", "the-header"))
            .and(query_param("api-version", "2019-08-01"))
            .respond_with(answer(60, false))
            .expect(2)
            .mount(&server)
            .await;
        let endpoint = format!("{}/msi/token", server.uri()).parse().expect("a URL");
        let identity = ManagedIdentity::of_app(endpoint, "the-header".into(), None).expect("a client");
        for _ in 0..2 {
            identity.parameters("", "").await.expect("a token");
        }
    }

    #[tokio::test]
    async fn what_is_no_token() {
        for (status, body) in [(400, "{}"), (200, "{}"), (200, r#"{"access_token": "secret text", "expires_on": 1}"#)] {
            let server = MockServer::start().await;
            Mock::given(method("GET"))
                .respond_with(ResponseTemplate::new(status).set_body_string(body))
                .mount(&server)
                .await;
            let identity = ManagedIdentity::of_machine(server.uri().parse().ok(), None).expect("a client");
            for _ in 0..3 {
                let error = identity.parameters("", "").await.expect_err("no token").to_string();
                assert!(!error.contains("secret text"), "{error}");
            }
            assert_eq!(server.received_requests().await.map(|all| all.len()), Some(1), "a failure is shared");
        }
    }
}
