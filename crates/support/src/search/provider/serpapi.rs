//! SerpAPI: Google's result pages as JSON (<https://serpapi.com/search-api>). It takes its key in the URL.

use async_trait::async_trait;
use serde_json::Value;

use super::{
    KnowledgeGraph, ProviderAnswer, ProviderError, ProviderRequest, ProviderSettings, SafeSearch, SearchProvider,
    SearchResult, SetupError, TimeRange, Vertical, endpoint::Endpoint, read, refusal,
};
use crate::search::clean;

/// Parts of a knowledge graph that are no facts.
const NO_FACTS: [&str; 12] = [
    "title",
    "type",
    "description",
    "kgmid",
    "entity_type",
    "website",
    "image",
    "serpapi_knowledge_graph_search_link",
    "knowledge_graph_search_link",
    "place_id",
    "local_map",
    "source",
];

/// A client of SerpAPI.
#[derive(Debug)]
pub struct SerpApi {
    endpoint: Endpoint,
}

impl SerpApi {
    /// Where SerpAPI is.
    pub const BASE_URL: &str = "https://serpapi.com";
    /// [`SearchProvider::name`].
    pub const NAME: &str = "serpapi";

    /// A client with these settings.
    ///
    /// # Errors
    /// No key, or a base URL that is not safe.
    pub fn new(settings: ProviderSettings) -> Result<Self, SetupError> {
        Ok(Self { endpoint: Endpoint::new(Self::NAME, settings, true)? })
    }
}

#[async_trait]
impl SearchProvider for SerpApi {
    fn name(&self) -> &'static str {
        Self::NAME
    }

    fn supports(&self, _: Vertical) -> bool {
        true
    }

    async fn search(&self, request: &ProviderRequest) -> Result<ProviderAnswer, ProviderError> {
        let get = self.endpoint.get_with_key("search.json", &parameters(request, self.endpoint.now()), "api_key");
        let body = self.endpoint.send(get).await?;
        if let Some(error) = read::raw(&body, &["/error"]) {
            // No results is an error there, and none here.
            let is_empty = error.contains("hasn't returned any results");
            return if is_empty { Ok(ProviderAnswer::default()) } else { Err(refusal::said(&self.endpoint, &error)) };
        }
        self.endpoint.without_key(answer(request, &body, self.endpoint.now()))
    }
}

fn parameters(request: &ProviderRequest, now: i64) -> Vec<(&'static str, String)> {
    let engine = match request.vertical {
        Vertical::Web | Vertical::News => "google",
        Vertical::Products => "google_shopping",
        Vertical::Images => "google_images",
        Vertical::Scholar => "google_scholar",
    };
    let mut pairs = vec![("engine", engine.to_owned()), ("q", request.query_with_sites())];
    match request.vertical {
        Vertical::Images => pairs.push(("ijn", request.page.saturating_sub(1).to_string())),
        _ => pairs.extend([("num", request.count.to_string()), ("start", request.offset().to_string())]),
    }
    if request.vertical == Vertical::News {
        pairs.push(("tbm", "nws".to_owned()));
    }
    pairs.extend(request.country.clone().map(|country| ("gl", country)));
    pairs.extend(request.language.clone().map(|language| ("hl", language)));
    if request.safe != SafeSearch::Moderate {
        pairs.push(("safe", if request.safe == SafeSearch::Strict { "active" } else { "off" }.to_owned()));
    }
    match (request.vertical, request.time_range) {
        (_, None) => {}
        // It knows years only.
        (Vertical::Scholar, Some(range)) => {
            let since = clean::rfc3339(now - range.seconds()).unwrap_or_default();
            pairs.push(("as_ylo", since.chars().take(4).collect()));
        }
        (_, Some(range)) => {
            let unit = match range {
                TimeRange::Day => "d",
                TimeRange::Week => "w",
                TimeRange::Month => "m",
                TimeRange::Year => "y",
            };
            pairs.push(("tbs", format!("qdr:{unit}")));
        }
    }
    pairs
}

fn answer(request: &ProviderRequest, body: &Value, now: i64) -> ProviderAnswer {
    let list = match request.vertical {
        Vertical::Web | Vertical::Scholar => "/organic_results",
        Vertical::News => "/news_results",
        Vertical::Products => "/shopping_results",
        Vertical::Images => "/images_results",
    };
    let results = read::list(body, list).filter_map(|value| result(request.vertical, value, now));
    let above = &body["answer_box"];
    let questions = read::list(body, "/related_questions")
        .filter_map(|value| read::question(value, &["/snippet", "/answer"], &["/link", "/source/link"]));
    ProviderAnswer {
        answer_box: read::answer_box(above, &["/answer", "/result", "/stock", "/temperature"], &["/link"]),
        featured_snippet: read::featured(above, &["/link"]),
        knowledge_graph: knowledge_graph(&body["knowledge_graph"]),
        related_questions: read::questions(questions),
        total: read::count(body, &["/search_information/total_results"]),
        corrected_query: read::title(body, &["/search_information/showing_results_for"]),
        ..read::answer(request, results)
    }
}

fn result(vertical: Vertical, value: &Value, now: i64) -> Option<SearchResult> {
    let result = read::result(value, &["/title"], &["/link", "/product_link"], &["/snippet", "/description"])?;
    let date = read::date(value, &["/date", "/published_at"], now);
    Some(match vertical {
        Vertical::Web => SearchResult { date, ..result },
        Vertical::News => SearchResult { date, source: read::name(value, &["/source/name", "/source"]), ..result },
        Vertical::Products => SearchResult {
            price: read::raw(value, &["/price"]).and_then(|price| clean::price(&price)),
            rating: read::rating(value, &["/rating"]),
            reviews: read::count(value, &["/reviews"]),
            source: read::name(value, &["/source"]),
            ..result
        },
        Vertical::Images => SearchResult {
            image: read::image(
                read::link(value, &["/original", "/thumbnail"]),
                read::count(value, &["/original_width"]),
                read::count(value, &["/original_height"]),
            ),
            source: read::name(value, &["/source"]),
            ..result
        },
        Vertical::Scholar => SearchResult {
            authors: read::authors(
                read::list(value, "/publication_info/authors").filter_map(|author| read::raw(author, &["/name"])),
            ),
            source: read::title(value, &["/publication_info/summary"]),
            cited_by: read::count(value, &["/inline_links/cited_by/total"]),
            date: read::raw(value, &["/publication_info/summary"]).and_then(|summary| year(&summary)),
            ..result
        },
    })
}

/// `A Author, B Author - Journal of Things, 2019 - publisher.example`: its year, as its first day.
fn year(summary: &str) -> Option<String> {
    let mut words = summary.rsplit(|letter: char| !letter.is_ascii_digit());
    let year = words.find(|word| word.len() == 4 && ("1600".."2200").contains(word))?;
    clean::date(&format!("{year}-01-01"), 0)
}

fn knowledge_graph(value: &Value) -> Option<KnowledgeGraph> {
    let facts =
        value.as_object()?.iter().filter(|(name, value)| value.is_string() && !NO_FACTS.contains(&name.as_str()));
    let facts = facts.filter(|(name, _)| !name.ends_with("_link") && !name.ends_with("_links"));
    let facts = facts.filter_map(|(name, _)| {
        let shown = clean::text(&name.replace('_', " "), 40);
        Some((shown, read::title(&value[name], &[""])?))
    });
    let description = read::snippet(value, &["/description"]);
    Some(KnowledgeGraph {
        title: read::title(value, &["/title"])?,
        kind: read::name(value, &["/type"]),
        description: description.or_else(|| read::name(value, &["/type"]))?,
        url: read::link(value, &["/source/link", "/website"]),
        facts: facts.take(read::MAX_FACTS).collect(),
    })
}
