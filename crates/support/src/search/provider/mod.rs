//! Services that search the web: what they are asked, what they answer, and clients for four of them.
//!
//! * `request`, `answer`, `error`: one shape for all.
//! * [`SerpApi`], [`Brave`], [`Tavily`], [`Searxng`]: each as its service documents it.
//! * `endpoint`: the address, the key, deadlines and bounds.
//!
//! A client sends a request once. Whether to wait, to try again or to ask another service is for whoever knows what
//! the answer is worth; [`ProviderError`] says what would help.

mod answer;
mod brave;
mod endpoint;
mod error;
mod read;
mod refusal;
mod request;
mod searxng;
mod secret;
mod serpapi;
mod tavily;

use async_trait::async_trait;

pub use self::{
    answer::{AnswerBox, FeaturedSnippet, Image, KnowledgeGraph, Price, ProviderAnswer, RelatedQuestion, SearchResult},
    brave::Brave,
    endpoint::{DEFAULT_TIMEOUT, ProviderSettings, SetupError},
    error::{ErrorCode, ProviderError},
    request::{MAX_COUNT, MAX_QUERY_CHARS, ProviderRequest, SafeSearch, TimeRange, Vertical},
    searxng::Searxng,
    serpapi::SerpApi,
    tavily::Tavily,
};

/// A service that searches.
#[async_trait]
pub trait SearchProvider: Send + Sync {
    /// One word in lower case, such as `brave`: it stands in settings, results and logs.
    fn name(&self) -> &'static str;

    /// Whether it has such a search.
    fn supports(&self, vertical: Vertical) -> bool;

    /// Searches. Dropping the future ends the work.
    ///
    /// # Errors
    /// See [`ErrorCode`].
    async fn search(&self, request: &ProviderRequest) -> Result<ProviderAnswer, ProviderError>;
}

#[cfg(test)]
mod tests;
