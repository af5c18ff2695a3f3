//! What is searched: news and background articles, each from an outlet that is trusted more or less.

use std::collections::{BTreeMap, BTreeSet, HashMap};

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use crate::{
    pipeline::{
        deduplicate,
        flag::{self, Flag},
    },
    text,
};

/// Longest text of an article that is kept, in characters.
pub const MAX_TEXT: usize = 20_000;
/// Longest title that is kept, in characters.
pub const MAX_TITLE: usize = 300;
/// How far an outlet that nobody has judged is trusted.
pub const UNKNOWN_TRUST: f64 = 0.4;

/// An article as it stands in a file or comes from a source.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Article {
    /// Name of this article, the same each time it is seen.
    pub id: String,
    /// Its title.
    pub title: String,
    /// Where it can be read.
    pub url: String,
    /// The outlet, by its id in [`Outlets`]; a host where none is known.
    pub source: String,
    /// RFC 3339; absent in a story that is yet to be published.
    #[serde(default)]
    pub published: Option<String>,
    /// Two letters (ISO 639-1).
    pub language: String,
    /// The place that it is for, where it is for one.
    #[serde(default)]
    pub region: Option<String>,
    /// What it is about, in the outlet's own words.
    #[serde(default)]
    pub topics: Vec<String>,
    /// The text.
    pub text: String,
}

/// An article with all that is computed once.
#[derive(Debug, Clone)]
pub struct Indexed {
    /// The article, cleaned.
    pub article: Article,
    /// Seconds since 1970; absent where nobody says when.
    pub published: Option<i64>,
    /// How often each stem of title and text occurs.
    pub stems: HashMap<String, u32>,
    /// Fingerprint of the text: similar texts differ in few bits.
    pub simhash: u64,
    /// How far its outlet is trusted, from 0 to 1.
    pub trust: f64,
    /// What is suspicious about it.
    pub flags: BTreeSet<Flag>,
}

impl Indexed {
    /// Computes what is computed once.
    pub fn new(article: Article, published: Option<i64>, outlets: &Outlets) -> Self {
        let stems = text::counted(&format!("{} {}", article.title, article.text));
        let simhash = deduplicate::simhash(&text::words(&article.text));
        let trust = outlets.trust(&article.source);
        let flags = flag::flags(&format!("{}\n{}", article.title, article.text));
        Self { article, published, stems, simhash, trust, flags }
    }
}

/// An outlet.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, JsonSchema)]
pub struct Outlet {
    /// The name that articles use.
    pub id: String,
    /// What people call it.
    pub name: String,
    /// What it is: a wire, an agency, a local paper, a blog.
    pub kind: String,
    /// The host that it publishes at.
    pub host: String,
    /// How far it is trusted, from 0 to 1.
    pub trust: f64,
}

/// Who is trusted how far: data, so that an operator can disagree.
#[derive(Debug, Clone, Default)]
pub struct Outlets(BTreeMap<String, Outlet>);

impl Outlets {
    /// Reads a table of outlets: TOML with a `[[source]]` for each.
    ///
    /// # Errors
    /// The text is no such table.
    pub fn parse(text: &str) -> Result<Self, toml::de::Error> {
        #[derive(Deserialize)]
        struct Table {
            source: Vec<Outlet>,
        }
        let table: Table = toml::from_str(text)?;
        let clamped = table.source.into_iter().map(|outlet| {
            let trust = outlet.trust.clamp(0.0, 1.0);
            (outlet.id.clone(), Outlet { trust, ..outlet })
        });
        Ok(Self(clamped.collect()))
    }

    /// How far `source` is trusted.
    pub fn trust(&self, source: &str) -> f64 {
        self.0.get(source).map_or(UNKNOWN_TRUST, |outlet| outlet.trust)
    }

    /// What people call `source`.
    pub fn name<'a>(&'a self, source: &'a str) -> &'a str {
        self.0.get(source).map_or(source, |outlet| &outlet.name)
    }

    /// The outlets by id.
    pub fn iter(&self) -> impl Iterator<Item = &Outlet> {
        self.0.values()
    }
}
