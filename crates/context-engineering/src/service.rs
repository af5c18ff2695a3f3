//! Embeddings of a service: any endpoint that speaks OpenAI's `/embeddings`.

use std::{fmt, time::Duration};

use mcp_support::fetch::service::{self, is_safe_base_url, read_at_most, root_cause};
use reqwest::{Client, header::HeaderValue};
use secrecy::{ExposeSecret as _, SecretString};
use serde::{Deserialize, Serialize};
use tokio::runtime::Handle;
use url::Url;

use crate::embedder::{EmbedError, Embedder};

/// How long an answer may take.
const PATIENCE: Duration = Duration::from_secs(30);
/// Longest answer, in bytes.
const MOST_BYTES: usize = 32 * 1024 * 1024;
/// Most numbers of a vector.
const MOST_DIMENSIONS: usize = 8192;

/// Why a service cannot be used as it is set.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum ServiceError {
    /// It would send the key in clear, or holds secrets.
    #[error("EMBEDDINGS_BASE_URL must be https (http on this machine only), without user name, query and fragment")]
    BaseUrl,
    /// It cannot be a header.
    #[error("EMBEDDINGS_API_KEY holds characters that no key has")]
    Key,
    /// It does not answer as it should.
    #[error("the embedding service does not answer a first question: {0}")]
    First(EmbedError),
    /// The client cannot be made.
    #[error("no client for the embedding service: {0}")]
    Client(String),
}

/// An endpoint with its key.
pub struct Service {
    client: Client,
    url: Url,
    key: Option<HeaderValue>,
    model: String,
    dimensions: usize,
    runtime: Handle,
}

#[derive(Serialize)]
struct Asked<'a> {
    model: &'a str,
    input: &'a [&'a str],
    encoding_format: &'a str,
}

#[derive(Deserialize)]
struct Answered {
    data: Vec<Vector>,
}

#[derive(Deserialize)]
struct Vector {
    index: usize,
    embedding: Vec<f32>,
}

impl fmt::Debug for Service {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "Service({})", self.name())
    }
}

impl Service {
    /// Asks for one vector, to learn how long it is. Blocks: call it on a thread of its own, inside of a runtime.
    ///
    /// # Errors
    /// See [`ServiceError`].
    pub fn connect(base_url: &Url, key: Option<&SecretString>, model: &str) -> Result<Self, ServiceError> {
        if !is_safe_base_url(base_url) {
            return Err(ServiceError::BaseUrl);
        }
        let mut url = base_url.clone();
        url.path_segments_mut().map_err(|()| ServiceError::BaseUrl)?.pop_if_empty().push("embeddings");
        let key = key.map(|key| {
            let mut value = HeaderValue::from_str(&format!("Bearer {}", key.expose_secret().trim()))?;
            value.set_sensitive(true);
            Ok::<_, reqwest::header::InvalidHeaderValue>(value)
        });
        let builder = service::client(base_url).timeout(PATIENCE);
        let mut service = Self {
            client: builder.build().map_err(|error| ServiceError::Client(root_cause(&error)))?,
            url,
            key: key.transpose().map_err(|_| ServiceError::Key)?,
            model: model.to_owned(),
            dimensions: 0,
            runtime: Handle::current(),
        };
        let first = service.runtime.block_on(service.ask(&["dimensions"])).map_err(ServiceError::First)?;
        service.dimensions = first.first().map_or(0, Vec::len);
        Ok(service)
    }

    async fn ask(&self, texts: &[&str]) -> Result<Vec<Vec<f32>>, EmbedError> {
        let service = |reason: String| EmbedError::Service(reason);
        let asked = Asked { model: &self.model, input: texts, encoding_format: "float" };
        let mut request = self.client.post(self.url.clone()).json(&asked);
        if let Some(key) = &self.key {
            request = request.header(reqwest::header::AUTHORIZATION, key.clone());
        }
        let mut response = request.send().await.map_err(|error| service(root_cause(&error)))?;
        if !response.status().is_success() {
            return Err(service(format!("it answers {}", response.status())));
        }
        let read = read_at_most(&mut response, MOST_BYTES).await.map_err(|error| service(root_cause(&error)))?;
        let body = read.ok_or_else(|| EmbedError::Answer(format!("more than {MOST_BYTES} bytes")))?;
        let mut answered: Answered =
            serde_json::from_slice(&body).map_err(|error| EmbedError::Answer(error.to_string()))?;
        answered.data.sort_by_key(|vector| vector.index);
        if let Some((at, _)) = answered.data.iter().enumerate().find(|(at, vector)| vector.index != *at) {
            return Err(EmbedError::Answer(format!("no vector, or more than one, has the index {at}")));
        }
        let vectors: Vec<Vec<f32>> = answered.data.into_iter().map(|vector| vector.embedding).collect();
        let expected = |length: usize| match self.dimensions {
            0 => (1..=MOST_DIMENSIONS).contains(&length),
            known => length == known,
        };
        if vectors.len() != texts.len() {
            return Err(EmbedError::Answer(format!("{} vectors for {} texts", vectors.len(), texts.len())));
        }
        match vectors.iter().find(|vector| !expected(vector.len()) || vector.iter().any(|value| !value.is_finite())) {
            Some(wrong) => Err(EmbedError::Answer(format!("a vector of {} numbers", wrong.len()))),
            None => Ok(vectors),
        }
    }
}

impl Embedder for Service {
    fn name(&self) -> String {
        format!("{} at {} ({} dimensions)", self.model, self.url.host_str().unwrap_or_default(), self.dimensions)
    }

    fn dimensions(&self) -> usize {
        self.dimensions
    }

    fn embed(&self, texts: &[&str]) -> Result<Vec<Vec<f32>>, EmbedError> {
        self.runtime.block_on(self.ask(texts))
    }
}

#[cfg(test)]
mod tests {
    use serde_json::json;
    use wiremock::{
        Mock, MockServer, ResponseTemplate,
        matchers::{body_partial_json, header, method, path},
    };

    use super::*;

    async fn connected(server: &MockServer) -> Result<Service, ServiceError> {
        let url = Url::parse(&format!("{}/v1/", server.uri())).expect("a URL");
        let key = SecretString::from("key-1");
        let connecting = tokio::task::spawn_blocking(move || Service::connect(&url, Some(&key), "small"));
        connecting.await.expect("no panic")
    }

    #[tokio::test]
    async fn vectors_come_in_the_order_of_the_texts() {
        let server = MockServer::start().await;
        let vector = |index: usize, value: f32| json!({"index": index, "embedding": [value, 0.0, 1.0]});
        let asked = |input: serde_json::Value, data: serde_json::Value| {
            Mock::given(method("POST"))
                .and(path("/v1/embeddings"))
                .and(header("authorization", "Bearer key-1"))
                .and(body_partial_json(json!({"model": "small", "input": input})))
                .respond_with(ResponseTemplate::new(200).set_body_json(json!({ "data": data })))
        };
        asked(json!(["dimensions"]), json!([vector(0, 1.0)])).mount(&server).await;
        asked(json!(["a", "b"]), json!([vector(1, 2.0), vector(0, 1.0)])).mount(&server).await;
        asked(json!(["c"]), json!([])).mount(&server).await;
        asked(json!(["d", "e"]), json!([vector(0, 1.0), vector(0, 2.0)])).mount(&server).await;
        asked(json!(["f"]), json!([vector(7, 1.0)])).mount(&server).await;
        let service = connected(&server).await.expect("answers");
        assert_eq!(service.dimensions(), 3);
        assert!(service.name().contains("small at 127.0.0.1") && !format!("{service:?}").contains("key-1"));
        let embedding = tokio::task::spawn_blocking(move || {
            let wrong = [&["c"][..], &["d", "e"], &["f"]].map(|texts| service.embed(texts));
            (service.embed(&["a", "b"]), wrong)
        });
        let (both, wrong) = embedding.await.expect("no panic");
        assert_eq!(both.map(|both| (both[0][0], both[1][0])), Ok((1.0, 2.0)));
        assert!(wrong.iter().all(|answer| matches!(answer, Err(EmbedError::Answer(_)))), "{wrong:?}");
    }

    #[tokio::test]
    async fn a_service_that_refuses_is_told_without_the_key() {
        let server = MockServer::start().await;
        Mock::given(method("POST")).respond_with(ResponseTemplate::new(401)).mount(&server).await;
        let error = connected(&server).await.expect_err("refused").to_string();
        assert!(error.contains("401") && !error.contains("key-1"), "{error}");
        let unsafe_url = Url::parse("http://example.com/v1/").expect("a URL");
        let refused = tokio::task::spawn_blocking(move || Service::connect(&unsafe_url, None, "small")).await;
        assert_eq!(refused.expect("no panic").expect_err("in clear"), ServiceError::BaseUrl);
    }
}
