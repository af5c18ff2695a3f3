//! Full-text search over a few documents, ranked by BM25 (Robertson and Zaragoza, 2009).

use std::{collections::HashMap, sync::Arc};

use mcp_support::{
    refusal::{Refusal, answer, within},
    schema,
};
use rmcp::{
    handler::server::{common::schema_for_output, router::tool::ToolRouter, wrapper::Parameters},
    model::CallToolResult,
    tool, tool_router,
};
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use super::{About, Small, handler};

/// Title and text, by collection.
const COLLECTIONS: [(&str, [(&str, &str); 4]); 4] = [
    (
        "code",
        [
            ("Borrow checker", "The Rust compiler refuses a program in which a reference could outlive its value."),
            (
                "Unit tests",
                "A test calls one function and compares the result. It runs with each build, and in seconds.",
            ),
            ("Deadlock", "Two threads wait for each other's lock. Always take locks in the same order."),
            ("SQL index", "An index lets a query find its rows without reading the whole table."),
        ],
    ),
    (
        "creative",
        [
            ("Haiku", "A poem of three lines with five, seven and five syllables, often about a season."),
            ("Limerick", "A humorous poem of five lines that rhyme a a b b a."),
            ("Plot twist", "A turn of a story that nobody expected, and that makes sense of what came before."),
            ("Slogan", "A few words that people remember: short, rhythmic and about one thing."),
        ],
    ),
    (
        "scientific",
        [
            ("Photosynthesis", "Plants turn light, water and carbon dioxide into sugar and oxygen."),
            ("Half-life", "The time in which half of the atoms of a radioactive substance decay."),
            ("Control group", "Those in a study who do not get the treatment. Without them an effect proves nothing."),
            ("Escape velocity", "The speed at which a body leaves a planet for good: 11.2 km/s on Earth."),
        ],
    ),
    (
        "general",
        [
            (
                "Round robin",
                "Requests go to one server after the other. Simple and fair, and blind to how busy each is.",
            ),
            ("Consistent hashing", "A key always goes to the same server. When one leaves, only its own keys move."),
            ("Circuit breaker", "After some failures a server is left alone for a while, then tried with one request."),
            ("Data residency", "Some data has to stay in a country, whatever is faster or cheaper."),
        ],
    ),
];
/// How soon a repeated word stops to count, and how much long documents lose.
const K1: f64 = 1.2;
const B: f64 = 0.75;

#[derive(Clone)]
pub(super) struct Search {
    about: About,
    tools: Arc<ToolRouter<Self>>,
}

#[derive(Debug, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
struct SearchArguments {
    /// Words to look for.
    #[schemars(length(min = 1, max = 200))]
    query: String,
}

#[derive(Debug, Serialize, JsonSchema)]
struct Found {
    /// The best first, at most 3.
    documents: Vec<Hit>,
    /// Which server has answered.
    served_by: String,
}

#[derive(Debug, Serialize, JsonSchema)]
struct Hit {
    /// Title of the document.
    title: &'static str,
    /// Its text.
    text: &'static str,
    /// BM25; higher fits better.
    score: f64,
}

#[tool_router]
impl Search {
    pub(super) fn new(about: About) -> Self {
        Self { about, tools: Arc::new(schema::portable(Self::tool_router())) }
    }

    /// Searches a small collection of short documents.
    #[tool(
        title = "Search documents",
        annotations(
            title = "Search documents",
            read_only_hint = true,
            destructive_hint = false,
            idempotent_hint = true,
            open_world_hint = false
        ),
        output_schema = schema_for_output::<Found>()
    )]
    fn search_documents(
        &self,
        Parameters(SearchArguments { query }): Parameters<SearchArguments>,
    ) -> Result<CallToolResult, Refusal> {
        within("the length of query", query.len(), 1, 200)?;
        let documents = best(&self.about.collection, &query);
        let titles: Vec<&str> = documents.iter().map(|hit| hit.title).collect();
        let text = if titles.is_empty() { "nothing found".to_owned() } else { titles.join(", ") };
        let served_by = format!("{} {}", self.about.region.name(), self.about.version);
        answer(text, &Found { documents, served_by })
    }
}

fn words(text: &str) -> Vec<String> {
    let lower = text.to_lowercase();
    let words = lower.split(|letter: char| !letter.is_alphanumeric()).filter(|word| !word.is_empty());
    words.map(|word| word.strip_suffix('s').filter(|word| word.len() > 2).unwrap_or(word).to_owned()).collect()
}

fn best(collection: &str, query: &str) -> Vec<Hit> {
    let Some((_, documents)) = COLLECTIONS.iter().find(|(name, _)| *name == collection) else { return Vec::new() };
    let texts: Vec<Vec<String>> = documents.iter().map(|(title, text)| words(&format!("{title} {text}"))).collect();
    let count = texts.len() as f64;
    let mean = texts.iter().map(Vec::len).sum::<usize>() as f64 / count;
    let mut scores: HashMap<usize, f64> = HashMap::new();
    for word in words(query) {
        let holders = texts.iter().filter(|text| text.contains(&word)).count() as f64;
        let rarity = ((count - holders + 0.5) / (holders + 0.5) + 1.0).ln();
        for (at, text) in texts.iter().enumerate() {
            let times = text.iter().filter(|found| **found == word).count() as f64;
            if times > 0.0 {
                let length = 1.0 - B + B * text.len() as f64 / mean;
                *scores.entry(at).or_default() += rarity * times * (K1 + 1.0) / (times + K1 * length);
            }
        }
    }
    let mut hits: Vec<(usize, f64)> = scores.into_iter().collect();
    hits.sort_by(|one, other| other.1.total_cmp(&one.1).then(one.0.cmp(&other.0)));
    let hit = |(at, score): (usize, f64)| Hit {
        title: documents[at].0,
        text: documents[at].1,
        score: (score * 1000.0).round() / 1000.0,
    };
    hits.into_iter().take(3).map(hit).collect()
}

impl Small for Search {
    fn about(&self) -> &About {
        &self.about
    }

    fn tools(&self) -> &ToolRouter<Self> {
        &self.tools
    }
}

handler!(Search);

#[cfg(test)]
mod tests {
    use super::best;

    #[test]
    fn what_fits_best_comes_first() {
        assert_eq!(best("general", "where does my key go when a server leaves")[0].title, "Consistent hashing");
        assert_eq!(best("code", "two threads and a lock")[0].title, "Deadlock");
        assert!(
            best("general", "zebra").is_empty() && best("general", "?!").is_empty() && best("none", "key").is_empty()
        );
    }
}
