//! Tavily (<https://docs.tavily.com/documentation/api-reference/endpoint/search>): results chosen for models.

use async_trait::async_trait;
use serde_json::{Value, json};

use super::{
    AnswerBox, MAX_COUNT, ProviderAnswer, ProviderError, ProviderRequest, ProviderSettings, SearchProvider,
    SearchResult, SetupError, Vertical, endpoint::Endpoint, read,
};

/// A client of Tavily.
#[derive(Debug)]
pub struct Tavily {
    endpoint: Endpoint,
}

impl Tavily {
    /// Where Tavily is.
    pub const BASE_URL: &str = "https://api.tavily.com";
    /// [`SearchProvider::name`].
    pub const NAME: &str = "tavily";

    /// A client with these settings.
    ///
    /// # Errors
    /// No key, or a base URL that is not safe.
    pub fn new(settings: ProviderSettings) -> Result<Self, SetupError> {
        Ok(Self { endpoint: Endpoint::new(Self::NAME, settings, true)? })
    }
}

#[async_trait]
impl SearchProvider for Tavily {
    fn name(&self) -> &'static str {
        Self::NAME
    }

    fn supports(&self, vertical: Vertical) -> bool {
        matches!(vertical, Vertical::Web | Vertical::News)
    }

    async fn search(&self, request: &ProviderRequest) -> Result<ProviderAnswer, ProviderError> {
        if !self.supports(request.vertical) {
            return Err(ProviderError::unsupported(Self::NAME, request.vertical));
        }
        // It has no pages: the first results are asked for again, and passed over.
        if request.offset() >= MAX_COUNT {
            return Ok(ProviderAnswer::default());
        }
        let post = self.endpoint.post("search", &question(request));
        let body = self.endpoint.send(post.header("authorization", self.endpoint.key_header("Bearer "))).await?;
        self.endpoint.without_key(answer(request, &body, self.endpoint.now()))
    }
}

fn question(request: &ProviderRequest) -> Value {
    let mut question = json!({
        "query": request.query.trim(),
        "topic": if request.vertical == Vertical::News { "news" } else { "general" },
        "search_depth": "basic",
        "include_answer": request.vertical == Vertical::Web,
        "max_results": (request.offset() + request.count).min(MAX_COUNT),
    });
    for (name, value) in [
        ("time_range", request.time_range.map(|range| json!(range.as_str()))),
        ("include_domains", request.site.as_ref().map(|site| json!([site]))),
        ("exclude_domains", request.exclude_site.as_ref().map(|site| json!([site]))),
    ] {
        if let Some(value) = value {
            question[name] = value;
        }
    }
    question
}

fn answer(request: &ProviderRequest, body: &Value, now: i64) -> ProviderAnswer {
    let results = read::list(body, "/results").filter_map(|value| {
        let result = read::result(value, &["/title"], &["/url"], &["/content"])?;
        let source = (request.vertical == Vertical::News).then(|| result.site.clone());
        Some(SearchResult { date: read::date(value, &["/published_date"], now), source, ..result })
    });
    ProviderAnswer {
        answer_box: read::snippet(body, &["/answer"]).map(|answer| AnswerBox { answer, title: None, url: None }),
        ..read::answer(request, results.skip(request.offset()))
    }
}
