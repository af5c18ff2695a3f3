//! What a search service is asked.

use std::fmt;

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

/// Most results on a page.
pub const MAX_COUNT: usize = 20;
/// Most characters of a question.
pub const MAX_QUERY_CHARS: usize = 400;

/// What is searched.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Default, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "snake_case")]
pub enum Vertical {
    /// Pages.
    #[default]
    Web,
    /// News.
    News,
    /// What is for sale.
    Products,
    /// Pictures.
    Images,
    /// Papers.
    Scholar,
}

impl Vertical {
    /// Every vertical.
    pub const ALL: [Self; 5] = [Self::Web, Self::News, Self::Products, Self::Images, Self::Scholar];

    /// Its name on the wire.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Web => "web",
            Self::News => "news",
            Self::Products => "products",
            Self::Images => "images",
            Self::Scholar => "scholar",
        }
    }
}

impl fmt::Display for Vertical {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.write_str(self.as_str())
    }
}

/// How recent a result has to be.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "snake_case")]
pub enum TimeRange {
    /// The last 24 hours.
    Day,
    /// The last 7 days.
    Week,
    /// The last 31 days.
    Month,
    /// The last 366 days.
    Year,
}

impl TimeRange {
    /// How far back it goes, in seconds.
    pub fn seconds(self) -> i64 {
        let days = match self {
            Self::Day => 1,
            Self::Week => 7,
            Self::Month => 31,
            Self::Year => 366,
        };
        days * 24 * 60 * 60
    }

    /// Its name on the wire.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Day => "day",
            Self::Week => "week",
            Self::Month => "month",
            Self::Year => "year",
        }
    }
}

/// Whether explicit results are left out.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Default, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "snake_case")]
pub enum SafeSearch {
    /// Nothing is left out.
    Off,
    /// Explicit pictures are left out.
    #[default]
    Moderate,
    /// Everything explicit is left out.
    Strict,
}

impl SafeSearch {
    /// Its name in lower case.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Off => "off",
            Self::Moderate => "moderate",
            Self::Strict => "strict",
        }
    }
}

/// A question. Whoever fills it keeps to the bounds; a service that has no use for a field leaves it out.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub struct ProviderRequest {
    /// What is searched.
    pub vertical: Vertical,
    /// A person's words, at most [`MAX_QUERY_CHARS`].
    pub query: String,
    /// Results on a page: 1 to [`MAX_COUNT`].
    pub count: usize,
    /// Which page, from 1.
    pub page: usize,
    /// Two letters, lower case (ISO 3166-1), such as `de`.
    pub country: Option<String>,
    /// Two letters, lower case (ISO 639-1), such as `en`.
    pub language: Option<String>,
    /// Whether explicit results are left out.
    pub safe: SafeSearch,
    /// How recent a result has to be.
    pub time_range: Option<TimeRange>,
    /// Only this host and its subdomains.
    pub site: Option<String>,
    /// Neither this host nor its subdomains.
    pub exclude_site: Option<String>,
}

impl ProviderRequest {
    /// The first ten for these words.
    pub fn new(vertical: Vertical, query: impl Into<String>) -> Self {
        Self {
            vertical,
            query: query.into(),
            count: 10,
            page: 1,
            country: None,
            language: None,
            safe: SafeSearch::default(),
            time_range: None,
            site: None,
            exclude_site: None,
        }
    }

    /// How many results come before this page.
    pub fn offset(&self) -> usize {
        self.page.saturating_sub(1).saturating_mul(self.count)
    }

    /// The query with its sites as most services write them: `words site:example.com -site:example.org`.
    pub(super) fn query_with_sites(&self) -> String {
        let mut query = self.query.trim().to_owned();
        for (operator, site) in [(" site:", &self.site), (" -site:", &self.exclude_site)] {
            if let Some(site) = site {
                query.push_str(operator);
                query.push_str(site);
            }
        }
        query
    }
}
