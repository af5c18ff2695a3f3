//! Providers whose servers run in the test.

use mcp_support::testing::Program;
use serde_json::{Value, json};
use wiremock::{Mock, MockServer, ResponseTemplate, matchers::any};

use crate::data;

/// A key with signs that a URL has to escape.
pub(crate) const KEY: &str = "serp+key/4711=";
pub(crate) const BRAVE_KEY: &str = "brave-key-0815";

/// A result page of SerpAPI with one result.
pub(crate) fn serpapi(title: &str) -> Value {
    json!({ "search_metadata": { "status": "Success" },
            "organic_results": [{ "title": title, "link": "https://serpapi.example/1", "snippet": "From SerpAPI." }] })
}

/// A result page of Brave with one result.
pub(crate) fn brave(title: &str) -> Value {
    json!({ "web": { "results": [{ "title": title, "url": "https://brave.example/1", "description": "Brave's." }] } })
}

pub(crate) fn json_of(body: &Value) -> ResponseTemplate {
    ResponseTemplate::new(200).set_body_json(body)
}

/// A server that answers everything with this.
pub(crate) async fn answering(response: ResponseTemplate) -> MockServer {
    let server = MockServer::start().await;
    Mock::given(any()).respond_with(response).mount(&server).await;
    server
}

/// The program with these two providers, in this order, impatient enough for a test.
pub(crate) fn over(name: &str, serpapi: &MockServer, brave: &MockServer) -> Program {
    Program::new(env!("CARGO_BIN_EXE_mcp-web-search"))
        .with_env("WEB_SEARCH_DATA", &data(name))
        .with_env("SEARCH_PROVIDERS", "serpapi,brave")
        .with_env("SERPAPI_BASE_URL", &serpapi.uri())
        .with_env("SERPAPI_KEY", KEY)
        .with_env("BRAVE_BASE_URL", &brave.uri())
        .with_env("BRAVE_API_KEY", BRAVE_KEY)
        .with_env("WEB_SEARCH_TIMEOUT_MS", "500")
        .with_env("WEB_SEARCH_RETRY_MS", "5")
        .with_env("WEB_SEARCH_PATIENCE_MS", "300")
        .with_env("WEB_SEARCH_RATE", "1000")
        .with_env("WEB_SEARCH_MONTHLY_QUOTA", "0")
}
