//! Any endpoint that speaks the chat-completions API: OpenAI, Azure OpenAI, and the many servers that copy it.
//!
//! * [`ProviderArgs`]: what an operator sets, as flags or variables.
//! * `request`: a conversation as the API writes it.
//! * `answer`, `stream`: its answers, whole and in pieces.
//! * `refusal`: what another status than 200 means.
//! * `endpoint`: the address, the key, deadlines and bounds.
//!
//! A request is sent once. Whoever is told that the endpoint is busy or broken knows better than this code whether to
//! wait; [`ModelError::is_retryable`] says whether that may help.

mod answer;
mod args;
mod endpoint;
mod refusal;
mod request;
mod stream;

use std::{
    sync::{
        Arc,
        atomic::{AtomicBool, Ordering},
    },
    time::Duration,
};

use async_trait::async_trait;
use reqwest::Response;
use secrecy::SecretString;
use tokio::{task::spawn_blocking, time::timeout};
use url::Url;

pub use self::args::ProviderArgs;
use self::{endpoint::Endpoint, refusal::Refusal, request::TokenLimit};
use super::{ChatModel, ChatReply, ChatRequest, ModelError, Sampling};

/// How long an answer may take where nothing else is set.
pub const DEFAULT_TIMEOUT: Duration = Duration::from_secs(60);

/// Where a model is, and how to be let in.
#[derive(Debug, Clone)]
pub struct ProviderSettings {
    /// Such as `https://api.openai.com/v1/`. With [`Self::azure`], such as `https://RESOURCE.openai.azure.com/`.
    /// https, or http on this machine.
    pub base_url: Url,
    /// The key; servers on one's own machine may need none.
    pub api_key: Option<SecretString>,
    /// The model's name there. With [`Self::azure`], what to call it.
    pub model: String,
    /// A deployment of Azure OpenAI, whose paths differ. Not for its v1 API, which is like everyone's:
    /// there, `base_url` is `https://RESOURCE.openai.azure.com/openai/v1/`, and `model` the deployment.
    pub azure: Option<AzureDeployment>,
    /// How long an answer may take, from the question to its last byte.
    pub timeout: Duration,
}

/// Which deployment of an Azure OpenAI resource.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct AzureDeployment {
    /// Its name.
    pub deployment: String,
    /// Such as `2024-10-21`.
    pub api_version: String,
}

/// Why a provider cannot be used as it is set. Nothing here repeats the key.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum ProviderError {
    /// It would send the key in clear, or holds secrets that errors would show.
    #[error(
        "the base URL of the model must be https (http on this machine only), without user name, query and fragment, \
         such as https://api.openai.com/v1/"
    )]
    BaseUrl,
    /// It cannot be a header.
    #[error("the key of the model is empty, or holds characters that no key has")]
    Key,
    /// A name that is needed is empty.
    #[error("the {0} of the model is empty")]
    Empty(&'static str),
    /// The operating system's certificates cannot be read, or the like.
    #[error("the client for the model cannot be built: {0}")]
    Client(String),
}

/// A model at an endpoint. Cheap to clone; clones share the limit of requests at a time.
#[derive(Debug, Clone)]
pub struct Provider {
    endpoint: Arc<Endpoint>,
    /// Whether the endpoint wants the newer name of `max_tokens`.
    wants_newer_limit: Arc<AtomicBool>,
}

impl Provider {
    /// The model that `settings` say. Nothing is sent yet.
    ///
    /// # Errors
    /// [`ProviderError`].
    pub fn new(settings: ProviderSettings) -> Result<Self, ProviderError> {
        Ok(Self { endpoint: Arc::new(Endpoint::new(settings)?), wants_newer_limit: Arc::default() })
    }

    /// Sends the request, and once more with the other name of `max_tokens` if the endpoint does not know the first.
    /// OpenAI's reasoning models take only the newer name, most other servers only the older one.
    async fn send(&self, request: &ChatRequest, is_stream: bool) -> Result<Response, ModelError> {
        let wants_newer = self.wants_newer_limit.load(Ordering::Relaxed);
        let limit = if wants_newer { TokenLimit::Newer } else { TokenLimit::Older };
        let body = self.body(request, limit, is_stream).await?;
        match self.endpoint.post(body).await {
            Err(refusal) if request.sampling.max_tokens.is_some() && refusal.is_about(limit.name()) => {
                let body = self.body(request, limit.other(), is_stream).await?;
                let response = self.endpoint.post(body).await?;
                self.wants_newer_limit.store(!wants_newer, Ordering::Relaxed);
                Ok(response)
            }
            other => Ok(other?),
        }
    }

    async fn body(&self, request: &ChatRequest, limit: TokenLimit, is_stream: bool) -> Result<Vec<u8>, ModelError> {
        let (endpoint, request) = (Arc::clone(&self.endpoint), request.clone());
        let body = spawn_blocking(move || request::body(&endpoint, &request, limit, is_stream)).await;
        body.map_err(|_| self.endpoint.unavailable("the request could not be written"))?
    }

    /// What the API knows of the settings. It tells no defaults.
    fn applied(asked: &Sampling) -> Sampling {
        Sampling { top_k: None, ..asked.clone() }
    }

    /// Within the deadline, and with a place among the requests that are under way.
    async fn within_bounds<T>(&self, work: impl Future<Output = Result<T, ModelError>>) -> Result<T, ModelError> {
        let whole = async {
            let _place = self.endpoint.place().await?;
            work.await
        };
        timeout(self.endpoint.timeout(), whole).await.unwrap_or_else(|_| Err(self.endpoint.late()))
    }
}

impl From<Refusal> for ModelError {
    fn from(refusal: Refusal) -> Self {
        refusal.error
    }
}

#[async_trait]
impl ChatModel for Provider {
    fn title(&self) -> String {
        self.endpoint.title()
    }

    async fn chat(&self, request: &ChatRequest) -> Result<ChatReply, ModelError> {
        request::check(&self.endpoint, request)?;
        self.within_bounds(async {
            let response = self.send(request, false).await?;
            answer::read(&self.endpoint, response, Self::applied(&request.sampling)).await
        })
        .await
    }

    async fn stream(
        &self,
        request: &ChatRequest,
        piece: &mut (dyn for<'a> FnMut(&'a str) + Send),
    ) -> Result<ChatReply, ModelError> {
        request::check(&self.endpoint, request)?;
        self.within_bounds(async {
            let response = self.send(request, true).await?;
            stream::read(&self.endpoint, response, Self::applied(&request.sampling), piece).await
        })
        .await
    }
}

#[cfg(test)]
mod tests;
