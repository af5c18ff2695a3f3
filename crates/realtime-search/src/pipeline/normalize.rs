//! (4) Normalize: whatever a source sends becomes the same kind of candidate, with text that is safe to show.

use std::sync::Arc;

use mcp_support::search::clean;

use super::{
    Candidate, Parts, Place,
    flag::{self, Flag},
};
use crate::article::{Article, Indexed, MAX_TEXT, MAX_TITLE, Outlets};

/// Topics of an article that are kept.
const MAX_TOPICS: usize = 20;

/// An article of whose text nothing can do harm to whoever shows it: no markup, no control characters, nothing that
/// turns the direction of writing, bounded lengths. `None` where no title or no web address is left.
pub fn cleaned(article: Article) -> Option<Article> {
    let line = |text: &str, most: usize| clean::text(text, most);
    let url = clean::link(&article.url)?;
    let cleaned = Article {
        id: line(&article.id, 200),
        title: line(&article.title, MAX_TITLE),
        source: line(&article.source, 100),
        language: line(&article.language, 8).to_lowercase(),
        region: article.region.as_deref().map(|region| line(region, 60).to_lowercase()),
        topics: article.topics.iter().take(MAX_TOPICS).map(|topic| line(topic, 60).to_lowercase()).collect(),
        text: line(&article.text, MAX_TEXT),
        published: article.published,
        url,
    };
    (!cleaned.title.is_empty() && !cleaned.id.is_empty()).then_some(cleaned)
}

/// Seconds since 1970 of a date that a source has written.
pub fn seconds(published: &str) -> Option<i64> {
    let time = chrono::DateTime::parse_from_rfc3339(published.trim()).ok()?;
    Some(time.timestamp())
}

/// An article that is ready to be searched and shown; what was hidden in it is gone, and that it was there is noted.
pub fn prepared(article: Article, outlets: &Outlets) -> Option<Indexed> {
    let published = article.published.as_deref().and_then(seconds);
    let hides = flag::hides(&article.title) || flag::hides(&article.text);
    let article = cleaned(article)?;
    let mut indexed = Indexed::new(article, published, outlets);
    if hides {
        indexed.flags.insert(Flag::Hidden);
    }
    Some(indexed)
}

/// A candidate from an article.
pub fn candidate(indexed: Arc<Indexed>, place: Place) -> Candidate {
    let canonical_url = clean::same_page(&indexed.article.url);
    Candidate { canonical_url, indexed, places: vec![place], duplicates: Vec::new(), parts: Parts::default() }
}
