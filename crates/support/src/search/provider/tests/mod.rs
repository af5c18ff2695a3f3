//! Against servers that check what they are asked, and answer as each service documents it.

mod brave;
mod failures;
mod searxng;
mod serpapi;
mod tavily;

use std::collections::BTreeMap;

use serde_json::{Value, json};
use wiremock::{Match, Mock, MockServer, Request, ResponseTemplate, matchers::any};

use super::*;
use crate::clock::Clock;

/// With a sign that a URL has to escape.
const KEY: &str = "key+4711/abc";
/// 2026-11-26T15:00:00Z.
const NOW: i64 = 1_795_705_200;

fn settings(server: &MockServer) -> ProviderSettings {
    let settings = ProviderSettings::new(server.uri().parse().expect("a URL"));
    ProviderSettings { clock: Clock::standing_at(NOW), ..settings.with_key(KEY.into()) }
}

/// A server that answers everything with this.
async fn answering(response: ResponseTemplate) -> MockServer {
    let server = MockServer::start().await;
    Mock::given(any()).respond_with(response).mount(&server).await;
    server
}

/// A server that answers with this JSON where the parameters of the URL are exactly these.
async fn expecting(path: &str, pairs: &[(&str, &str)], body: &Value) -> MockServer {
    let server = MockServer::start().await;
    let asked = Asked { path: path.to_owned(), pairs: owned(pairs) };
    Mock::given(asked).respond_with(ResponseTemplate::new(200).set_body_json(body)).mount(&server).await;
    server
}

struct Asked {
    path: String,
    pairs: BTreeMap<String, String>,
}

impl Match for Asked {
    fn matches(&self, request: &Request) -> bool {
        let pairs: BTreeMap<String, String> = request.url.query_pairs().into_owned().collect();
        let is_expected = request.url.path() == self.path && pairs == self.pairs;
        if !is_expected {
            eprintln!("asked {} {pairs:?}, not {} {:?}", request.url.path(), self.path, self.pairs);
        }
        is_expected
    }
}

fn owned(pairs: &[(&str, &str)]) -> BTreeMap<String, String> {
    pairs.iter().map(|(name, value)| ((*name).to_owned(), (*value).to_owned())).collect()
}

/// Everything set.
fn full(vertical: Vertical) -> ProviderRequest {
    ProviderRequest {
        count: 5,
        page: 3,
        country: Some("de".to_owned()),
        language: Some("en".to_owned()),
        safe: SafeSearch::Strict,
        time_range: Some(TimeRange::Week),
        site: Some("example.com".to_owned()),
        exclude_site: Some("shop.example.com".to_owned()),
        ..ProviderRequest::new(vertical, "green tea")
    }
}

fn json_of(value: impl serde::Serialize) -> Value {
    serde_json::to_value(value).expect("JSON")
}
