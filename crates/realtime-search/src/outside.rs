//! Outside sources: services that search the web. A query leaves this machine only where a person has agreed, and
//! without personal data; what comes back is as untrusted as any other text.

use std::sync::Arc;

use async_trait::async_trait;
use mcp_support::search::provider::{
    Brave, ErrorCode, ProviderRequest, ProviderSettings, SafeSearch, SearchProvider, SearchResult, Searxng, SerpApi,
    SetupError, Tavily, TimeRange, Vertical,
};
use secrecy::SecretString;
use url::Url;

use crate::{
    article::{Article, Outlets},
    dispatch::{Source, SourceError},
    pipeline::{
        Candidate, Place, normalize,
        plan::{Plan, Safe},
    },
    privacy::{Personal, without_personal_data},
};

/// What the list of an outside service counts: it has one, where one's own articles stand in up to four.
const WEIGHT: f64 = 1.5;
const DAY: i64 = 86_400;

/// A service that searches the web, as a source.
pub struct Outside {
    provider: Box<dyn SearchProvider>,
    outlets: Arc<Outlets>,
}

impl Outside {
    /// A source that asks this service.
    pub fn new(provider: Box<dyn SearchProvider>, outlets: Arc<Outlets>) -> Self {
        Self { provider, outlets }
    }
}

/// The services for which there is a key or an address.
///
/// # Errors
/// An address that a key must not be sent to.
pub fn configured(
    serpapi: Option<&SecretString>,
    brave: Option<&SecretString>,
    tavily: Option<&SecretString>,
    searxng: Option<&Url>,
) -> Result<Vec<Box<dyn SearchProvider>>, SetupError> {
    let at = |base: &str, key: &SecretString| {
        let base = Url::parse(base).expect("the address is part of the program");
        ProviderSettings::new(base).with_key(key.clone())
    };
    let mut providers: Vec<Box<dyn SearchProvider>> = Vec::new();
    if let Some(key) = brave {
        providers.push(Box::new(Brave::new(at(Brave::BASE_URL, key))?));
    }
    if let Some(url) = searxng {
        providers.push(Box::new(Searxng::new(ProviderSettings::new(url.clone()))?));
    }
    if let Some(key) = serpapi {
        providers.push(Box::new(SerpApi::new(at(SerpApi::BASE_URL, key))?));
    }
    if let Some(key) = tavily {
        providers.push(Box::new(Tavily::new(at(Tavily::BASE_URL, key))?));
    }
    Ok(providers)
}

#[async_trait]
impl Source for Outside {
    fn name(&self) -> &str {
        self.provider.name()
    }

    fn about(&self) -> String {
        "a service outside this machine; the person is asked before a query goes there".to_owned()
    }

    fn is_outside(&self) -> bool {
        true
    }

    async fn search(&self, plan: Arc<Plan>) -> Result<Vec<Candidate>, SourceError> {
        let answer = self.provider.search(&request(&plan)).await.map_err(|error| {
            tracing::warn!(provider = error.provider, code = %error.code, "an outside source has failed");
            SourceError(match error.code {
                ErrorCode::BadKey => "its key is missing, wrong, or not allowed to do this".to_owned(),
                code => format!("{code}: {}", error.reason),
            })
        })?;
        let list: Arc<str> = self.name().into();
        let candidate = |(at, result): (usize, SearchResult)| {
            let article = article(self.name(), result, plan.language.as_deref());
            let place = Place { list: list.clone(), rank: at + 1, weight: WEIGHT };
            Some(normalize::candidate(Arc::new(normalize::prepared(article, &self.outlets)?), place))
        };
        Ok(answer.results.into_iter().enumerate().filter_map(candidate).collect())
    }
}

/// The words that a service is sent, and what was taken out of them.
pub fn words(plan: &Plan) -> (String, Vec<Personal>) {
    without_personal_data(&plan.text)
}

/// What a service is asked: the person's words, and nothing of their session.
fn request(plan: &Plan) -> ProviderRequest {
    let (query, _) = words(plan);
    let range = plan.window.from.map(|from| match plan.now - from {
        age if age <= DAY => TimeRange::Day,
        age if age <= 7 * DAY => TimeRange::Week,
        age if age <= 31 * DAY => TimeRange::Month,
        _ => TimeRange::Year,
    });
    ProviderRequest {
        language: plan.language.clone(),
        safe: match plan.wanted.safe {
            Safe::Off => SafeSearch::Off,
            Safe::Moderate => SafeSearch::Moderate,
            Safe::Strict => SafeSearch::Strict,
        },
        time_range: range,
        site: plan.sites.first().cloned(),
        exclude_site: plan.excluded_sites.first().cloned(),
        ..ProviderRequest::new(Vertical::Web, query)
    }
}

fn article(provider: &str, result: SearchResult, language: Option<&str>) -> Article {
    Article {
        id: format!("{provider}:{}", result.url),
        source: result.site,
        published: result.date,
        // A service that was asked for a language answers in it.
        language: language.unwrap_or("en").to_owned(),
        region: None,
        topics: Vec::new(),
        title: result.title,
        url: result.url,
        text: result.snippet,
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::{corpus, library::Library, pipeline::plan::Wanted, session::Session};

    #[test]
    fn nothing_of_the_person_is_sent() {
        let library = Library::new(corpus::archive()[..20].to_vec(), corpus::outlets()).expect("a library");
        let session = Session { domain: Some("oncology".to_owned()), ..Session::default() };
        let query = "bridge closed ann.lee@mail.example since 2026-11-20";
        let wanted = Wanted { query: query.to_owned(), limit: 5, ..Wanted::default() };
        let plan = Plan::new(&library, wanted, Some(&session), 1_795_694_400);
        let asked = request(&plan);
        assert_eq!(asked.query, "bridge closed");
        assert_eq!(asked.time_range, Some(TimeRange::Week));
    }
}
