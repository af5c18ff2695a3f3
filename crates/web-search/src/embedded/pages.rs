//! The pages of the collection, whole: their hosts are invented, and no network leads to them.

use mcp_support::search::clean;

use super::Embedded;
use crate::page::Page;

impl Embedded {
    /// The page at this address, if it is one of the collection's.
    pub fn page(&self, url: &str) -> Option<Page> {
        let document = self.shared.corpus.at_page(&clean::link(url)?)?;
        Some(Page {
            title: document.title.clone(),
            byline: (!document.authors.is_empty()).then(|| document.authors.join(", ")),
            date: document.date.and_then(clean::rfc3339),
            language: Some(document.language.clone()),
            text: document.text.clone(),
            is_article: true,
        })
    }
}
