//! Where the model is: its address, the key's header, bounds, and errors without secrets.

use std::time::Duration;

use reqwest::{
    Client, Response,
    header::{AUTHORIZATION, CONTENT_TYPE, HeaderMap, HeaderName, HeaderValue},
};
use secrecy::{ExposeSecret as _, SecretString};
use tokio::sync::{Semaphore, SemaphorePermit};
use url::Url;

use super::{ProviderError, ProviderSettings, refusal::Refusal};
use crate::{
    fetch::service::{self, is_safe_base_url, read_at_most, root_cause},
    llm::ModelError,
};

/// Most bytes that are read of an answer that says what went wrong.
const REFUSAL_BYTES: usize = 64 * 1024;
/// How long connecting may take.
const CONNECT_TIMEOUT: Duration = Duration::from_secs(10);
/// Requests at a time: each costs money, and holds a conversation in memory.
const PLACES: usize = 8;
/// Most characters of an error's reason.
const REASON_CHARS: usize = 300;
/// Domains of Azure, whose hosts take the key in a header of their own.
const AZURE: [&str; 3] = [".openai.azure.com", ".cognitiveservices.azure.com", ".services.ai.azure.com"];

/// A model's address with its client.
#[derive(Debug)]
pub(super) struct Endpoint {
    client: Client,
    url: Url,
    api_key: SecretString,
    /// Whether the URL says which model it is, as with a deployment of Azure.
    is_named_by_url: bool,
    model: String,
    timeout: Duration,
    places: Semaphore,
}

impl Endpoint {
    pub(super) fn new(settings: ProviderSettings) -> Result<Self, ProviderError> {
        if !is_safe_base_url(&settings.base_url) {
            return Err(ProviderError::BaseUrl);
        }
        let model = settings.model.trim().to_owned();
        if model.is_empty() {
            return Err(ProviderError::Empty("name"));
        }
        let api_key = settings.api_key.as_ref().map(|key| key.expose_secret().trim());
        let is_azure = settings.azure.is_some() || is_azure(&settings.base_url);
        let builder = service::client(&settings.base_url)
            .user_agent(concat!(env!("CARGO_PKG_NAME"), "/", env!("CARGO_PKG_VERSION")))
            .default_headers(api_key.map_or_else(|| Ok(HeaderMap::new()), |key| key_header(is_azure, key))?)
            .connect_timeout(CONNECT_TIMEOUT.min(settings.timeout));
        Ok(Self {
            client: builder.build().map_err(|error| ProviderError::Client(root_cause(&error)))?,
            url: url(&settings)?,
            api_key: api_key.unwrap_or_default().into(),
            is_named_by_url: settings.azure.is_some(),
            model,
            timeout: settings.timeout,
            places: Semaphore::new(PLACES),
        })
    }

    /// The model with its host.
    pub(super) fn title(&self) -> String {
        format!("{} at {}", self.model, self.url.host_str().unwrap_or_default())
    }

    pub(super) fn model(&self) -> &str {
        &self.model
    }

    pub(super) fn is_named_by_url(&self) -> bool {
        self.is_named_by_url
    }

    pub(super) fn timeout(&self) -> Duration {
        self.timeout
    }

    /// Waits until fewer than [`PLACES`] requests are under way.
    pub(super) async fn place(&self) -> Result<SemaphorePermit<'_>, ModelError> {
        self.places.acquire().await.map_err(|_| self.unavailable("it is not used any more"))
    }

    /// Sends `body`, and returns an answer that is not yet read, with a status of 2xx.
    pub(super) async fn post(&self, body: Vec<u8>) -> Result<Response, Refusal> {
        let request = self.client.post(self.url.clone()).header(CONTENT_TYPE, "application/json");
        let sent = request.body(body).send().await;
        let mut response = sent.map_err(|error| self.broken(&error))?;
        if response.status().is_success() {
            return Ok(response);
        }
        // The status says enough when the rest of a refusal cannot be read.
        let body = read_at_most(&mut response, REFUSAL_BYTES).await.ok().flatten().unwrap_or_default();
        Err(Refusal::new(self, response.status(), response.headers(), &body))
    }

    /// No answer came, or not all of it.
    pub(super) fn broken(&self, error: &reqwest::Error) -> ModelError {
        let cause = root_cause(error);
        self.unavailable(&if error.is_connect() {
            format!("it cannot be reached: {cause}")
        } else {
            format!("its answer was cut off: {cause}")
        })
    }

    /// No answer came in time.
    pub(super) fn late(&self) -> ModelError {
        self.unavailable(&format!("no answer within {} s", self.timeout.as_secs_f64()))
    }

    pub(super) fn unavailable(&self, reason: &str) -> ModelError {
        ModelError::Unavailable { model: self.title(), reason: self.clean(reason) }
    }

    pub(super) fn unreadable(&self, reason: &str) -> ModelError {
        ModelError::Unreadable { model: self.title(), reason: self.clean(reason) }
    }

    pub(super) fn refused(&self, reason: &str) -> ModelError {
        ModelError::Request { model: self.title(), reason: self.clean(reason) }
    }

    /// One short line without the key. Some servers repeat what they were sent.
    pub(super) fn clean(&self, text: &str) -> String {
        let key = self.api_key.expose_secret();
        let text = if key.is_empty() { text.to_owned() } else { text.replace(key, "[key]") };
        let words = text.split(|c: char| c.is_whitespace() || c.is_control()).filter(|word| !word.is_empty());
        words.collect::<Vec<_>>().join(" ").chars().take(REASON_CHARS).collect()
    }
}

fn url(settings: &ProviderSettings) -> Result<Url, ProviderError> {
    let mut url = settings.base_url.clone();
    // Only a URL that cannot be a base has no segments, and those are no safe base URLs.
    let mut segments = url.path_segments_mut().map_err(|()| ProviderError::BaseUrl)?;
    segments.pop_if_empty();
    if let Some(azure) = &settings.azure {
        for (name, value) in [("deployment", &azure.deployment), ("API version", &azure.api_version)] {
            if value.trim().is_empty() {
                return Err(ProviderError::Empty(name));
            }
        }
        segments.extend(["openai", "deployments", azure.deployment.trim()]);
    }
    segments.extend(["chat", "completions"]);
    drop(segments);
    if let Some(azure) = &settings.azure {
        url.query_pairs_mut().append_pair("api-version", azure.api_version.trim());
    }
    Ok(url)
}

fn is_azure(url: &Url) -> bool {
    url.host_str().is_some_and(|host| AZURE.iter().any(|domain| host.ends_with(domain)))
}

fn key_header(is_azure: bool, key: &str) -> Result<HeaderMap, ProviderError> {
    let (name, text) = if is_azure {
        (HeaderName::from_static("api-key"), key.to_owned())
    } else {
        (AUTHORIZATION, format!("Bearer {key}"))
    };
    let is_token = !key.is_empty() && key.bytes().all(|byte| byte.is_ascii_graphic());
    let mut value = HeaderValue::from_str(&text).ok().filter(|_| is_token).ok_or(ProviderError::Key)?;
    value.set_sensitive(true);
    Ok(HeaderMap::from_iter([(name, value)]))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::llm::provider::AzureDeployment;

    fn settings(base_url: &str) -> ProviderSettings {
        ProviderSettings {
            base_url: Url::parse(base_url).expect(base_url),
            api_key: Some("sk-test-4711".into()),
            model: "gpt-4o".to_owned(),
            azure: None,
            timeout: Duration::from_secs(1),
        }
    }

    #[test]
    fn azure_takes_the_key_in_its_own_header() {
        for (url, expected) in [
            ("https://res.openai.azure.com/openai/v1/", true),
            ("https://RES.Services.AI.azure.com/openai/v1", true),
            ("https://api.openai.com/v1", false),
            ("https://openai.azure.com.example.org/v1", false),
            ("https://evilopenai.azure.com/v1", false),
        ] {
            assert_eq!(is_azure(&Url::parse(url).expect(url)), expected, "{url}");
        }
        for (is_azure, name, value) in [(true, "api-key", "key-1"), (false, "authorization", "Bearer key-1")] {
            let headers = key_header(is_azure, "key-1").expect("a header");
            assert_eq!((headers.len(), &headers[name]), (1, &HeaderValue::from_static(value)));
            assert!(headers[name].is_sensitive());
        }
    }

    #[test]
    fn paths() {
        for base in ["https://res.openai.azure.com/openai/v1", "https://res.openai.azure.com/openai/v1/"] {
            let url = Endpoint::new(settings(base)).expect("an endpoint").url;
            assert_eq!(url.as_str(), "https://res.openai.azure.com/openai/v1/chat/completions");
        }
        let azure = AzureDeployment { deployment: "my gpt/4".to_owned(), api_version: "2024-10-21".to_owned() };
        let azure = ProviderSettings { azure: Some(azure), ..settings("https://res.openai.azure.com") };
        let endpoint = Endpoint::new(azure).expect("an endpoint");
        let path = "openai/deployments/my%20gpt%2F4/chat/completions?api-version=2024-10-21";
        assert_eq!(endpoint.url.as_str(), format!("https://res.openai.azure.com/{path}"));
        assert_eq!(endpoint.title(), "gpt-4o at res.openai.azure.com");
    }

    #[test]
    fn settings_that_cannot_be_used() {
        let azure = |deployment: &str, version: &str| {
            Some(AzureDeployment { deployment: deployment.to_owned(), api_version: version.to_owned() })
        };
        let good = settings("https://api.example.com/v1");
        let cases = [
            (settings("http://api.example.com/v1"), ProviderError::BaseUrl),
            (settings("https://me:secret-1@api.example.com/v1"), ProviderError::BaseUrl),
            (settings("https://api.example.com/v1?key=1"), ProviderError::BaseUrl),
            (ProviderSettings { model: "  ".to_owned(), ..good.clone() }, ProviderError::Empty("name")),
            (ProviderSettings { azure: azure("", "2024-10-21"), ..good.clone() }, ProviderError::Empty("deployment")),
            (ProviderSettings { azure: azure("gpt", " "), ..good.clone() }, ProviderError::Empty("API version")),
            (ProviderSettings { api_key: Some(" ".into()), ..good.clone() }, ProviderError::Key),
            (ProviderSettings { api_key: Some("two\nlines".into()), ..good.clone() }, ProviderError::Key),
        ];
        for (settings, expected) in cases {
            assert_eq!(Endpoint::new(settings).expect_err("refused"), expected);
        }
    }

    #[test]
    fn the_key_is_in_no_debug_form() {
        let settings = settings("https://api.example.com/v1");
        let shown = format!("{settings:?} {:?}", Endpoint::new(settings.clone()).expect("an endpoint"));
        assert!(!shown.contains("4711"), "{shown}");
    }
}
