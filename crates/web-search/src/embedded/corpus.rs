//! The collection that is searched: documents written for this lesson, bundled with the program.
//!
//! They are read as a stranger's would be. What is no text, no date, no price or no link is taken out here, once.

use std::{
    collections::{BTreeMap, HashMap},
    sync::{LazyLock, OnceLock},
};

use mcp_support::search::{
    clean,
    provider::{Price, Vertical},
};
use serde::Deserialize;
use sha2::{Digest as _, Sha256};

/// The day on which the collection ends. "The last week" is the week before its evening; what claims to be younger has
/// no date.
pub(super) const COLLECTED: &str = "2026-11-26T23:59:59Z";

const MAX_TITLE_CHARS: usize = 160;
const MAX_TEXT_CHARS: usize = 4_000;
const MAX_TAG_CHARS: usize = 40;
/// Whatever may be for sale here is.
const CURRENCIES: [&str; 3] = ["EUR", "USD", "GBP"];

/// Each file, and what its documents are where they do not say it themselves.
const FILES: [(&str, Kind); 8] = [
    (include_str!("../../corpus/pages.toml"), Kind::Page),
    (include_str!("../../corpus/answers.toml"), Kind::Answer),
    (include_str!("../../corpus/entities.toml"), Kind::Entity),
    (include_str!("../../corpus/news.toml"), Kind::News),
    (include_str!("../../corpus/products.toml"), Kind::Product),
    (include_str!("../../corpus/images.toml"), Kind::Image),
    (include_str!("../../corpus/papers.toml"), Kind::Paper),
    (include_str!("../../corpus/hostile.toml"), Kind::Page),
];

/// What a document is.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Deserialize)]
#[serde(rename_all = "snake_case")]
pub(super) enum Kind {
    Page,
    Answer,
    Entity,
    News,
    Product,
    Image,
    Paper,
}

impl Kind {
    pub(super) fn as_str(self) -> &'static str {
        match self {
            Self::Page => "page",
            Self::Answer => "answer",
            Self::Entity => "entity",
            Self::News => "news",
            Self::Product => "product",
            Self::Image => "image",
            Self::Paper => "paper",
        }
    }

    /// What a search of this kind looks through.
    pub(super) fn of(vertical: Vertical) -> &'static [Self] {
        match vertical {
            Vertical::Web => &[Self::Page, Self::Answer, Self::Entity],
            Vertical::News => &[Self::News],
            Vertical::Products => &[Self::Product],
            Vertical::Images => &[Self::Image],
            Vertical::Scholar => &[Self::Paper],
        }
    }
}

/// A document as it is served: clean.
#[derive(Debug, Clone)]
pub(super) struct Document {
    pub(super) id: String,
    pub(super) kind: Kind,
    pub(super) title: String,
    pub(super) url: String,
    pub(super) site: String,
    pub(super) text: String,
    pub(super) language: String,
    pub(super) tags: Vec<String>,
    /// Seconds since 1970.
    pub(super) date: Option<i64>,
    pub(super) price: Option<Price>,
    pub(super) rating: Option<f64>,
    pub(super) reviews: Option<u64>,
    /// Who makes it, or has taken the picture.
    pub(super) maker: Option<String>,
    pub(super) venue: Option<String>,
    pub(super) authors: Vec<String>,
    pub(super) cited_by: Option<u64>,
    /// In pixels.
    pub(super) size: (Option<u64>, Option<u64>),
    /// Entities: what it is, its other names, what is known.
    pub(super) what: Option<String>,
    pub(super) aliases: Vec<String>,
    pub(super) facts: BTreeMap<String, String>,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct File {
    document: Vec<Raw>,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Raw {
    id: String,
    kind: Option<Kind>,
    title: String,
    url: String,
    text: String,
    language: String,
    #[serde(default)]
    tags: Vec<String>,
    date: Option<String>,
    price: Option<f64>,
    currency: Option<String>,
    rating: Option<f64>,
    reviews: Option<u64>,
    /// Answers: votes. Part of the data, and of no use here.
    #[serde(rename = "score")]
    _score: Option<i64>,
    maker: Option<String>,
    venue: Option<String>,
    #[serde(default)]
    authors: Vec<String>,
    cited_by: Option<u64>,
    width: Option<u64>,
    height: Option<u64>,
    #[serde(rename = "type")]
    what: Option<String>,
    #[serde(default)]
    aliases: Vec<String>,
    #[serde(default)]
    facts: Vec<(String, String)>,
}

/// All documents, by their place.
#[derive(Debug)]
pub(super) struct Corpus {
    pub(super) documents: Vec<Document>,
    by_id: HashMap<String, usize>,
    /// Made when the first page is read.
    by_page: OnceLock<HashMap<String, usize>>,
    /// The evening of [`COLLECTED`], in seconds since 1970.
    pub(super) now: i64,
}

impl Corpus {
    /// The bundled collection, read once in a process.
    pub(super) fn bundled() -> &'static Self {
        static BUNDLED: LazyLock<Corpus> = LazyLock::new(|| {
            let now = clean::timestamp(COLLECTED, 0).expect("a moment of this file");
            let raw = FILES.into_iter().flat_map(|(text, kind)| {
                let file: File = toml::from_str(text).expect("a file of this crate, which its tests read");
                file.document.into_iter().map(move |raw| (raw, kind))
            });
            Corpus::new(raw.filter_map(|(raw, kind)| document(raw, kind, now)).collect(), now)
        });
        &BUNDLED
    }

    fn new(documents: Vec<Document>, now: i64) -> Self {
        let by_id = documents.iter().enumerate().map(|(place, document)| (document.id.clone(), place)).collect();
        Self { documents, by_id, by_page: OnceLock::new(), now }
    }

    /// The place of a document.
    pub(super) fn place(&self, id: &str) -> Option<usize> {
        self.by_id.get(id).copied()
    }

    /// The document at a canonical URL.
    pub(super) fn at_page(&self, url: &str) -> Option<&Document> {
        let by_page = self.by_page.get_or_init(|| {
            // Of two that are the same page, the first.
            let documents = self.documents.iter().enumerate().rev();
            documents.map(|(place, document)| (clean::same_page(&document.url), place)).collect()
        });
        by_page.get(&clean::same_page(url)).map(|place| &self.documents[*place])
    }

    /// Tells one collection from another.
    pub(super) fn digest() -> String {
        let mut digest = Sha256::new();
        for (text, kind) in FILES {
            digest.update(kind.as_str());
            digest.update(text.len().to_le_bytes());
            digest.update(text);
        }
        digest.finalize().iter().map(|byte| format!("{byte:02x}")).collect()
    }
}

/// Nothing, if it has no link that can be followed.
fn document(raw: Raw, kind: Kind, now: i64) -> Option<Document> {
    let url = clean::link(&raw.url)?;
    let short = |text: &str| clean::text(text, MAX_TITLE_CHARS);
    let tags = raw.tags.iter().map(|tag| clean::text(tag, MAX_TAG_CHARS)).collect();
    Some(Document {
        id: raw.id,
        kind: raw.kind.unwrap_or(kind),
        title: short(&raw.title),
        site: clean::site(&url),
        url,
        text: clean::text(&raw.text, MAX_TEXT_CHARS),
        language: raw.language,
        tags,
        date: raw.date.as_deref().and_then(|date| clean::timestamp(date, now)).filter(|date| *date <= now),
        price: price(raw.price, raw.currency),
        rating: raw.rating.filter(|rating| (0.0..=5.0).contains(rating)),
        reviews: raw.reviews,
        maker: raw.maker.as_deref().map(short),
        venue: raw.venue.as_deref().map(short),
        authors: raw.authors.iter().map(|author| short(author)).collect(),
        cited_by: raw.cited_by,
        size: (raw.width, raw.height),
        what: raw.what.as_deref().map(short),
        aliases: raw.aliases,
        facts: raw.facts.iter().map(|(name, fact)| (short(name), short(fact))).collect(),
    })
}

fn price(amount: Option<f64>, currency: Option<String>) -> Option<Price> {
    let (amount, currency) = (amount?, currency?);
    let is_price = amount.is_finite() && amount > 0.0 && CURRENCIES.contains(&currency.as_str());
    is_price.then_some(Price { amount, currency })
}

#[cfg(test)]
mod tests {
    use std::collections::HashSet;

    use super::*;

    fn document(id: &str) -> &'static Document {
        let corpus = Corpus::bundled();
        &corpus.documents[corpus.place(id).expect(id)]
    }

    #[test]
    fn a_collection_of_every_kind() {
        let corpus = Corpus::bundled();
        assert!(corpus.documents.len() >= 300, "{}", corpus.documents.len());
        let ids: HashSet<&str> = corpus.documents.iter().map(|document| document.id.as_str()).collect();
        assert_eq!(ids.len(), corpus.documents.len(), "an id stands twice");
        for (kind, least) in [
            (Kind::Page, 130),
            (Kind::Answer, 50),
            (Kind::Entity, 20),
            (Kind::News, 55),
            (Kind::Product, 50),
            (Kind::Image, 20),
            (Kind::Paper, 15),
        ] {
            let count = corpus.documents.iter().filter(|document| document.kind == kind).count();
            assert!(count >= least, "{kind:?}: {count}");
        }
        for document in &corpus.documents {
            let words = document.text.split_whitespace().count();
            assert!((30..=135).contains(&words), "{}: {words} words", document.id);
            assert!(!document.title.is_empty() && !document.site.is_empty(), "{}", document.id);
            let is_invented = [".example", "example.com"].iter().any(|end| document.site.ends_with(end));
            assert!(is_invented, "{}", document.site);
        }
        let priced =
            corpus.documents.iter().filter(|document| document.kind == Kind::Product && document.id != "hostile-price");
        assert!(priced.clone().count() > 0 && priced.into_iter().all(|product| product.price.is_some()));
    }

    #[test]
    fn what_strangers_write_is_cleaned() {
        let markup = document("hostile-markup");
        assert_eq!(markup.url, "https://aquaria.example/glimmerfish/care?id=7");
        assert_eq!(markup.title, "Glimmerfish care for beginners");
        assert!(markup.text.contains("fish & likes soft water"), "{}", markup.text);
        assert!(!markup.text.contains("onerror") && !markup.text.contains("display"), "{}", markup.text);
        let bidi = document("hostile-bidi");
        for text in [&bidi.title, &bidi.text] {
            let acts = |c: char| {
                c.is_control()
                    || matches!(c, '\u{200b}'..='\u{200f}' | '\u{202a}'..='\u{202e}' | '\u{2066}'..='\u{2069}')
            };
            assert!(!text.contains(acts), "{text:?}");
        }
        assert_eq!((document("hostile-date").date, document("hostile-future").date), (None, None));
        let price = document("hostile-price");
        assert_eq!((price.price.as_ref(), price.rating), (None, None));
        assert_eq!(Corpus::bundled().place("hostile-link"), None, "a script is no link");
    }
}
