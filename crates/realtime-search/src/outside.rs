//! Outside sources: services that search the web. A query leaves this machine only where a person has agreed to that
//! very query, without personal data, and with nothing of a session: what a session wants is looked for in the answer.
//! What comes back is as untrusted as any other text.

use std::{fmt, sync::Arc};

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
        Candidate, Place,
        analyse::{Analysis, analyse},
        normalize,
        plan::{self, Plan, Safe, Wanted},
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
        let answer =
            self.provider.search(&Sent::of(&plan.analysis, &plan.wanted, plan.now).request).await.map_err(|error| {
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

/// What a service is sent, and what was taken out of it.
#[derive(Debug, Clone, PartialEq)]
pub struct Sent {
    /// The words, sites and time that the person has typed, with the language and the strictness of the call.
    pub request: ProviderRequest,
    /// Personal data that stays here.
    pub removed: Vec<Personal>,
}

impl Sent {
    /// What a service would be sent for this search.
    pub fn new(wanted: &Wanted, now: i64) -> Self {
        Self::of(&analyse(&wanted.query, now), wanted, now)
    }

    /// The person's words as they were typed: no index of ours mends them, and no session adds to them.
    fn of(analysis: &Analysis, wanted: &Wanted, now: i64) -> Self {
        let (query, removed) = without_personal_data(&analysis.text);
        let range = analysis.window.from.map(|from| match now - from {
            age if age <= DAY => TimeRange::Day,
            age if age <= 7 * DAY => TimeRange::Week,
            age if age <= 31 * DAY => TimeRange::Month,
            _ => TimeRange::Year,
        });
        let first = |sites: &[String]| plan::hosts(sites).into_iter().next();
        let request = ProviderRequest {
            language: analysis.operators.language.clone().or_else(|| wanted.language.clone()),
            safe: match wanted.safe {
                Safe::Off => SafeSearch::Off,
                Safe::Moderate => SafeSearch::Moderate,
                Safe::Strict => SafeSearch::Strict,
            },
            time_range: range,
            site: first(&analysis.operators.sites),
            exclude_site: first(&analysis.operators.excluded_sites),
            ..ProviderRequest::new(Vertical::Web, query)
        };
        Self { request, removed }
    }

    /// Whether no words are left.
    pub fn is_empty(&self) -> bool {
        self.request.query.is_empty()
    }
}

/// All of it, for the person who is asked.
impl fmt::Display for Sent {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        let request = &self.request;
        formatter.write_str(&request.query)?;
        for (operator, site) in [("site", &request.site), ("-site", &request.exclude_site)] {
            if let Some(site) = site {
                write!(formatter, " {operator}:{site}")?;
            }
        }
        write!(formatter, " (safe search: {}", request.safe.as_str())?;
        if let Some(language) = &request.language {
            write!(formatter, "; language: {language}")?;
        }
        if let Some(range) = request.time_range {
            write!(formatter, "; from the last {}", range.as_str())?;
        }
        formatter.write_str(")")
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

    const NOW: i64 = 1_795_694_400; // 2026-11-26T12:00:00Z

    #[test]
    fn what_is_sent_is_what_was_typed_and_all_of_it_is_shown() {
        let query =
            "lawyer \"Lisbon 1980\" ann.lee@mail.example since 2026-11-20 site:courier.example -site:www.b.example";
        let wanted = Wanted {
            query: query.to_owned(),
            include_domains: vec!["clinic.example".to_owned()],
            exclude_domains: vec!["employer.example".to_owned()],
            language: Some("en".to_owned()),
            ..Wanted::default()
        };
        let sent = Sent::new(&wanted, NOW);
        assert_eq!(
            (sent.request.query.as_str(), sent.request.time_range),
            ("lawyer Lisbon 1980", Some(TimeRange::Week))
        );
        assert_eq!(sent.removed, [Personal::Email]);
        assert_eq!(
            sent.to_string(),
            "lawyer Lisbon 1980 site:courier.example -site:b.example (safe search: moderate; language: en; from the last \
             week)"
        );
        let nothing = Wanted { query: "ann.lee@mail.example".to_owned(), ..Wanted::default() };
        assert!(Sent::new(&nothing, NOW).is_empty());
    }
}
