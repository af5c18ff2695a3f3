//! SearXNG (<https://docs.searxng.org/dev/search_api.html>): a server of one's own that asks many others.

use async_trait::async_trait;
use serde_json::Value;

use super::{
    AnswerBox, KnowledgeGraph, ProviderAnswer, ProviderError, ProviderRequest, ProviderSettings, SafeSearch,
    SearchProvider, SearchResult, SetupError, Vertical, endpoint::Endpoint, read,
};

/// A client of a SearXNG server. Its settings must allow the format `json`.
#[derive(Debug)]
pub struct Searxng {
    endpoint: Endpoint,
}

impl Searxng {
    /// [`SearchProvider::name`].
    pub const NAME: &str = "searxng";

    /// A client with these settings; a key is not used.
    ///
    /// # Errors
    /// A base URL that is not safe.
    pub fn new(settings: ProviderSettings) -> Result<Self, SetupError> {
        Ok(Self { endpoint: Endpoint::new(Self::NAME, settings, false)? })
    }
}

#[async_trait]
impl SearchProvider for Searxng {
    fn name(&self) -> &'static str {
        Self::NAME
    }

    fn supports(&self, vertical: Vertical) -> bool {
        category(vertical).is_some()
    }

    async fn search(&self, request: &ProviderRequest) -> Result<ProviderAnswer, ProviderError> {
        let Some(category) = category(request.vertical) else {
            return Err(ProviderError::unsupported(Self::NAME, request.vertical));
        };
        let body = self.endpoint.send(self.endpoint.get("search", &parameters(request, category))).await?;
        self.endpoint.without_key(answer(request, &body, self.endpoint.now()))
    }
}

fn category(vertical: Vertical) -> Option<&'static str> {
    match vertical {
        Vertical::Web => Some("general"),
        Vertical::News => Some("news"),
        Vertical::Images => Some("images"),
        Vertical::Scholar => Some("science"),
        Vertical::Products => None,
    }
}

fn parameters(request: &ProviderRequest, category: &str) -> Vec<(&'static str, String)> {
    let safe = match request.safe {
        SafeSearch::Off => "0",
        SafeSearch::Moderate => "1",
        SafeSearch::Strict => "2",
    };
    let mut pairs = vec![
        ("q", request.query_with_sites()),
        ("format", "json".to_owned()),
        ("categories", category.to_owned()),
        ("pageno", request.page.to_string()),
        ("safesearch", safe.to_owned()),
    ];
    pairs.extend(request.time_range.map(|range| ("time_range", range.as_str().to_owned())));
    pairs.extend(request.language.as_ref().map(|language| {
        let country = request.country.as_ref().map(|country| format!("-{}", country.to_uppercase()));
        ("language", format!("{language}{}", country.unwrap_or_default()))
    }));
    pairs
}

fn answer(request: &ProviderRequest, body: &Value, now: i64) -> ProviderAnswer {
    let results = read::list(body, "/results").filter_map(|value| result(request.vertical, value, now));
    // A text in older versions, an object in newer ones.
    let answer_box = read::list(body, "/answers").find_map(|value| {
        let answer = read::snippet(value, &["", "/answer"])?;
        Some(AnswerBox { answer, title: None, url: read::link(value, &["/url"]) })
    });
    ProviderAnswer {
        answer_box,
        knowledge_graph: read::list(body, "/infoboxes").find_map(infobox),
        total: read::count(body, &["/number_of_results"]).filter(|total| *total > 0),
        corrected_query: read::list(body, "/corrections").find_map(|value| read::title(value, &["", "/title"])),
        ..read::answer(request, results)
    }
}

fn result(vertical: Vertical, value: &Value, now: i64) -> Option<SearchResult> {
    let result = read::result(value, &["/title"], &["/url"], &["/content"])?;
    let image = read::image(read::link(value, &["/img_src"]), None, None);
    Some(SearchResult {
        date: read::date(value, &["/publishedDate"], now),
        image: image.filter(|_| vertical == Vertical::Images),
        source: read::name(value, &["/source", "/journal"]),
        authors: read::authors(read::list(value, "/authors").filter_map(|author| read::raw(author, &[""]))),
        ..result
    })
}

fn infobox(value: &Value) -> Option<KnowledgeGraph> {
    let facts = read::list(value, "/attributes")
        .filter_map(|fact| Some((read::name(fact, &["/label"])?, read::title(fact, &["/value"])?)));
    Some(KnowledgeGraph {
        title: read::title(value, &["/infobox"])?,
        kind: None,
        description: read::snippet(value, &["/content"])?,
        url: read::list(value, "/urls").find_map(|link| read::link(link, &["/url"])),
        facts: facts.take(read::MAX_FACTS).collect(),
    })
}
