//! What a search service answers. All text has been through [`clean`](crate::search::clean).

use std::collections::BTreeMap;

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

pub use crate::search::clean::Price;

/// Results, and what the service puts above them.
#[derive(Debug, Clone, PartialEq, Default, Serialize, Deserialize)]
pub struct ProviderAnswer {
    /// In the service's order.
    pub results: Vec<SearchResult>,
    /// A direct answer.
    pub answer_box: Option<AnswerBox>,
    /// What is known of a thing, a person, a place.
    pub knowledge_graph: Option<KnowledgeGraph>,
    /// The passage of one page that answers best.
    pub featured_snippet: Option<FeaturedSnippet>,
    /// What else people ask, with answers.
    pub related_questions: Vec<RelatedQuestion>,
    /// About how many results there are, where the service says so.
    pub total: Option<u64>,
    /// What was searched instead of a misspelt query.
    pub corrected_query: Option<String>,
}

/// A result. What a service or a kind of search does not have is missing.
#[derive(Debug, Clone, PartialEq, Default, Serialize, Deserialize, JsonSchema)]
pub struct SearchResult {
    /// Its title.
    pub title: String,
    /// Its canonical URL.
    pub url: String,
    /// An extract.
    pub snippet: String,
    /// The host, without `www.`.
    pub site: String,
    /// When it was published (RFC 3339, UTC).
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub date: Option<String>,
    /// Products: what it costs.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub price: Option<Price>,
    /// Products: stars, from 0 to 5.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub rating: Option<f64>,
    /// Products: how many have rated it.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub reviews: Option<u64>,
    /// News: who published it. Products: who makes or sells it.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub source: Option<String>,
    /// Images: the picture itself.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub image: Option<Image>,
    /// Scholar: who wrote it.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub authors: Vec<String>,
    /// Scholar: how often it is cited.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub cited_by: Option<u64>,
}

/// A picture.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct Image {
    /// Where it is.
    pub url: String,
    /// In pixels.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub width: Option<u64>,
    /// In pixels.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub height: Option<u64>,
}

/// A direct answer.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct AnswerBox {
    /// The answer.
    pub answer: String,
    /// Whose it is.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub title: Option<String>,
    /// Where it stands.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub url: Option<String>,
}

/// What is known of a thing, a person, a place.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct KnowledgeGraph {
    /// Its name.
    pub title: String,
    /// What it is, such as "Programming language".
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub kind: Option<String>,
    /// In a sentence or two.
    pub description: String,
    /// Where that stands.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub url: Option<String>,
    /// More, by name.
    #[serde(default, skip_serializing_if = "BTreeMap::is_empty")]
    pub facts: BTreeMap<String, String>,
}

/// The passage of one page that answers best.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct FeaturedSnippet {
    /// The passage.
    pub text: String,
    /// The page's title.
    pub title: String,
    /// The page.
    pub url: String,
}

/// What else people ask.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct RelatedQuestion {
    /// The question.
    pub question: String,
    /// Its answer.
    pub answer: String,
    /// The title of the page where it stands.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub title: Option<String>,
    /// That page.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub url: Option<String>,
}
