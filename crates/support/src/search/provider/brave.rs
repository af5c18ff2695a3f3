//! Brave Search (<https://api-dashboard.search.brave.com/app/documentation>): an index of its own.

use async_trait::async_trait;
use serde_json::Value;

use super::{
    KnowledgeGraph, ProviderAnswer, ProviderError, ProviderRequest, ProviderSettings, SafeSearch, SearchProvider,
    SearchResult, SetupError, TimeRange, Vertical, endpoint::Endpoint, read,
};

/// The last page that it gives out.
const LAST_PAGE: usize = 10;

/// A client of Brave Search.
#[derive(Debug)]
pub struct Brave {
    endpoint: Endpoint,
}

impl Brave {
    /// Where Brave Search is.
    pub const BASE_URL: &str = "https://api.search.brave.com/res/v1";
    /// [`SearchProvider::name`].
    pub const NAME: &str = "brave";

    /// A client with these settings.
    ///
    /// # Errors
    /// No key, or a base URL that is not safe.
    pub fn new(settings: ProviderSettings) -> Result<Self, SetupError> {
        Ok(Self { endpoint: Endpoint::new(Self::NAME, settings, true)? })
    }
}

#[async_trait]
impl SearchProvider for Brave {
    fn name(&self) -> &'static str {
        Self::NAME
    }

    fn supports(&self, vertical: Vertical) -> bool {
        path(vertical).is_some()
    }

    async fn search(&self, request: &ProviderRequest) -> Result<ProviderAnswer, ProviderError> {
        let path = path(request.vertical).ok_or_else(|| ProviderError::unsupported(Self::NAME, request.vertical))?;
        if request.page > LAST_PAGE {
            return Ok(ProviderAnswer::default());
        }
        let get = self.endpoint.get(path, &parameters(request));
        let get = get.header("x-subscription-token", self.endpoint.key_header("")).header("accept", "application/json");
        let body = self.endpoint.send(get).await?;
        self.endpoint.without_key(answer(request, &body, self.endpoint.now()))
    }
}

fn path(vertical: Vertical) -> Option<&'static str> {
    match vertical {
        Vertical::Web => Some("web/search"),
        Vertical::News => Some("news/search"),
        Vertical::Images => Some("images/search"),
        Vertical::Products | Vertical::Scholar => None,
    }
}

fn parameters(request: &ProviderRequest) -> Vec<(&'static str, String)> {
    let is_images = request.vertical == Vertical::Images;
    let safe = match request.safe {
        // It knows no other for pictures.
        SafeSearch::Moderate if is_images => SafeSearch::Strict,
        safe => safe,
    };
    let mut pairs = vec![
        ("q", request.query_with_sites()),
        ("count", request.count.to_string()),
        ("safesearch", safe.as_str().to_owned()),
    ];
    pairs.extend(request.country.as_ref().map(|country| ("country", country.to_uppercase())));
    pairs.extend(request.language.clone().map(|language| ("search_lang", language)));
    if !is_images {
        // Pages, not results.
        pairs.push(("offset", request.page.saturating_sub(1).to_string()));
        pairs.extend(request.time_range.map(|range| {
            let range = match range {
                TimeRange::Day => "pd",
                TimeRange::Week => "pw",
                TimeRange::Month => "pm",
                TimeRange::Year => "py",
            };
            ("freshness", range.to_owned())
        }));
    }
    pairs
}

fn answer(request: &ProviderRequest, body: &Value, now: i64) -> ProviderAnswer {
    let list = if request.vertical == Vertical::Web { "/web/results" } else { "/results" };
    let results = read::list(body, list).filter_map(|value| result(request.vertical, value, now));
    let questions = read::list(body, "/faq/results").filter_map(|value| read::question(value, &["/answer"], &["/url"]));
    ProviderAnswer {
        knowledge_graph: read::list(body, "/infobox/results").find_map(infobox),
        related_questions: read::questions(questions),
        corrected_query: read::title(body, &["/query/altered"]),
        ..read::answer(request, results)
    }
}

fn result(vertical: Vertical, value: &Value, now: i64) -> Option<SearchResult> {
    let result = read::result(value, &["/title"], &["/url"], &["/description"])?;
    let date = read::date(value, &["/page_age", "/age"], now);
    Some(match vertical {
        Vertical::Images => SearchResult {
            image: read::image(
                read::link(value, &["/properties/url", "/thumbnail/src"]),
                read::count(value, &["/properties/width"]),
                read::count(value, &["/properties/height"]),
            ),
            source: read::name(value, &["/source"]),
            ..result
        },
        Vertical::News => {
            let source = read::name(value, &["/profile/name", "/meta_url/hostname"]);
            SearchResult { date, source, ..result }
        }
        _ => SearchResult { date, ..result },
    })
}

fn infobox(value: &Value) -> Option<KnowledgeGraph> {
    let facts = read::list(value, "/attributes")
        .filter_map(|pair| Some((read::name(pair, &["/0"])?, read::title(pair, &["/1"])?)));
    Some(KnowledgeGraph {
        title: read::title(value, &["/title", "/label"])?,
        kind: read::name(value, &["/category", "/subtype"]),
        description: read::snippet(value, &["/long_desc", "/description"])?,
        url: read::link(value, &["/website_url", "/url"]),
        facts: facts.take(read::MAX_FACTS).collect(),
    })
}
