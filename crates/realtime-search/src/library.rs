//! What can be searched here: an archive that is there from the start, and what has been published since.
//!
//! One index holds both, so that their scores can be compared. What a ranking needs of an article is computed once and
//! kept beside the index.

use std::{
    collections::{BTreeMap, HashMap, VecDeque},
    sync::{Arc, PoisonError, RwLock, RwLockReadGuard, RwLockWriteGuard},
};

use mcp_support::search::{
    clean,
    index::{Filter, IndexDocument, IndexError, IndexOptions, SearchIndex, SearchQuery, WeightedWord},
};

use crate::{
    article::{Article, Indexed, Outlets},
    pipeline::{analyse::Window, normalize},
    text,
};

/// Articles that were published since the start and are kept; the oldest goes first.
pub const MAX_LIVE: usize = 20_000;
const KIND: &str = "kind";
const LANGUAGE: &str = "language";
const SOURCE: &str = "source";
const SITE: &str = "site";

/// Which articles.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Kind {
    /// There from the start.
    Archive,
    /// Published since.
    Live,
}

impl Kind {
    /// Its name.
    pub fn name(self) -> &'static str {
        match self {
            Self::Archive => "archive",
            Self::Live => "live",
        }
    }
}

/// Words to look for, and what has to hold besides.
#[derive(Debug, Clone, Default)]
pub struct Lookup {
    /// A person's words, phrases and exclusions.
    pub text: String,
    /// More words, with less weight.
    pub also: Vec<WeightedWord>,
    /// When the articles were published.
    pub window: Window,
    /// Language that they must have.
    pub language: Option<String>,
    /// Outlets of which one must be theirs.
    pub sources: Vec<String>,
    /// Hosts of which one must be theirs, or lie above it.
    pub sites: Vec<String>,
    /// Hosts that must not be theirs.
    pub excluded_sites: Vec<String>,
    /// How many.
    pub limit: usize,
}

/// Archive and live articles. Clones share them.
#[derive(Clone)]
pub struct Library {
    index: SearchIndex,
    known: Arc<RwLock<Known>>,
    outlets: Arc<Outlets>,
}

#[derive(Default)]
struct Known {
    articles: HashMap<String, Arc<Indexed>>,
    /// In how many articles each stem is.
    frequencies: HashMap<String, usize>,
    /// What was published since the start, the oldest first.
    live: VecDeque<String>,
}

impl Library {
    /// A library with this archive. Blocks: it is indexed at once.
    ///
    /// # Errors
    /// There is no memory for the index.
    pub fn new(archive: impl IntoIterator<Item = Article>, outlets: Arc<Outlets>) -> Result<Self, IndexError> {
        let index = SearchIndex::in_memory(&IndexOptions::default())?;
        let library = Self { index, known: Arc::default(), outlets };
        for article in archive {
            library.take_in(article, Kind::Archive)?;
        }
        library.index.commit()?;
        Ok(library)
    }

    /// Publishes an article: found from here on. Blocks. `None` where it has nothing that could be shown.
    ///
    /// # Errors
    /// The index is damaged.
    pub fn publish(&self, article: Article) -> Result<Option<Arc<Indexed>>, IndexError> {
        let Some(indexed) = self.take_in(article, Kind::Live)? else { return Ok(None) };
        let gone = {
            let mut known = self.write();
            known.live.retain(|id| *id != indexed.article.id);
            known.live.push_back(indexed.article.id.clone());
            let gone = (known.live.len() > MAX_LIVE).then(|| known.live.pop_front()).flatten();
            gone.inspect(|id| known.remove(id))
        };
        if let Some(id) = gone {
            self.index.remove(&id)?;
        }
        self.index.commit()?;
        Ok(Some(indexed))
    }

    fn take_in(&self, article: Article, kind: Kind) -> Result<Option<Arc<Indexed>>, IndexError> {
        let Some(indexed) = normalize::prepared(article, &self.outlets) else { return Ok(None) };
        let article = &indexed.article;
        let facets = BTreeMap::from([
            (KIND.to_owned(), vec![kind.name().to_owned()]),
            (LANGUAGE.to_owned(), vec![article.language.clone()]),
            (SOURCE.to_owned(), vec![article.source.clone()]),
            (SITE.to_owned(), sites(&article.url)),
        ]);
        self.index.add(&IndexDocument {
            id: article.id.clone(),
            title: article.title.clone(),
            body: article.text.clone(),
            facets,
            date: indexed.published,
            ..IndexDocument::default()
        })?;
        let indexed = Arc::new(indexed);
        let mut known = self.write();
        known.remove(&indexed.article.id);
        for stem in indexed.stems.keys() {
            *known.frequencies.entry(stem.clone()).or_default() += 1;
        }
        known.articles.insert(indexed.article.id.clone(), indexed.clone());
        Ok(Some(indexed))
    }

    /// The best for these words, each with its score. Blocks.
    ///
    /// # Errors
    /// The index is damaged.
    pub fn find(&self, lookup: &Lookup, kind: Option<Kind>) -> Result<Vec<(Arc<Indexed>, f32)>, IndexError> {
        let mut filters: Vec<Filter> = kind.map(|kind| Filter::is(KIND, kind.name())).into_iter().collect();
        filters.extend(lookup.language.as_ref().map(|language| Filter::is(LANGUAGE, language.clone())));
        let of = |facet: &str, any_of: &[String]| Filter::Is { facet: facet.to_owned(), any_of: any_of.to_vec() };
        for (facet, any_of) in [(SOURCE, &lookup.sources), (SITE, &lookup.sites)] {
            filters.extend((!any_of.is_empty()).then(|| of(facet, any_of)));
        }
        if !lookup.excluded_sites.is_empty() {
            filters.push(Filter::IsNot { facet: SITE.to_owned(), any_of: lookup.excluded_sites.clone() });
        }
        if !lookup.window.is_open() {
            // The index leaves the end out, a window does not.
            let until = lookup.window.until.map(|until| until.saturating_add(1));
            filters.push(Filter::Date { from: lookup.window.from, until });
        }
        let (text, also, limit) = (lookup.text.clone(), lookup.also.clone(), lookup.limit);
        let hits = self.index.search(&SearchQuery { text, also, filters, limit, ..SearchQuery::default() })?.hits;
        let known = self.read();
        Ok(hits.into_iter().filter_map(|hit| Some((known.articles.get(&hit.id)?.clone(), hit.score))).collect())
    }

    /// An article by its id.
    pub fn get(&self, id: &str) -> Option<Arc<Indexed>> {
        self.read().articles.get(id).cloned()
    }

    /// How many articles there are, and how many of them were published since the start.
    pub fn count(&self) -> (usize, usize) {
        let known = self.read();
        (known.articles.len(), known.live.len())
    }

    /// The articles that were published last since the start, the newest first.
    pub fn latest(&self, most: usize) -> Vec<Arc<Indexed>> {
        let known = self.read();
        known.live.iter().rev().take(most).filter_map(|id| known.articles.get(id).cloned()).collect()
    }

    /// In how many articles a stem is.
    pub fn frequency(&self, stem: &str) -> usize {
        self.read().frequencies.get(stem).copied().unwrap_or_default()
    }

    /// Whether a word is in any article, in any form; stop words are.
    pub fn knows(&self, word: &str) -> bool {
        text::stems(word).first().is_none_or(|stem| self.frequency(stem) > 0)
    }

    /// How much a stem says, from 0 (every article has it) to 1 (one has it): what is rare says more.
    pub fn rarity(&self, stem: &str) -> f64 {
        let known = self.read();
        let all = known.articles.len().max(2) as f64;
        let with = known.frequencies.get(stem).copied().unwrap_or_default().max(1) as f64;
        ((all / with).ln() / all.ln()).clamp(0.0, 1.0)
    }

    /// Known words that are near to one that is not known, the nearest first: at most two letters away, and the first
    /// letter is right. Blocks.
    pub fn near(&self, word: &str) -> Vec<String> {
        let near = self.index.spell(word, 5).unwrap_or_default();
        let first = word.chars().next();
        let near = near.into_iter().filter(|known| known.distance > 0 && known.word.chars().next() == first);
        near.map(|known| known.word).collect()
    }

    /// Whether an article has a word together with one of these stems.
    pub fn are_together(&self, word: &str, others: &[String]) -> bool {
        let stems = text::stems(word);
        let has = |indexed: &Indexed, stem: &String| indexed.stems.contains_key(stem);
        self.read()
            .articles
            .values()
            .any(|indexed| stems.iter().all(|stem| has(indexed, stem)) && others.iter().any(|stem| has(indexed, stem)))
    }

    /// Words that set these articles apart from the others. Blocks.
    pub fn top_terms(&self, ids: &[&str], most: usize) -> Vec<WeightedWord> {
        self.index.top_terms(ids, most).unwrap_or_default()
    }

    fn read(&self) -> RwLockReadGuard<'_, Known> {
        self.known.read().unwrap_or_else(PoisonError::into_inner)
    }

    fn write(&self) -> RwLockWriteGuard<'_, Known> {
        self.known.write().unwrap_or_else(PoisonError::into_inner)
    }

    /// The outlets and how far each is trusted.
    pub fn outlets(&self) -> &Arc<Outlets> {
        &self.outlets
    }

    /// Titles that share most with a text, for completion. Blocks.
    pub fn titles(&self, text: &str, most: usize) -> Vec<String> {
        let lookup = Lookup { text: text.to_owned(), limit: most, ..Lookup::default() };
        let found = self.find(&lookup, None).unwrap_or_default();
        let wanted = text::stems(text);
        let shares = |indexed: &Indexed| wanted.iter().any(|stem| indexed.stems.contains_key(stem));
        found
            .into_iter()
            .filter(|(indexed, _)| shares(indexed))
            .map(|(indexed, _)| indexed.article.title.clone())
            .collect()
    }
}

impl Known {
    fn remove(&mut self, id: &str) {
        let Some(gone) = self.articles.remove(id) else { return };
        for stem in gone.stems.keys() {
            if let Some(count) = self.frequencies.get_mut(stem) {
                *count -= 1;
                if *count == 0 {
                    self.frequencies.remove(stem);
                }
            }
        }
    }
}

/// The host of a URL and the domains above it: `news.a.example`, `a.example`, `example`.
fn sites(url: &str) -> Vec<String> {
    let host = clean::site(url);
    let above = host.match_indices('.').map(|(at, _)| host[at + 1..].to_owned());
    let mut sites = vec![host.clone()];
    sites.extend(above.filter(|site| !site.is_empty()).take(5));
    sites
}
